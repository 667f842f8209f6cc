/** Finds promtool and runs it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { defaultKubernetesMinor } from "../../catalog";
import { toolchainHome } from "../../twin/places";
import { ToolName } from "../../twin/toolchain";
import { pinnedVersion } from "../../twin/toolchain/versions";

/** Where promtool is: KILOGPU_PROMTOOL, the toolchain's at the pinned version, PATH. */
export function findPromtool(): string {
    const fromEnvironment = process.env["KILOGPU_PROMTOOL"];
    const pinned = `promtool-${pinnedVersion(ToolName.Promtool, defaultKubernetesMinor)}`;
    const candidates = [
        ...(fromEnvironment === undefined ? [] : [fromEnvironment]),
        path.join(toolchainHome(), pinned, "bin", "promtool"),
        ...(process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "promtool")),
    ];
    const found = candidates.find((candidate) => existsSync(candidate));
    if (found === undefined) {
        throw new Error(
            "promtool was not found: set KILOGPU_PROMTOOL, run kilogpu twin tools --all, or install Debian's package prometheus",
        );
    }
    return found;
}

/** Runs promtool in a folder; the text is what it printed. */
export function promtool(folder: string, ...args: string[]): Promise<{ ok: boolean; text: string }> {
    return new Promise((resolve) => {
        execFile(findPromtool(), args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
            resolve({ ok: error === null, text: `${stdout}${stderr}` });
        });
    });
}

/** Finds promtool and runs it. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Where promtool is: KILOGPU_PROMTOOL, the toolchain's cache, PATH. */
export function findPromtool(): string {
    const fromEnvironment = process.env["KILOGPU_PROMTOOL"];
    const candidates = [
        ...(fromEnvironment === undefined ? [] : [fromEnvironment]),
        ...cached(),
        ...(process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "promtool")),
    ];
    const found = candidates.find((candidate) => existsSync(candidate));
    if (found === undefined) {
        throw new Error(
            "promtool was not found: set KILOGPU_PROMTOOL, let the twin's toolchain build it, or install Debian's package prometheus",
        );
    }
    return found;
}

/** Runs promtool in a folder; the text is what it printed. */
export function promtool(folder: string, ...args: string[]): { ok: boolean; text: string } {
    const run = spawnSync(findPromtool(), args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 });
    return { ok: run.status === 0, text: `${run.stdout}${run.stderr}` };
}

function cached(): string[] {
    const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "kilogpu", "toolchain");
    if (!existsSync(cache)) {
        return [];
    }
    return readdirSync(cache)
        .filter((folder) => /^prom(etheus|tool)/.test(folder))
        .map((folder) => path.join(cache, folder, "bin", "promtool"));
}

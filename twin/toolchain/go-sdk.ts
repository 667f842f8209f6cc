/** The Go toolchain that builds what cannot be downloaded: the machine's, else one that is fetched. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Progress } from "../progress";
import { goInstallations } from "./go-install";
import { onPath } from "./installed";

const run = promisify(execFile);

export interface GoSdk {
    path: string;
    /** For example `1.26.8`. */
    version: string;
}

/** There is no Go and none can be had: says what to install. */
export class NoGoError extends Error {
    constructor(reason: string) {
        super(
            `The twin has to build a tool and finds no Go compiler (${reason}). ` +
                "Install Go 1.26 or newer (https://go.dev/dl), or put the tools themselves on PATH, and run the same command again.",
        );
        this.name = "NoGoError";
    }
}

let found: Promise<GoSdk> | undefined;

/** Finds Go once a process. Throws NoGoError. */
export function findGo(progress: Progress): Promise<GoSdk> {
    found ??= locate(progress).catch((error: unknown) => {
        found = undefined;
        throw error;
    });
    return found;
}

/** Environment of each go command: the caches stay the user's, and nothing of the machine's cgo or version control gets in. */
export function goEnvironment(go: GoSdk, goDirective: string): NodeJS.ProcessEnv {
    return {
        ...process.env,
        CGO_ENABLED: "0",
        GOFLAGS: "-buildvcs=false",
        GOWORK: "off",
        // The compiler spends a seventh of its time collecting garbage (amtool: 101 s at Go's default of 100, 86 s at 400), and its largest
        // process, the linker of kube-apiserver, holds 2.0 instead of 1.9 GB.
        GOGC: process.env["GOGC"] ?? "400",
        // An older Go fetches the toolchain that the module asks for; a newer one must not reach for the network.
        GOTOOLCHAIN: atLeast(go.version, goDirective) ? "local" : "auto",
    };
}

/** The `go` line of a go.mod. */
export function goDirectiveOf(goMod: string): string {
    return /^go (\S+)$/m.exec(readFileSync(goMod, "utf8"))?.[1] ?? "1.0";
}

async function locate(progress: Progress): Promise<GoSdk> {
    for (const path of [onPath("go"), ...goInstallations.map((installation) => installation.executable())]) {
        const sdk = path === undefined || !existsSync(path) ? undefined : await ask(path);
        // From 1.21 on, Go can fetch the newer toolchain that a module asks for.
        if (sdk !== undefined && atLeast(sdk.version, "1.21")) {
            return sdk;
        }
    }
    if (process.env["KILOGPU_OFFLINE"] === "1") {
        throw new NoGoError("KILOGPU_OFFLINE=1 forbids to fetch it");
    }
    const step = progress.step("Go compiler");
    const reasons: string[] = [];
    for (const installation of goInstallations) {
        try {
            await installation.install(step);
            const sdk = await ask(installation.executable());
            if (sdk === undefined) {
                throw new Error(`${installation.executable()} does not run`);
            }
            step.done(sdk.version);
            return sdk;
        } catch (error) {
            reasons.push((error as Error).message.split("\n")[0] ?? "");
        }
    }
    step.fail(reasons.join("; "));
    throw new NoGoError(reasons.join("; "));
}

async function ask(path: string): Promise<GoSdk | undefined> {
    try {
        const { stdout } = await run(path, ["version"], { env: { ...process.env, GOTOOLCHAIN: "local" } });
        const version = /go(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
        return version === undefined ? undefined : { path, version };
    } catch {
        return undefined;
    }
}

function atLeast(version: string, wanted: string): boolean {
    const [a, b] = [version, wanted].map((text) => text.split(".").map(Number));
    for (let i = 0; i < 3; i++) {
        const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
        if (difference !== 0) {
            return difference > 0;
        }
    }
    return true;
}

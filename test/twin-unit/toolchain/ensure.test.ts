import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentProgress } from "../../../twin/progress";
import { ensureTools, ToolName } from "../../../twin/toolchain";
import { verify } from "../../../twin/toolchain/download";
import { NoGoError } from "../../../twin/toolchain/go-sdk";
import { versionIn } from "../../../twin/toolchain/installed";

const options = { kubernetesVersion: "1.35", progress: silentProgress };
let scratch: string;

beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "kilogpu-toolchain-"));
    mkdirSync(join(scratch, "bin"));
    vi.stubEnv("KILOGPU_HOME", join(scratch, "home"));
    vi.stubEnv("KILOGPU_OFFLINE", "1");
    vi.stubEnv("PATH", join(scratch, "bin"));
});

afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(scratch, { recursive: true, force: true });
});

function install(name: string, says: string): string {
    const path = join(scratch, "bin", name);
    writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
    chmodSync(path, 0o755);
    return path;
}

function keep(tool: string, version: string): string {
    const folder = join(scratch, "home", "toolchain", `${tool}-${version}`);
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "bin", tool), "");
    writeFileSync(join(folder, "stamp.json"), JSON.stringify({ tool, version, origin: "built" }));
    return folder;
}

describe("ensureTools", () => {
    it("takes what is on the machine when its version fits", async () => {
        const path = install("kube-apiserver", "Kubernetes v1.35.0");
        const toolchain = await ensureTools([ToolName.ApiServer], options);
        expect(toolchain.path(ToolName.ApiServer)).toBe(path);
        expect(toolchain.origin(ToolName.ApiServer)).toBe("on the machine");
        expect(toolchain.version(ToolName.ApiServer)).toBe("v1.35.0");
    });

    it("passes over one of another minor and uses the kept build", async () => {
        install("kube-apiserver", "Kubernetes v1.31.0");
        const folder = keep("kube-apiserver", "v1.35.4");
        const toolchain = await ensureTools([ToolName.ApiServer], options);
        expect(toolchain.path(ToolName.ApiServer)).toBe(join(folder, "bin", "kube-apiserver"));
        expect(toolchain.origin(ToolName.ApiServer)).toBe("built");
    });

    it("passes over one that does not run", async () => {
        writeFileSync(join(scratch, "bin", "etcd"), "not a program");
        chmodSync(join(scratch, "bin", "etcd"), 0o755);
        await expect(ensureTools([ToolName.Etcd], options)).rejects.toThrow(NoGoError);
    });

    it("says what to install where there is neither the tool, nor a network, nor Go", async () => {
        await expect(ensureTools([ToolName.Kueue], options)).rejects.toThrow(
            /Install Go .* or put the tools themselves on PATH/,
        );
    });

    it("leaves no half-made tool behind a failure, and tries again the next time", async () => {
        await expect(ensureTools([ToolName.Kueue], options)).rejects.toThrow(NoGoError);
        const left = readdirSync(join(scratch, "home", "toolchain")).filter((name) => !name.endsWith(".tmp"));
        expect(left).toEqual([]);
        const folder = keep("kueue", "v0.19.0");
        expect((await ensureTools([ToolName.Kueue], options)).path(ToolName.Kueue)).toContain(folder);
    });

    it("does not take a folder without a stamp for a tool", async () => {
        const folder = keep("kueue", "v0.19.0");
        rmSync(join(folder, "stamp.json"));
        await expect(ensureTools([ToolName.Kueue], options)).rejects.toThrow(NoGoError);
    });

    it("names the tool that was not asked for", async () => {
        const toolchain = await ensureTools([], options);
        expect(() => toolchain.path(ToolName.Helm)).toThrow(/helm is not in this toolchain/);
        expect(existsSync(join(scratch, "home"))).toBe(false);
    });
});

describe("a download", () => {
    const bytes = Buffer.from("content");
    const sum = createHash("sha256").update(bytes).digest("hex");
    const url = "https://example.com/v1/tool-linux-amd64.tar.gz";

    it.each([
        sum,
        `${sum}  tool-linux-amd64.tar.gz`,
        `${"0".repeat(64)}  other.tar.gz\n${sum} *tool-linux-amd64.tar.gz\n`,
    ])("is accepted by its own sum: %s", (sums) => {
        expect(() => {
            verify(url, bytes, sums);
        }).not.toThrow();
    });

    it.each([
        "0".repeat(64),
        `${sum}  other.tar.gz\n${"0".repeat(64)}  tool-linux-amd64.tar.gz`,
        `${sum}  a\n${sum}  b`,
    ])("is refused where the sum differs or is missing: %s", (sums) => {
        expect(() => {
            verify(url, bytes, sums);
        }).toThrow(/sha256/);
    });
});

describe("a version", () => {
    it.each([
        ["Kubernetes v1.35.4", "v1.35.4"],
        ["etcd Version: 3.7.3\nGit SHA: Not provided", "v3.7.3"],
        ["prometheus, version 2.42.0+ds (branch: debian/sid)", "v2.42.0"],
        ["kwok version v0.8.0 go1.26.8 (linux/amd64)", "v0.8.0"],
        ["nothing of the kind", undefined],
    ])("is found in %j", (text, version) => {
        expect(versionIn(text)).toBe(version);
    });
});

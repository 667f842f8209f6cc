/**
 * The Go module that a tool is built from. The pinned ones ship with this package. For a Kubernetes minor that none is shipped for, one is
 * derived from that release's own go.mod, in which the staging folders become the published modules of the same release.
 */
import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageFile, toolchainHome } from "../places";
import { goEnvironment, type GoSdk } from "./go-sdk";
import type { Recipe } from "./recipes";

const run = promisify(execFile);

/** Folder with the wrapper's go.mod. */
export async function wrapperFor(build: Recipe["build"], version: string, go: GoSdk): Promise<string> {
    const shipped = packageFile("twin", "toolchain", "modules", build.wrapper);
    const goMod = readFileSync(join(shipped, "go.mod"), "utf8");
    if (requiredVersion(goMod, build.module) === version) {
        // Go wants to write a lock beside go.mod; an installed package may be read-only.
        return copied(shipped, join(toolchainHome(), "modules", `${build.wrapper}-${version}`));
    }
    if (build.wrapper !== "kubernetes") {
        throw new Error(
            `twin/toolchain/modules/${build.wrapper} pins ${build.module} ${requiredVersion(goMod, build.module) ?? "at no version"}, ` +
                `the release catalogue ${version}: change both in one commit`,
        );
    }
    return derived(build, version, go, shipped);
}

/** Version that a go.mod requires a module at. */
export function requiredVersion(goMod: string, module: string): string | undefined {
    return goMod
        .split("\n")
        .map((line) =>
            line
                .trim()
                .replace(/^require /, "")
                .split(/\s+/),
        )
        .find(([name, version]) => name === module && version !== undefined && version.startsWith("v"))?.[1];
}

/** go.mod of a Kubernetes release as a wrapper. `version` is `v1.34.3`. */
export function deriveGoMod(goMod: string, version: string): string {
    const staging = version.replace(/^v1\./, "v0.");
    const rewritten = goMod
        .slice(goMod.search(/^module /m))
        .replace(/^module .*$/m, "module kilogpu.twin/kubernetes")
        .replace(/^(\s*)(k8s\.io\/[a-z0-9-]+) => \.\/staging\/\S+$/gm, `$1$2 => $2 ${staging}`)
        .replace(/^(replace )(k8s\.io\/[a-z0-9-]+) => \.\/staging\/\S+$/gm, `$1$2 => $2 ${staging}`);
    return `${rewritten.trimEnd()}\n\nrequire k8s.io/kubernetes ${version}\n`;
}

async function derived(build: Recipe["build"], version: string, go: GoSdk, shipped: string): Promise<string> {
    const folder = join(toolchainHome(), "modules", `${build.wrapper}-${version}`);
    if (existsSync(join(folder, "complete"))) {
        return folder;
    }
    const env = { ...goEnvironment(go, "1.21"), GOTOOLCHAIN: "auto" };
    const { stdout } = await run(go.path, ["mod", "download", "-json", `${build.module}@${version}`], { env });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "go.mod"), deriveGoMod(readFileSync(join(Dir, "go.mod"), "utf8"), version));
    writeFileSync(join(folder, "go.sum"), readFileSync(join(Dir, "go.sum")));
    cpSync(join(shipped, "tools.go"), join(folder, "tools.go"));
    // The sums of the staging modules are not in the release's go.sum: go adds them, verified against the checksum database.
    const packages = ["kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubectl"];
    await run(go.path, ["list", "-mod=mod", "-deps", ...packages.map((name) => `${build.module}/cmd/${name}`)], {
        cwd: folder,
        env,
        maxBuffer: 1 << 26,
    });
    writeFileSync(join(folder, "complete"), "");
    return folder;
}

function copied(from: string, to: string): string {
    mkdirSync(to, { recursive: true });
    for (const file of ["go.mod", "go.sum", "tools.go"]) {
        cpSync(join(from, file), join(to, file), { force: true });
        chmodSync(join(to, file), 0o644);
    }
    return to;
}

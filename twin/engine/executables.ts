/** The executables of a workspace: small shell files that become the real program, so that a process id is that of the program. */
import {
    chmodSync,
    copyFileSync,
    existsSync,
    linkSync,
    mkdirSync,
    readdirSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { packageFile } from "../places";
import type { EnginePlaces } from "./places";

/** Providers that the twin simulates, by the npm package whose version the engine asks for. */
const providers: { [name: string]: string } = {
    aws: "@pulumi/aws",
    kubernetes: "@pulumi/kubernetes",
    command: "@pulumi/command",
};

/** A compiled program of this package. */
function program(...path: string[]): string {
    const file = packageFile("dist", "twin", ...path);
    if (!existsSync(file)) {
        throw new Error(`${file} is missing: build kilogpu first (npm run build)`);
    }
    return file;
}

function quote(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `/bin/sh` file that becomes `node <program> <its arguments>`. */
function shell(path: string, script: string, variables: { [name: string]: string } = {}): void {
    const set = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${set.join("")}exec ${quote(process.execPath)} ${quote(script)} "$@"\n`);
    chmodSync(path, 0o755);
}

/** Hard link, or a copy where the file lies on another file system. Pulumi looks for its language hosts beside itself, links resolved. */
function place(from: string, to: string): void {
    if (
        existsSync(to) &&
        statSync(to).size === statSync(from).size &&
        statSync(to).mtimeMs === statSync(from).mtimeMs
    ) {
        return;
    }
    rmSync(to, { force: true });
    try {
        linkSync(from, to);
    } catch {
        copyFileSync(from, to);
    }
    chmodSync(to, 0o755);
}

/** Installed versions of the simulated providers as the program in `projectDir` loads them. A package it does not have is left out. */
export function providerVersions(projectDir: string): { [name: string]: string } {
    const found: { [name: string]: string } = {};
    for (const [name, module] of Object.entries(providers)) {
        for (const from of [projectDir, packageFile()]) {
            try {
                const file = createRequire(join(from, "index.js")).resolve(`${module}/package.json`);
                found[name] = (createRequire(file)(file) as { version: string }).version.replace(/^v/, "");
                break;
            } catch {
                continue;
            }
        }
    }
    return found;
}

/** Writes bin/ and the provider plugins. `pulumi` is the engine's executable; with `racks`, `ssh` reaches the twin's own hosts. */
export function writeExecutables(
    places: EnginePlaces,
    pulumi: string,
    projectDir: string,
    racks: boolean,
): { [name: string]: string } {
    mkdirSync(places.bin, { recursive: true });
    place(pulumi, join(places.bin, "pulumi"));
    const refresh = [process.execPath, program("engine", "refresh-stack.js")].map(quote).join(" ");
    mkdirSync(places.shellBin, { recursive: true });
    writeFileSync(
        join(places.shellBin, "pulumi"),
        `#!/bin/sh\n${refresh} || exit 1\nexec ${quote(join(places.bin, "pulumi"))} "$@"\n`,
    );
    chmodSync(join(places.shellBin, "pulumi"), 0o755);
    shell(join(places.bin, "pulumi-language-nodejs"), program("language-host", "main.js"));
    shell(join(places.bin, "pulumi-analyzer-policy-nodejs"), program("language-host", "policy-pack.js"));
    shell(join(places.bin, "aws"), program("engine", "aws-command.js"));
    const ssh = join(places.bin, "ssh");
    if (racks) {
        copyFileSync(packageFile("twin", "bare-metal", "commands", "ssh"), ssh);
        chmodSync(ssh, 0o755);
    } else {
        rmSync(ssh, { force: true });
    }
    const plugins = join(places.pulumiHome, "plugins");
    const versions = providerVersions(projectDir);
    const wanted = new Map(Object.entries(versions).map(([name, version]) => [`resource-${name}-v${version}`, name]));
    mkdirSync(plugins, { recursive: true });
    // A plugin of a version that is no longer installed would still be picked where a program pins nothing.
    for (const folder of readdirSync(plugins)) {
        if (!wanted.has(folder)) {
            rmSync(join(plugins, folder), { recursive: true, force: true });
        }
    }
    for (const [folder, name] of wanted) {
        shell(join(plugins, folder, `pulumi-resource-${name}`), program("providers", name, "main.js"), {
            // The engine warns of a plugin whose version is below the package's.
            KILOGPU_PLUGIN_VERSION: versions[name] ?? "",
        });
    }
    return versions;
}

/** Folders of Go modules: what operators ship (CRDs, charts, OpenAPI) is read from the very release, fetched once through Go and its checksum database. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { release } from "../../catalog/releases";

let cache: string | undefined;

function moduleCache(): string {
    cache ??= execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
    return cache;
}

/** Folder of a module, downloaded where this machine does not have it yet. */
export function goModule(location: string, version: string): string {
    const escaped = location.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
    const folder = path.join(moduleCache(), `${escaped}@${version}`);
    if (!existsSync(folder)) {
        try {
            execFileSync("go", ["mod", "download", `${location}@${version}`], {
                cwd: tmpdir(),
                env: { ...process.env, GOFLAGS: "-mod=mod" },
                stdio: ["ignore", "ignore", "pipe"],
            });
        } catch (error) {
            // A module that wants a newer Go is fetched and checked, and then refused to the compiler, which we do not need.
            if (!existsSync(folder)) {
                throw error;
            }
        }
    }
    return folder;
}

/** Folder of a module of the release catalogue; its pin, or another of its checked versions. */
export function pinnedModule(name: string, version = release(name).version): string {
    return goModule(release(name).location, version);
}

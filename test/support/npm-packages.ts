/** Packages of the npm registry that a test reads or runs and the project does not depend on: installed once into the user's cache. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(homedir(), ".cache/kilogpu/truth");

/** Folder of a package's own files, without what it depends on: for those of which only the text is read. */
export function packageText(name: string, version: string): string {
    const folder = join(cache, `${name.replace("/", "+")}-${version}`);
    if (!existsSync(join(folder, "package/package.json"))) {
        mkdirSync(folder, { recursive: true });
        const file = execFileSync("npm", ["pack", `${name}@${version}`, "--silent"], { cwd: folder, encoding: "utf8" });
        execFileSync("tar", ["-xzf", file.trim()], { cwd: folder });
    }
    return join(folder, "package");
}

/** A folder with these packages and what they need, for `require`; another version of one is another folder. */
export function installed(packages: { [name: string]: string }): string {
    const key = createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 12);
    const folder = join(cache, `packages-${key}`);
    if (!existsSync(join(folder, "node_modules/.package-lock.json"))) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
        execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"], {
            cwd: folder,
            stdio: ["ignore", "ignore", "pipe"],
        });
    }
    return folder;
}

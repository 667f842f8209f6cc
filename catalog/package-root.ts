/** Where the package lies on disk: the same files are read from a checkout (TypeScript) and from `dist/` (compiled). */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

let found: string | undefined;

/** Folder of kilogpu's own package.json. */
export function packageRoot(): string {
    for (let directory = __dirname; found === undefined; directory = dirname(directory)) {
        const manifest = join(directory, "package.json");
        if (
            existsSync(manifest) &&
            (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "kilogpu"
        ) {
            found = directory;
        } else if (dirname(directory) === directory) {
            throw new Error(`kilogpu's package.json is not above ${__dirname}`);
        }
    }
    return found;
}

/** Version of this package. */
export function packageVersion(): string {
    return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}

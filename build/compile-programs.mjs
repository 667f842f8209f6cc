/**
 * Compiles the files that a program of this repository loads as `kilogpu plan` would compile them at its first run, so that the
 * first plan after `npm ci` is as fast as any later one. Nothing stays of files that have changed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));
const { compiledAhead, compiledName, transpile } = require(join(root, "dist/twin/language-host/transpile.js"));
const typescript = require("typescript");

const tsconfig = join(root, "tsconfig.json");
const settings = readFileSync(tsconfig, "utf8");
const folder = compiledAhead();
mkdirSync(folder, { recursive: true });
const files = ["catalog", "components", "stacks"].flatMap((part) =>
    readdirSync(join(root, part), { recursive: true }).map((name) => join(root, part, name)),
);
const made = new Set();
for (const file of [join(root, "index.ts"), ...files]) {
    if (file.endsWith(".ts") && !file.endsWith(".d.ts")) {
        const source = readFileSync(file, "utf8");
        const name = compiledName(typescript.version, settings, file, source);
        const written = join(folder, `${name}.${process.pid}`);
        writeFileSync(written, transpile(typescript, tsconfig, settings, file, source));
        // Renamed into place, and the old ones taken away last: a plan may run meanwhile.
        renameSync(written, join(folder, name));
        made.add(name);
    }
}
readdirSync(folder)
    .filter((name) => !made.has(name))
    .forEach((name) => rmSync(join(folder, name), { force: true }));

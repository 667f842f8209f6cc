/**
 * Copies what the compiler leaves behind: files that the library reads at run time. They lie in `dist/` at the same place as in the
 * sources, so that one `join(__dirname, …)` is right in both.
 */
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
const scripts = "components/bare-metal/scripts";
const assets = [
    ...readdirSync(join(root, scripts))
        .filter((name) => name.endsWith(".sh"))
        .map((name) => join(scripts, name)),
    "components/inventory/inventory.schema.json",
];
for (const asset of assets) {
    const target = join(root, "dist", asset);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, asset), target);
}

// Writes the hashes of the host scripts, as they are sent, into their manifest: `node build/script-hashes.mjs` after changing one.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "components", "bare-metal", "scripts");
const file = join(folder, "manifest.json");
const read = (name) => readFileSync(join(folder, `${name}.sh`), "utf8");
const names = Object.keys(JSON.parse(readFileSync(file, "utf8")));
const hashes = names.map((name) => [
    name,
    createHash("sha256")
        .update(`${read("common")}\n${read(name)}`)
        .digest("hex"),
]);
writeFileSync(file, `${JSON.stringify(Object.fromEntries(hashes), undefined, 2)}\n`);

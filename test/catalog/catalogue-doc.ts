/** docs/catalogue.md, generated from the catalogue: where each fact comes from, and which figures nobody has re-read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstanceType, MachineType, ServicePrice, Source } from "../../catalog/types";

/** What must be checked before money or an alarm depends on it. */
const TOPICS: { [topic: string]: string } = {
    gpu: "bf16 peak and power of a GPU",
    pcie: "PCIe generation between GPU and host",
};

/** One fact of some entries, from one source. */
export interface Fact {
    topic: string;
    entries: string[];
    source: Source;
}

function read(file: string): unknown {
    return JSON.parse(readFileSync(join(__dirname, "../../catalog/data", `${file}.json`), "utf8"));
}

/** Facts on GPUs and prices, entries of one source together, in the catalogue's order. */
export function facts(): Fact[] {
    const found = new Map<string, Fact>();
    const add = (topic: string, entry: string, source: Source): void => {
        const key = `${topic}|${source.where}`;
        const fact = found.get(key) ?? { topic, entries: [], source };
        fact.entries.push(entry);
        found.set(key, fact);
    };
    for (const file of ["instances", "machines"]) {
        for (const { type, sources } of read(file) as (InstanceType | MachineType)[]) {
            for (const [topic, source] of Object.entries(sources)) {
                add(TOPICS[topic] ?? topic, type, source);
            }
        }
    }
    for (const { name, source } of (read("prices") as { services: ServicePrice[] }).services) {
        add("price of a service", name, source);
    }
    return [...found.values()];
}

/** `g5.xlarge, g5.2xlarge` becomes `g5 (2)` where a family has more than one. */
function names(entries: readonly string[]): string {
    const families = new Map<string, string[]>();
    for (const entry of entries) {
        const family = entry.split(".")[0] ?? entry;
        families.set(family, [...(families.get(family) ?? []), entry]);
    }
    return [...families]
        .map(([family, all]) => (all.length === 1 ? all.join() : `${family}.* (${all.length})`))
        .join(", ");
}

function table(rows: readonly Fact[]): string[] {
    return [
        "| Fact | Entries | Source | Read |",
        "| --- | --- | --- | --- |",
        ...rows.map(
            ({ topic, entries, source }) =>
                `| ${topic} | ${names(entries)} | ${source.where.replaceAll("|", "\\|")} | ${source.read ?? "no"} |`,
        ),
    ];
}

/** The whole document. */
export function catalogueDocument(): string {
    const all = facts();
    const unverified = all.filter(({ source }) => source.verified === false);
    return [
        "# Where the catalogue's figures come from",
        "",
        "Generated from `catalog/data/*.json` (`npx vitest run test/catalog/sources.test.ts -u` writes it). Versions of software are in",
        "`catalog/data/releases.json`, prices of instances in `catalog/data/prices.json`, each with its own source.",
        "",
        "## Not re-read",
        "",
        "These are figures as their vendors publish them, written down without reading the page again. Check them before money or an",
        "alert threshold depends on them; an entry loses its `verified: false` when its source has been read.",
        "",
        ...table(unverified),
        "",
        "## Read",
        "",
        ...table(all.filter(({ source }) => source.verified !== false)),
        "",
    ].join("\n");
}

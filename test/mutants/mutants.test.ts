// For every rule, small changes that it must notice, and it alone; and changes that no rule may mind.
import { afterAll, describe, expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { newViolations } from "./kill";
import { mutants } from "./mutants";
import { harmless } from "./mutants/harmless";

const killed = new Map<string, number>();

describe("mutants", () => {
    it.each(mutants)("$rule notices: $change", async ({ rule, edits, program = "prod", settings, alsoTrips = {} }) => {
        const tripped = await newViolations(program, edits, settings, rule);
        expect(tripped).toContain(rule);
        expect(tripped.filter((name) => name !== rule).sort()).toEqual(Object.keys(alsoTrips).sort());
        killed.set(rule, (killed.get(rule) ?? 0) + 1);
    });

    it.each(harmless)("no rule minds: $change", async ({ edits, program = "prod", settings }) => {
        expect(await newViolations(program, edits, settings)).toEqual([]);
    });

    it("has at least two mutants for every rule, and none for a rule that does not exist", () => {
        const counts = Object.fromEntries(
            rules.map(({ name }) => [name, mutants.filter((mutant) => mutant.rule === name).length]),
        );
        expect(Object.entries(counts).filter(([, count]) => count < 2)).toEqual([]);
        expect(mutants.filter(({ rule }) => counts[rule] === undefined)).toEqual([]);
    });

    afterAll(() => {
        const rows = rules.map(({ name }) => {
            const all = mutants.filter((mutant) => mutant.rule === name).length;
            return `${name.padEnd(52)} ${String(killed.get(name) ?? 0).padStart(3)} of ${String(all).padStart(3)}`;
        });
        const survivors = mutants.length - [...killed.values()].reduce((sum, count) => sum + count, 0);
        console.log(
            `${rows.join("\n")}\n${rules.length} rules, ${mutants.length} mutants, ${harmless.length} harmless changes, ${survivors} survivors`,
        );
    });
});

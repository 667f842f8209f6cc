// For every rule, small changes that it must notice, and it alone; changes just on its legal side; and changes that no rule may mind.
import { afterAll, describe, expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { set } from "../policies/program";
import { newViolations } from "./kill";
import { mutants } from "./mutants";
import { harmless } from "./mutants/harmless";
import { isNoticed, judgedAlone } from "./near-miss";
import { nearMisses } from "./near-misses";
import { GROUP } from "./names";

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

    it.each(nearMisses)("no rule minds, on the legal side of $rule: $change", async (nearMiss) => {
        const { rule, edits, program = "prod", settings } = nearMiss;
        expect(await newViolations(program, edits, settings, rule)).toEqual([]);
        expect(await judgedAlone(nearMiss)).toEqual([]);
        // A change that the rule never looks at would pass whatever the rule says.
        expect(await isNoticed(nearMiss), "the rule reads what changes").toBe(true);
    });

    it("has a near-miss within the scope of every rule, and none for a rule that does not exist", () => {
        const within = nearMisses.filter(({ outOfScope }) => outOfScope === undefined).map(({ rule }) => rule);
        const names = rules.map(({ name }) => name);
        expect(names.filter((name) => !within.includes(name))).toEqual([]);
        expect(nearMisses.filter(({ rule }) => !names.includes(rule))).toEqual([]);
    });

    it.each([
        ["a tag that the rule does not read", "keys-rotate", [set("Key#train-eks-key", ["tags", "owner"], "me")]],
        [
            "a resource that the rule does not judge",
            "keys-rotate",
            [set("Vpc#train-network-vpc", ["cidrBlock"], "10.8.0.0/16")],
        ],
        ["a label beside those that the rule asks for", "pools-have-a-queue", [set(GROUP, ["labels", "rack"], "a")]],
    ])("would not take %s for a near-miss", async (change, rule, edits) => {
        expect(await isNoticed({ rule, change, edits })).toBe(false);
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
            const near = nearMisses.filter((nearMiss) => nearMiss.rule === name).length;
            return `${name.padEnd(52)} ${String(killed.get(name) ?? 0).padStart(3)} of ${String(all).padStart(3)} killed, ${String(near)} near-misses`;
        });
        const survivors = mutants.length - [...killed.values()].reduce((sum, count) => sum + count, 0);
        console.log(
            `${rows.join("\n")}\n${rules.length} rules, ${mutants.length} mutants, ${nearMisses.length} near-misses, ${harmless.length} harmless changes, ${survivors} survivors`,
        );
    });
});

// Every rule through both ways that it is run: `check` and the policy SDK with its own proxy for unknown values.
import { describe, expect, it } from "vitest";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { matchesType, type Rule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { mutants } from "../mutants/mutants";
import { byCheck, bySdk } from "./paths";
import { apply, program } from "./program";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Rules that ask whether something was given at all, known or not. */
const STRUCTURAL: string[] = [];
const ADVISED = ["checkpoints-outlive-nodes"];

/** Values that no rule knows anything about, at every place where one could trip over them. */
function withUnknowns(resources: readonly RegisteredResource[]): RegisteredResource[] {
    return resources.map((resource) => ({
        ...resource,
        inputs: { ...resource.inputs, probe: UNKNOWN, probes: [UNKNOWN, { deep: UNKNOWN }] },
    }));
}

/** What a rule looks at: all of the stack, or the resources of its types, which is quicker. */
function concerned(rule: Rule, resources: readonly RegisteredResource[]): readonly RegisteredResource[] {
    return "appliesTo" in rule ? resources.filter(({ type }) => matchesType(type, rule.appliesTo)) : resources;
}

/** Every input unknown: nothing may be concluded, and nothing may throw. */
function allUnknown(resources: readonly RegisteredResource[]): RegisteredResource[] {
    return resources.map((resource) => ({
        ...resource,
        inputs: Object.fromEntries(Object.keys(resource.inputs).map((key) => [key, UNKNOWN])),
    }));
}

describe.each(rules.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
    const own = mutants.filter((mutant) => mutant.rule === name);

    it("is silent on the compliant programs, and on resources that it does not concern", async () => {
        for (const each of ["prod", "storage"] as const) {
            const resources = await program(each);
            const found = ADVISED.includes(name) ? [] : await bySdk(resources, rule);
            expect(found).toEqual([]);
        }
        const other = (await program("prod")).filter(({ type }) => type === "aws:ec2/eip:Eip");
        expect(await bySdk(other, rule)).toEqual([]);
    });

    it("says the same through the SDK as through check, and blocks on what is known beside unknown values", async () => {
        for (const { edits, program: base = "prod", settings = {} } of own) {
            const resources = concerned(rule, withUnknowns(apply(await program(base), edits)));
            const configuration = { [name]: { settings } };
            const checked = byCheck(resources, settings, [rule], configuration);
            expect(checked.length).toBeGreaterThan(0);
            expect(await bySdk(resources, rule, settings)).toEqual(checked);
        }
    });

    it("concludes nothing from inputs that are all unknown", async () => {
        const resources = allUnknown(await program("prod"));
        expect(byCheck(resources, {}, [rule])).toEqual(STRUCTURAL.includes(name) ? expect.anything() : []);
        expect(await bySdk(resources, rule)).toEqual(byCheck(resources, {}, [rule]));
    });

    it("never prints a value that is unknown", async () => {
        for (const { edits, program: base = "prod", settings = {} } of own) {
            const found = byCheck(concerned(rule, apply(await program(base), edits)), settings, [rule], {
                [name]: { settings },
            });
            expect(found.filter(({ message }) => message.includes(UNKNOWN) || message.includes("undefined"))).toEqual(
                [],
            );
        }
    });
});

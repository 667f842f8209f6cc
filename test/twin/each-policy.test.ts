/**
 * Every rule stops the real engine and the plan: a program that violates it is given to `pulumi up` with the policy pack and to
 * `kilogpu plan`. The engine's own policy event must say what the rule says, and nothing may have been created.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { makeReplay, said, stackRules, violating, type Replay } from "./replay";

let replay: Replay;

beforeAll(async () => {
    replay = await makeReplay();
});

afterAll(() => {
    replay.remove();
});

describe("each rule under the real engine", () => {
    it.each(rules.map((rule) => [rule.name, rule] as const))(
        "stops the update of a program that violates %s, in its words",
        async (_name, rule) => {
            const { resources, messages, settings } = await violating(rule);
            expect(messages.length).toBeGreaterThan(0);
            const update = await replay.engine(resources, ["up", "--skip-preview"], settings);
            const told = JSON.stringify(update.diagnostics) + update.stderr;
            expect(said(update, rule), told).toEqual(expect.arrayContaining(messages));
            const own = update.policies.filter(({ policy }) => policy === rule.name);
            expect(new Set(own.map(({ enforcement }) => enforcement))).toEqual(new Set([rule.enforcementLevel]));
            // A resource that stands alone may be another rule's business too.
            const mandatory = update.policies.some(({ enforcement }) => enforcement === "mandatory");
            expect(mandatory || rule.enforcementLevel !== "mandatory").toBe(true);
            expect(update.exitCode === 0, told).toBe(!mandatory);
        },
    );

    it.each(stackRules.map((rule) => [rule.name, rule] as const))(
        "stops the plan of a program that violates %s, in its words",
        async (_name, rule) => {
            const { resources, messages, settings } = await violating(rule);
            const { code, plan } = await replay.plan(resources, settings);
            const ours = plan.policies.filter(({ policy }) => policy === rule.name);
            expect(ours.map(({ message }) => message)).toEqual(expect.arrayContaining(messages));
            expect(code === 0).toBe(!plan.policies.some(({ level }) => level === "mandatory"));
            if (rule.enforcementLevel === "mandatory") {
                expect(code).toBe(1);
            }
        },
    );
});

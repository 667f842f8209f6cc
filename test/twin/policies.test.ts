/**
 * Every rule stops the real engine and the plan: a program that violates it is given to `pulumi up` with the policy pack and to
 * `kilogpu plan`. The engine's own policy event must say what the rule says, and nothing may have been created.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { program } from "../policies/program";
import { makeReplay, resourceRules, said, stackRules, violating, type Replay } from "./replay";

let replay: Replay;

beforeAll(async () => {
    replay = await makeReplay();
});

afterAll(() => {
    replay.remove();
});

describe("the policy pack under the real engine", () => {
    it("lets the compliant program through", async () => {
        const result = await replay.engine(await program("prod"), ["preview"]);
        expect(
            result.policies
                .filter(({ enforcement }) => enforcement === "mandatory")
                .map(({ policy, urn, message }) => `${policy} ${urn ?? ""}: ${message}`),
        ).toEqual([]);
        expect(result.exitCode, result.stderr).toBe(0);
    });

    it("stops the preview of a program that violates all rules on single resources, in their words", async () => {
        const programs = await Promise.all(resourceRules.map(async (rule) => ({ rule, ...(await violating(rule)) })));
        // Settings are of one rule, and this is a program for all: those rules have their own below.
        const together = programs.filter(({ settings }) => settings === undefined);
        expect(together.length).toBeGreaterThan(40);
        const resources = together.flatMap((each) => each.resources);
        const result = await replay.engine(resources, ["preview"]);
        const { code, plan } = await replay.plan(resources);
        for (const { rule, messages } of together) {
            expect(messages.length, rule.name).toBeGreaterThan(0);
            expect(said(result, rule), rule.name).toEqual(expect.arrayContaining(messages));
            expect(
                plan.policies.filter(({ policy }) => policy === rule.name).map(({ message }) => message),
                rule.name,
            ).toEqual(expect.arrayContaining(messages));
        }
        expect(result.exitCode).not.toBe(0);
        expect(code).toBe(1);
    });

    it.each(rules.map((rule) => [rule.name, rule] as const))(
        "stops the update of a program that violates %s, in its words",
        async (_name, rule) => {
            const { resources, messages, settings } = await violating(rule);
            expect(messages.length).toBeGreaterThan(0);
            const update = await replay.engine(resources, ["up", "--skip-preview"], settings);
            const told = JSON.stringify(update.diagnostics) + update.stderr;
            expect(said(update, rule), told).toEqual(expect.arrayContaining(messages));
            expect(update.exitCode === 0, told).toBe(rule.enforcementLevel !== "mandatory");
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

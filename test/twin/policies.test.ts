/**
 * The policy pack under the real engine and in the plan: a compliant program passes, and one that violates all rules on single resources hears
 * of each. What each rule does to an update by itself is a suite of its own, `npm run test:policies`: it takes minutes.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPulumi } from "../../twin/engine";
import { add, apply, program, set } from "../policies/program";
import { makeReplay, resourceRules, said, violating, type Replay } from "./replay";

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

    it("adds what is missing at the level remediate, beside what a preview does not know, and creates it so", async () => {
        const bare = { parent: "", dependencies: [], propertyDependencies: {} };
        const keys = apply(await program("prod"), [
            set("Key#train-eks-key", ["enableKeyRotation"], undefined),
            add("aws:kms/key:Key", "plain", { description: "plain" }),
        ])
            .filter(({ type, name }) => type === "aws:kms/key:Key" && name !== "train-network-flow-logs")
            .map((resource) => ({ ...resource, ...bare }));
        const settings = { rule: "keys-rotate", settings: { enforcementLevel: "remediate" } };
        const preview = await replay.engine(keys, ["preview"], settings);
        expect(preview.policies.filter(({ enforcement }) => enforcement === "mandatory")).toEqual([]);
        expect(preview.exitCode, preview.stderr).toBe(0);
        expect((await replay.engine(keys, ["preview"])).exitCode).not.toBe(0);

        const plain = keys.filter(({ name }) => name === "plain");
        const update = await replay.engine(plain, ["up", "--skip-preview"], settings);
        expect(update.exitCode, update.stderr).toBe(0);
        const { stdout } = await runPulumi("prod", ["stack", "export"]);
        const state = JSON.parse(stdout) as { deployment: { resources: { type: string; inputs?: object }[] } };
        expect(state.deployment.resources.find(({ type }) => type === "aws:kms/key:Key")?.inputs).toMatchObject({
            description: "plain",
            enableKeyRotation: true,
        });
        const { code, plan } = await replay.plan(keys, settings);
        expect(code).toBe(0);
        expect(plan.policies.map(({ level, message }) => [level, message.includes("Remediated")])).toEqual([
            ["advisory", true],
            ["advisory", true],
        ]);
    });
});

/**
 * The policy pack under the real engine and in the plan: a compliant program passes, and one that violates all rules on single resources hears
 * of each. What each rule does to an update by itself is a suite of its own, `npm run test:policies`: it takes minutes.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPulumi } from "../../twin/engine";
import type { RunResult } from "../../twin/engine/run";
import { add, apply, program, set, type Program } from "../policies/program";
import { makeReplay, resourceRules, said, violating, type Replay } from "./replay";

const environments: Program[] = ["dev", "staging", "prod", "scale", "onprem-roce", "onprem-ib"];

let replay: Replay;

/** Rules that spoke at a level, each with the name of its resource. */
const of = (result: RunResult, level: string): string[] =>
    result.policies
        .filter(({ enforcement }) => enforcement === level)
        .map(({ policy, urn }) => `${policy} ${urn?.split("::").at(-1) ?? ""}`);

beforeAll(async () => {
    replay = await makeReplay();
});

afterAll(() => {
    replay.remove();
});

describe("the policy pack under the real engine", () => {
    it.each(environments)("lets %s through, and advises what the plan advises", async (environment) => {
        const resources = await program(environment);
        const levels = join(__dirname, "../../policies/config", `${environment}.json`);
        const result = await replay.engine(resources, ["preview"], levels);
        expect(of(result, "mandatory")).toEqual([]);
        expect(result.exitCode, result.stderr).toBe(0);
        const { code, plan } = await replay.plan(resources, levels);
        expect(code).toBe(0);
        const advised = plan.policies.map(({ policy, urn }) => `${policy} ${urn.split("::").at(-1) ?? ""}`);
        expect(of(result, "advisory").sort()).toEqual(advised.sort());
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

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPolicyConfiguration } from "../../cli/plan/check-policies";
import { rules } from "../../policies/rules";

const root = join(__dirname, "../..");
const files = readdirSync(join(root, "policies/rules"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
);

/** Names of the rules at each level, after the environment's configuration. */
function levels(environment: string): { advisory: string[]; disabled: string[] } {
    const configuration = readPolicyConfiguration(join(root, "policies/config", `${environment}.json`), rules);
    const of = (level: string): string[] =>
        rules
            .filter((rule) => (configuration[rule.name]?.level ?? rule.enforcementLevel) === level)
            .map(({ name }) => name)
            .sort();
    return { advisory: of("advisory"), disabled: of("disabled") };
}

describe("the policy pack", () => {
    it("lists every file once, under the file's name and topic", () => {
        expect(rules.map(({ topic, name }) => `${topic}/${name}.ts`).sort()).toEqual([...files].sort());
    });

    it("says of every rule why it exists, what to do and where it comes from", () => {
        for (const rule of rules) {
            expect(rule.description.length, rule.name).toBeGreaterThan(40);
            expect(rule.remediationSteps, rule.name).toMatch(/\.$/);
            expect(rule.url, rule.name).toMatch(/^https:\/\//);
        }
    });

    it("has at least 40 rules in every language's form: names that never change", () => {
        expect(rules.length).toBeGreaterThanOrEqual(40);
        expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
    });

    // All others are mandatory: moving a rule must touch this list.
    it.each([
        [
            "dev",
            [
                "capacity-blocks-are-in-their-window",
                "environments-have-a-budget",
                "environments-name-a-cost-center",
                "reserved-machines-are-used",
                "stateful-resources-are-protected",
                "training-images-have-digests",
            ],
            ["checkpoints-outlive-nodes", "clusters-are-protected"],
        ],
        [
            "staging",
            [
                "capacity-blocks-are-in-their-window",
                "checkpoints-outlive-nodes",
                "environments-have-a-budget",
                "environments-name-a-cost-center",
                "reserved-machines-are-used",
                "stateful-resources-are-protected",
                "training-images-have-digests",
            ],
            ["clusters-are-protected"],
        ],
        [
            "prod",
            ["capacity-blocks-are-in-their-window", "checkpoints-outlive-nodes", "reserved-machines-are-used"],
            [],
        ],
        [
            "scale",
            ["capacity-blocks-are-in-their-window", "checkpoints-outlive-nodes", "reserved-machines-are-used"],
            [],
        ],
    ])("holds %s to exactly these levels", (environment, advisory, disabled) => {
        expect(levels(environment)).toEqual({ advisory, disabled });
    });

    it("is imported without the policy SDK and without starting a server", () => {
        const loaded = Object.keys(require.cache).filter((file) => file.includes("@pulumi/policy"));
        expect(loaded).toEqual([]);
    });
});

/** Runs the policy pack's rules over a plan's resources, with the levels and settings of a `--policy-pack-config` file. */
import { readFileSync } from "node:fs";
import { Facts } from "../../policies/facts";
import { matchesType, message, type Rule, type Subject } from "../../policies/rule";
import { at, InputError, oneOf, type InputProblem } from "../../components/input/problem";
import { nearest } from "../../catalog/nearest";
import type { PolicyResult } from "./contract";
import type { RegisteredResource } from "./monitor";
import { forPolicies } from "./values";

/** Level and settings by rule name, as the engine's `--policy-pack-config` takes them. */
export interface PolicyConfiguration {
    [policy: string]: { level?: string; settings: { [key: string]: unknown } };
}

const LEVELS = ["advisory", "mandatory", "disabled", "remediate"];

/** Reads a policy configuration file; unknown rules and levels are errors. */
export function readPolicyConfiguration(file: string, rules: readonly Rule[]): PolicyConfiguration {
    const content = JSON.parse(readFileSync(file, "utf8")) as { [policy: string]: string | { [key: string]: unknown } };
    const names = ["all", ...rules.map((rule) => rule.name)];
    const problems: InputProblem[] = [];
    const configuration: PolicyConfiguration = {};
    for (const [policy, value] of Object.entries(content)) {
        if (!names.includes(policy)) {
            const guess = nearest(policy, names);
            problems.push({
                path: policy,
                got: "a rule of that name",
                legal: "the pack has no such rule (docs/policies.md lists them)",
                remedy: guess === undefined ? "Remove it." : `Did you mean ${guess}?`,
            });
            continue;
        }
        const { enforcementLevel, ...settings } = typeof value === "string" ? { enforcementLevel: value } : value;
        const level = typeof enforcementLevel === "string" ? enforcementLevel : JSON.stringify(enforcementLevel);
        if (enforcementLevel !== undefined) {
            problems.push(...at(policy, oneOf("enforcementLevel", level, LEVELS)));
        }
        configuration[policy] = {
            ...(enforcementLevel === undefined ? {} : { level }),
            settings,
        };
    }
    if (problems.length > 0) {
        throw new InputError(file, problems);
    }
    return configuration;
}

function settingsOf(rule: Rule, configuration: PolicyConfiguration): { [key: string]: unknown } {
    const defaults = Object.entries(rule.configSchema?.properties ?? {})
        .map(([key, schema]): [string, unknown] => [key, (schema as { default?: unknown }).default])
        // A setting without a default must not hide what the plan itself provides, such as its time.
        .filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(defaults), ...configuration[rule.name]?.settings };
}

/** Every violation, in the order of the rules. */
export function checkPolicies(
    resources: readonly RegisteredResource[],
    rules: readonly Rule[],
    configuration: PolicyConfiguration,
    extraSettings: { [key: string]: unknown } = {},
): PolicyResult[] {
    const subjects = resources.map((resource): Subject => ({
        type: resource.type,
        name: resource.name,
        urn: resource.urn,
        props: Facts.of(forPolicies(resource.inputs)),
        protect: resource.protect,
        ...(resource.parent === "" ? {} : { parent: resource.parent }),
        dependencies: resource.dependencies,
        propertyDependencies: resource.propertyDependencies,
    }));
    return rules.flatMap((rule): PolicyResult[] => {
        const level = configuration[rule.name]?.level ?? configuration["all"]?.level ?? rule.enforcementLevel;
        if (level === "disabled") {
            return [];
        }
        const shown = level === "advisory" ? "advisory" : "mandatory";
        const context = { config: { ...extraSettings, ...settingsOf(rule, configuration) } };
        if ("appliesTo" in rule) {
            return subjects
                .filter((subject) => matchesType(subject.type, rule.appliesTo))
                .flatMap((subject) =>
                    rule.check(subject, context).map((finding) => ({
                        policy: rule.name,
                        level: shown,
                        urn: subject.urn,
                        message: message(finding),
                    })),
                );
        }
        return rule
            .check(subjects, context)
            .map((finding) => ({ policy: rule.name, level: shown, urn: finding.about.urn, message: message(finding) }));
    });
}

/** Runs the policy pack's rules over a plan's resources, with the levels and settings of a `--policy-pack-config` file. */
import { readFileSync } from "node:fs";
import { Facts } from "../../policies/facts";
import { matchesType, message, type Rule, type RuleContext, type Subject } from "../../policies/rule";
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

function subjectOf(resource: RegisteredResource, props: Facts): Subject {
    return {
        type: resource.type,
        name: resource.name,
        urn: resource.urn,
        props,
        protect: resource.protect,
        ...(resource.parent === "" ? {} : { parent: resource.parent }),
        dependencies: resource.dependencies,
        propertyDependencies: resource.propertyDependencies,
    };
}

/** Resources as the rules see them, with what rules at the level `remediate` add, and what these said before. */
function remediate(
    resources: readonly RegisteredResource[],
    mending: readonly Rule[],
    contextOf: (rule: Rule) => RuleContext,
): { subjects: Subject[]; results: PolicyResult[] } {
    const results: PolicyResult[] = [];
    const subjects = resources.map((resource) => {
        let inputs = forPolicies(resource.inputs) as { [key: string]: unknown };
        let subject = subjectOf(resource, Facts.of(inputs));
        for (const rule of mending) {
            if (!("appliesTo" in rule) || rule.add === undefined || !matchesType(subject.type, rule.appliesTo)) {
                continue;
            }
            const missing = rule.add(subject);
            if (missing !== undefined) {
                results.push(
                    ...rule.check(subject, contextOf(rule)).map((finding) => ({
                        policy: rule.name,
                        level: "advisory" as const,
                        urn: subject.urn,
                        message: `${message(finding)} Remediated: the engine sets ${Object.keys(missing).join(", ")}.`,
                    })),
                );
                inputs = { ...inputs, ...missing };
                subject = subjectOf(resource, Facts.of(inputs));
            }
        }
        return subject;
    });
    return { subjects, results };
}

/** Every violation, in the order of the rules. */
export function checkPolicies(
    resources: readonly RegisteredResource[],
    rules: readonly Rule[],
    configuration: PolicyConfiguration,
    extraSettings: { [key: string]: unknown } = {},
): PolicyResult[] {
    const levelOf = (rule: Rule): string | undefined =>
        configuration[rule.name]?.level ?? configuration["all"]?.level ?? rule.enforcementLevel;
    const contextOf = (rule: Rule): RuleContext => ({
        config: { ...extraSettings, ...settingsOf(rule, configuration) },
    });
    // As in the engine, remediations come first, and every rule judges what they leave.
    const mended = remediate(
        resources,
        rules.filter((rule) => levelOf(rule) === "remediate"),
        contextOf,
    );
    const { subjects } = mended;
    // Rules on the whole stack see what the engine shows them: outputs, of which a component has only what it registers.
    const finals = subjects.map((subject, index) => {
        const resource = resources[index];
        return resource === undefined || resource.custom
            ? subject
            : { ...subject, props: Facts.of(forPolicies(resource.outputs ?? {})) };
    });
    return rules.flatMap((rule): PolicyResult[] => {
        const level = levelOf(rule);
        if (level === "disabled") {
            return [];
        }
        const shown = level === "advisory" ? "advisory" : "mandatory";
        const context = contextOf(rule);
        if ("appliesTo" in rule) {
            const left = subjects
                .filter((subject) => matchesType(subject.type, rule.appliesTo))
                .flatMap((subject) =>
                    rule.check(subject, context).map((finding): PolicyResult => ({
                        policy: rule.name,
                        level: shown,
                        urn: subject.urn,
                        message: message(finding),
                    })),
                );
            return [...mended.results.filter(({ policy }) => policy === rule.name), ...left];
        }
        return rule
            .check(finals, context)
            .map((finding) => ({ policy: rule.name, level: shown, urn: finding.about.urn, message: message(finding) }));
    });
}

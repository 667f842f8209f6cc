/** Both ways that a rule is run: its pure `check`, and the policy SDK's functions with the SDK's own proxy for unknown values. */
import { unknownCheckingProxy, type ResourceValidationArgs, type StackValidationArgs } from "@pulumi/policy";
import { checkPolicies, type PolicyConfiguration } from "../../cli/plan/check-policies";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { rules } from "../../policies/rules";
import type { Rule } from "../../policies/rule";

/** One violation as both ways report it. */
export interface Violation {
    policy: string;
    urn: string;
    message: string;
}

/** Violations by `check`, as `kilogpu plan` finds them. */
export function byCheck(
    resources: readonly RegisteredResource[],
    settings: { [key: string]: unknown } = {},
    only: readonly Rule[] = rules,
    configuration: PolicyConfiguration = {},
): Violation[] {
    return checkPolicies(resources, only, configuration, settings).map(({ policy, urn, message }) => ({
        policy,
        urn,
        message,
    }));
}

// The SDK exports it for tests but strips its declaration as internal.
const throwingOnUnknown = unknownCheckingProxy as unknown as (props: { [key: string]: unknown }) => {
    [key: string]: unknown;
};

/** Settings of a rule as the SDK passes them: defaults of the schema, then the user's. */
function settingsOf(rule: Rule, settings: { [key: string]: unknown }): { [key: string]: unknown } {
    const defaults = Object.fromEntries(
        Object.entries(rule.configSchema?.properties ?? {}).map(([key, schema]) => [
            key,
            (schema as { default?: unknown }).default,
        ]),
    );
    return { ...defaults, ...settings };
}

function options(resource: RegisteredResource): ResourceValidationArgs["opts"] {
    return {
        protect: resource.protect,
        ignoreChanges: [],
        deleteBeforeReplace: resource.deleteBeforeReplace,
        aliases: [],
        customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
        additionalSecretOutputs: [],
        ...(resource.parent === "" ? {} : { parent: resource.parent }),
    };
}

/** Violations of one rule by the SDK's path: what the engine would show. */
export async function bySdk(
    resources: readonly RegisteredResource[],
    rule: Rule,
    settings: { [key: string]: unknown } = {},
): Promise<Violation[]> {
    const found: Violation[] = [];
    const getConfig = (): { [key: string]: unknown } => settingsOf(rule, settings);
    const common = (resource: RegisteredResource, props = resource.inputs): object => ({
        type: resource.type,
        name: resource.name,
        urn: resource.urn,
        props: throwingOnUnknown(props),
        opts: options(resource),
        isType: () => false,
        asType: () => undefined,
    });
    if ("validateResource" in rule && rule.validateResource !== undefined) {
        for (const resource of resources) {
            const args = { ...common(resource), getConfig, stackTags: new Map(), notApplicable } as unknown;
            const { validateResource } = rule;
            for (const validate of Array.isArray(validateResource) ? validateResource : [validateResource]) {
                await validate(args as ResourceValidationArgs, (message) => {
                    found.push({ policy: rule.name, urn: resource.urn, message });
                });
            }
        }
    }
    if ("validateStack" in rule) {
        const all = resources.map((resource) => ({
            ...common(resource, resource.custom ? resource.inputs : (resource.outputs ?? {})),
            dependencies: [] as unknown[],
            propertyDependencies: {},
        }));
        const byUrn = new Map(resources.map((resource, index) => [resource.urn, all[index]]));
        resources.forEach((resource, index) => {
            const target = all[index];
            if (target !== undefined) {
                target.dependencies = resource.dependencies.map((urn) => byUrn.get(urn)).filter(Boolean);
                target.propertyDependencies = Object.fromEntries(
                    Object.entries(resource.propertyDependencies).map(([property, urns]) => [
                        property,
                        urns.map((urn) => byUrn.get(urn)).filter(Boolean),
                    ]),
                );
            }
        });
        const args = { resources: all, getConfig, stackTags: new Map(), notApplicable } as unknown;
        await rule.validateStack(args as StackValidationArgs, (message, urn) => {
            found.push({ policy: rule.name, urn: urn ?? "", message });
        });
    }
    return found;
}

function notApplicable(): never {
    throw new Error("no rule says that it does not apply: it finds nothing");
}

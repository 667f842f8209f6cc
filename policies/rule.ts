/**
 * The one form of a rule: metadata in a fixed order and a pure `check`. The engine runs it through the policy SDK's fields
 * (`validateResource`, `validateStack`), `kilogpu plan` and the tests call `check` itself, so that all three say the same.
 */
import type {
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
} from "@pulumi/policy";
import { Facts } from "./facts";

/** How much a violation costs: the order in which people should mend. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What a rule concerns; docs/policies.md is ordered by it. */
export type Topic =
    | "fabric"
    | "capacity"
    | "drivers"
    | "scheduling"
    | "training"
    | "storage"
    | "security"
    | "supply-chain"
    | "cost"
    | "teardown";

/** One violation, in parts, so that every rule's message reads the same. */
export interface Finding {
    /** What stands in the program, for example `endpointPublicAccess: true`. */
    found: string;
    /** What the rule requires. */
    required: string;
    /** One imperative sentence. */
    remedy: string;
}

/** What every rule says of itself. */
export interface RuleText {
    /** Stable id, equal to the file's name. */
    name: string;
    displayName: string;
    /** Why the rule exists: what goes wrong without it. */
    description: string;
    severity: Severity;
    /** What a stranger needs; environments override it through `--policy-pack-config`. */
    enforcementLevel: "advisory" | "mandatory";
    topic: Topic;
    remediationSteps: string;
    /** Source of the rule. */
    url: string;
    configSchema?: ResourceValidationPolicy["configSchema"];
}

/** A resource as a rule sees it. */
export interface Subject {
    type: string;
    name: string;
    urn: string;
    props: Facts;
    protect: boolean;
    /** URN of the parent, where there is one. */
    parent?: string;
    /** URNs that this resource depends on; only stack rules know them. */
    dependencies: string[];
    /** URNs by the property that refers to them; only stack rules know them. */
    propertyDependencies: { [property: string]: string[] };
}

/** What a rule may ask besides the resource. */
export interface RuleContext {
    /** This rule's configuration, defaults applied by the SDK or by the plan. */
    config: { [key: string]: unknown };
}

/** A rule on one resource: stops an update before that resource, and all its children, are made. */
export interface ResourceRule extends ResourceValidationPolicy {
    topic: Topic;
    /** Type tokens it looks at; a trailing `*` matches any end. */
    appliesTo: string[];
    check(subject: Subject, context: RuleContext): Finding[];
    /**
     * Inputs that mend the resource by adding what is missing, at the level `remediate`. Absent where a rule cannot mend, and undefined where
     * this resource needs nothing or says the contrary itself: what somebody wrote is never changed.
     */
    add?: Amendment;
}

/** Top-level inputs to set, by name. */
export type Amendment = (subject: Subject) => { [input: string]: unknown } | undefined;

/** A finding of a stack rule names the resource that it is about. */
export interface StackFinding extends Finding {
    about: Subject;
}

/** A rule on all resources together. */
export interface StackRule extends StackValidationPolicy {
    topic: Topic;
    check(subjects: Subject[], context: RuleContext): StackFinding[];
}

export type Rule = ResourceRule | StackRule;

/** The sentence that a person reads. */
export function message(finding: Finding): string {
    return `found ${finding.found}; required: ${finding.required}. ${finding.remedy}`;
}

/** Whether a type token is one that the rule looks at. */
export function matchesType(type: string, patterns: readonly string[]): boolean {
    return patterns.some((pattern) =>
        pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern,
    );
}

function subjectOf(args: ResourceValidationArgs): Subject {
    return {
        type: args.type,
        name: args.name,
        urn: args.urn,
        props: Facts.of(args.props),
        protect: args.opts.protect,
        parent: args.opts.parent,
        dependencies: [],
        propertyDependencies: {},
    };
}

/** Makes a rule on single resources. */
export function resourceRule(
    text: RuleText & { appliesTo: string[] },
    check: ResourceRule["check"],
    add?: Amendment,
): ResourceRule {
    const { topic, appliesTo, ...policy } = text;
    return {
        ...(add === undefined ? {} : { add, remediateResource: remediation(appliesTo, add) }),
        ...policy,
        tags: [topic],
        topic,
        appliesTo,
        check,
        validateResource: (args: ResourceValidationArgs, reportViolation) => {
            if (!matchesType(args.type, appliesTo)) {
                return;
            }
            for (const finding of check(subjectOf(args), { config: args.getConfig() })) {
                reportViolation(message(finding));
            }
        },
    };
}

/** The SDK's form of an amendment. */
function remediation(
    appliesTo: readonly string[],
    add: Amendment,
): NonNullable<ResourceValidationPolicy["remediateResource"]> {
    return (args) => {
        const missing = matchesType(args.type, appliesTo) ? add(subjectOf(args)) : undefined;
        // The very object goes back: a copy would have to read values that are unknown at preview, which the SDK's proxy refuses.
        return missing === undefined ? undefined : Object.assign(args.props, missing);
    };
}

/** Makes a rule on the whole stack. */
export function stackRule(text: RuleText, judge: StackRule["check"]): StackRule {
    const { topic, ...policy } = text;
    // The engine gives resources as they finish, the plan as they were registered: messages that list several must not depend on it.
    const check: StackRule["check"] = (subjects, context) =>
        judge(
            [...subjects].sort((a, b) => (a.urn < b.urn ? -1 : 1)),
            context,
        );
    return {
        ...policy,
        tags: [topic],
        topic,
        check,
        validateStack: (args: StackValidationArgs, reportViolation) => {
            const subjects = args.resources.map((resource): Subject => ({
                type: resource.type,
                name: resource.name,
                urn: resource.urn,
                props: Facts.of(resource.props),
                protect: resource.opts.protect,
                parent: resource.parent?.urn ?? resource.opts.parent,
                dependencies: resource.dependencies.map((dependency) => dependency.urn),
                propertyDependencies: Object.fromEntries(
                    Object.entries(resource.propertyDependencies).map(([property, dependencies]) => [
                        property,
                        dependencies.map(({ urn }) => urn),
                    ]),
                ),
            }));
            for (const finding of check(subjects, { config: args.getConfig() })) {
                reportViolation(message(finding), finding.about.urn);
            }
        },
    };
}

/** Type token of one of our own components. */
export function component(className: string): string {
    return `kilogpu:index:${className}`;
}

/** Type token of a Kubernetes resource: the SDK's is `kubernetes:<apiVersion>:<Kind>`. */
export function kind(apiVersion: string, kindName: string): string {
    return `kubernetes:${apiVersion}:${kindName}`;
}

/** The difference between two plans: resources, GPUs, dollars, and what it does to the pools that run. */
import type { Plan, PlannedResource } from "./contract";
import { consequenceOf, Disruption, GRAVITY, renews } from "./disruption";
import { hostConsequence, hostEffects, hostOf, runsAgain } from "./host-steps";
import { computedPaths, type Json } from "./values";

/** One resource that differs. */
export interface ResourceChange {
    urn: string;
    type: string;
    name: string;
    change: "create" | "delete" | "update" | "replace";
    disruption: Disruption;
    effect: string;
    /** Input paths that differ; empty for creates and deletes. */
    paths: string[];
    /** Host of a site that the change is made on, where it is a step of one. */
    host?: string;
}

/** What happens to one node pool. */
export interface PoolChange {
    pool: string;
    disruption: Disruption;
    /** Sentences, the gravest first. */
    effects: string[];
    nodesBefore: number;
    nodesAfter: number;
}

/** Two plans compared. */
export interface PlanDifference {
    before: string;
    after: string;
    resources: ResourceChange[];
    pools: PoolChange[];
    /** What of the rest restarts or is replaced, and every chart that changes. */
    elsewhere: ResourceChange[];
    gpus: { before: number; after: number };
    hourlyUsd: { before: number; after: number };
    cost: { name: string; before: number; after: number }[];
}

function gravest(disruptions: readonly Disruption[]): Disruption {
    return disruptions.reduce<Disruption>(
        (worst, next) => (GRAVITY.indexOf(next) > GRAVITY.indexOf(worst) ? next : worst),
        Disruption.None,
    );
}

/** Paths at which two values differ: `spec.levels[0].nodeLabel`. */
export function differingPaths(before: Json | undefined, after: Json | undefined, path = ""): string[] {
    if (before === after) {
        return [];
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
            differingPaths(before[index], after[index], `${path}[${index}]`),
        ).flat();
    }
    const isMap = (value: Json | undefined): value is { [key: string]: Json } =>
        typeof value === "object" && value !== null && !Array.isArray(value);
    if (isMap(before) && isMap(after)) {
        return [...new Set([...Object.keys(before), ...Object.keys(after)])]
            .sort()
            .flatMap((key) => differingPaths(before[key], after[key], path === "" ? key : `${path}.${key}`));
    }
    return [path];
}

/** Whether something that runs stops for it. What comes and goes is no part of what stays. */
function disturbs({ change, disruption }: ResourceChange): boolean {
    return (
        (change === "update" || change === "replace") &&
        GRAVITY.indexOf(disruption) > GRAVITY.indexOf(Disruption.InPlace)
    );
}

/** The pool component that a resource belongs to, by URN. */
function poolOf({ urn }: { urn: string }, byUrn: ReadonlyMap<string, PlannedResource>): string | undefined {
    for (
        let current = byUrn.get(urn);
        current !== undefined;
        current = current.parent === null ? undefined : byUrn.get(current.parent)
    ) {
        if (current.type === "kilogpu:index:GpuNodePool" || current.type === "kilogpu:index:BareMetalNodePool") {
            return current.name;
        }
    }
    return undefined;
}

/** By URN: which paths of others that come from this resource change with it. */
type Renewed = Map<string, (path: string) => boolean>;

/** Paths whose values nobody knows yet, and that will be others: they come from what is replaced, renewed, or another one than before. */
function inheritedPaths(before: PlannedResource, after: PlannedResource, renewed: Renewed): string[] {
    // A plan that an earlier version saved has none.
    return Object.entries(after.propertyDependencies ?? {}).flatMap(([property, urns]) => {
        const computed = computedPaths(after.inputs[property], property);
        const known = new Set(before.propertyDependencies?.[property] ?? urns);
        return urns.some((urn) => !known.has(urn))
            ? computed
            : computed.filter((path) => urns.some((urn) => renewed.get(urn)?.(path) === true));
    });
}

function resourceChanges(before: Plan, after: Plan): ResourceChange[] {
    const old = new Map(before.resources.map((resource) => [resource.urn, resource]));
    const now = new Map(after.resources.map((resource) => [resource.urn, resource]));
    const renewed: Renewed = new Map();
    const changes: ResourceChange[] = [];
    const hostIn = (resource: PlannedResource, plan: ReadonlyMap<string, PlannedResource>): { host?: string } => {
        const component = resource.parent === null ? undefined : plan.get(resource.parent);
        const host = component === undefined ? undefined : hostOf(resource, component);
        return host === undefined ? {} : { host };
    };
    // In the order of registration: whatever a resource depends on came before it.
    for (const resource of after.resources) {
        const { urn, type, name } = resource;
        const previous = old.get(urn);
        if (previous === undefined) {
            changes.push({
                urn,
                type,
                name,
                change: "create",
                disruption: Disruption.None,
                effect: "created",
                paths: [],
                ...hostIn(resource, now),
            });
            continue;
        }
        // A component is no object of the cloud: its children carry the change.
        if (!resource.custom || type.startsWith("pulumi:")) {
            continue;
        }
        const paths = [
            ...new Set([
                ...differingPaths(previous.inputs, resource.inputs),
                ...inheritedPaths(previous, resource, renewed),
            ]),
        ];
        if (paths.length > 0) {
            const { disruption, effect } =
                hostConsequence(previous, resource) ?? consequenceOf(previous, resource, paths);
            const replaced = disruption === Disruption.Replace || runsAgain(type, paths);
            renewed.set(urn, replaced ? () => true : renews(type, paths));
            changes.push({
                urn,
                type,
                name,
                change: replaced ? "replace" : "update",
                disruption,
                effect,
                paths,
                ...hostIn(resource, now),
            });
        }
    }
    for (const resource of before.resources) {
        const { urn, type, name, protect } = resource;
        if (!now.has(urn)) {
            changes.push({
                urn,
                type,
                name,
                change: "delete",
                disruption: Disruption.Replace,
                effect: protect ? "deleted; it is protected, so that the update stops here" : "deleted",
                paths: [],
                ...hostIn(resource, old),
            });
        }
    }
    return changes;
}

function poolChanges(
    before: Plan,
    after: Plan,
    changes: readonly ResourceChange[],
    resources: ReadonlyMap<string, PlannedResource>,
): PoolChange[] {
    const names = [...new Set([...before.pools, ...after.pools].map((pool) => pool.name))];
    return names.flatMap((pool): PoolChange[] => {
        const old = before.pools.find((candidate) => candidate.name === pool);
        const now = after.pools.find((candidate) => candidate.name === pool);
        const nodesBefore = old?.nodes ?? 0;
        const nodesAfter = now?.nodes ?? 0;
        if (old === undefined || now === undefined) {
            return [
                {
                    pool,
                    disruption: old === undefined ? Disruption.None : Disruption.Replace,
                    effects: [old === undefined ? `new, ${nodesAfter} nodes` : `removed, ${nodesBefore} nodes drain`],
                    nodesBefore,
                    nodesAfter,
                },
            ];
        }
        const disturbing = changes.filter(
            (change) =>
                disturbs(change) &&
                poolOf(change, resources) === pool &&
                // The hours of a pool: what they do to its size is said in nodes below.
                change.type !== "aws:autoscaling/schedule:Schedule",
        );
        const component = resources.get(now.urn);
        const effects = [
            ...disturbing.filter(({ host }) => host === undefined).map(({ name, effect }) => `${name}: ${effect}`),
            ...(component === undefined ? [] : hostEffects(disturbing, component)),
        ];
        if (nodesAfter < nodesBefore) {
            effects.push(`${nodesBefore - nodesAfter} of ${nodesBefore} nodes drain`);
        } else if (nodesAfter > nodesBefore) {
            effects.push(`${nodesAfter - nodesBefore} nodes join`);
        }
        const disruption = gravest([
            ...disturbing.map((change) => change.disruption),
            ...(nodesAfter < nodesBefore ? [Disruption.Drain] : []),
        ]);
        return effects.length === 0 ? [] : [{ pool, disruption, effects, nodesBefore, nodesAfter }];
    });
}

/** Compares two plans of the same environment. */
export function comparePlans(before: Plan, after: Plan, labels: { before: string; after: string }): PlanDifference {
    const resources = resourceChanges(before, after);
    const byUrn = new Map([...before.resources, ...after.resources].map((resource) => [resource.urn, resource]));
    const costs = new Map<string, { before: number; after: number }>();
    for (const [side, plan] of [
        ["before", before],
        ["after", after],
    ] as const) {
        for (const item of plan.cost.items) {
            const name = `${item.name} (${item.kind})`;
            const entry = costs.get(name) ?? { before: 0, after: 0 };
            entry[side] += item.hourlyUsd ?? 0;
            costs.set(name, entry);
        }
    }
    return {
        ...labels,
        resources,
        pools: poolChanges(before, after, resources, byUrn),
        elsewhere: resources.filter(
            (change) =>
                poolOf(change, byUrn) === undefined &&
                (disturbs(change) || (change.change === "update" && change.type === "kubernetes:helm.sh/v3:Release")),
        ),
        gpus: { before: before.totals.gpus, after: after.totals.gpus },
        hourlyUsd: { before: before.cost.hourlyUsd, after: after.cost.hourlyUsd },
        cost: [...costs].map(([name, sides]) => ({ name, ...sides })).filter((item) => item.before !== item.after),
    };
}

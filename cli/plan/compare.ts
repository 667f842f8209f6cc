/** The difference between two plans: resources, GPUs, dollars, and what it does to the pools that run. */
import type { Plan, PlannedResource } from "./contract";
import { Disruption, disruptionOf } from "./disruption";
import type { Json } from "./values";

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
    gpus: { before: number; after: number };
    hourlyUsd: { before: number; after: number };
    cost: { name: string; before: number; after: number }[];
}

const ORDER: Disruption[] = [Disruption.None, Disruption.InPlace, Disruption.Restart, Disruption.Replace];

function gravest(disruptions: readonly Disruption[]): Disruption {
    return disruptions.reduce<Disruption>(
        (worst, next) => (ORDER.indexOf(next) > ORDER.indexOf(worst) ? next : worst),
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

/** The pool component that a resource belongs to, by URN. */
function poolOf(resource: PlannedResource, byUrn: ReadonlyMap<string, PlannedResource>): string | undefined {
    for (
        let current: PlannedResource | undefined = resource;
        current !== undefined;
        current = current.parent === null ? undefined : byUrn.get(current.parent)
    ) {
        if (current.type === "kilogpu:index:GpuNodePool" || current.type === "kilogpu:index:BareMetalNodePool") {
            return current.name;
        }
    }
    return undefined;
}

function resourceChanges(before: Plan, after: Plan): ResourceChange[] {
    const old = new Map(before.resources.map((resource) => [resource.urn, resource]));
    const now = new Map(after.resources.map((resource) => [resource.urn, resource]));
    const changes: ResourceChange[] = [];
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
            });
            continue;
        }
        const paths = differingPaths(previous.inputs, resource.inputs);
        // A component is no object of the cloud: its children carry the change.
        if (paths.length > 0 && resource.custom && !type.startsWith("pulumi:")) {
            const { disruption, effect } = disruptionOf(type, paths, resource.inputs);
            changes.push({
                urn,
                type,
                name,
                change: disruption === Disruption.Replace ? "replace" : "update",
                disruption,
                effect,
                paths,
            });
        }
    }
    for (const { urn, type, name } of before.resources) {
        if (!now.has(urn)) {
            changes.push({
                urn,
                type,
                name,
                change: "delete",
                disruption: Disruption.Replace,
                effect: "deleted",
                paths: [],
            });
        }
    }
    return changes;
}

function poolChanges(before: Plan, after: Plan, changes: readonly ResourceChange[]): PoolChange[] {
    const resources = new Map([...before.resources, ...after.resources].map((resource) => [resource.urn, resource]));
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
        const within = changes.filter((change) => {
            const resource = resources.get(change.urn);
            return (
                resource !== undefined &&
                poolOf(resource, resources) === pool &&
                change.type !== "aws:autoscaling/schedule:Schedule"
            );
        });
        // The size of a group is no input that restarts: it is said in nodes below.
        const disturbing = within.filter(
            ({ paths, disruption }) =>
                disruption !== Disruption.InPlace || !paths.every((path) => path.startsWith("scalingConfig")),
        );
        const effects = [
            ...new Set(
                disturbing
                    .filter(({ disruption }) => disruption !== Disruption.None)
                    .map(({ name, effect }) => `${name}: ${effect}`),
            ),
        ];
        if (nodesAfter < nodesBefore) {
            effects.push(`${nodesBefore - nodesAfter} of ${nodesBefore} nodes drain`);
        } else if (nodesAfter > nodesBefore) {
            effects.push(`${nodesAfter - nodesBefore} nodes join`);
        }
        const disruption = gravest([
            ...disturbing.map((change) => change.disruption),
            ...(nodesAfter < nodesBefore ? [Disruption.Restart] : []),
        ]);
        return effects.length === 0 ? [] : [{ pool, disruption, effects, nodesBefore, nodesAfter }];
    });
}

/** Compares two plans of the same environment. */
export function comparePlans(before: Plan, after: Plan, labels: { before: string; after: string }): PlanDifference {
    const resources = resourceChanges(before, after);
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
        pools: poolChanges(before, after, resources),
        gpus: { before: before.totals.gpus, after: after.totals.gpus },
        hourlyUsd: { before: before.cost.hourlyUsd, after: after.cost.hourlyUsd },
        cost: [...costs].map(([name, sides]) => ({ name, ...sides })).filter((item) => item.before !== item.after),
    };
}

/** What a plan brings up, read from the registered resources: node pools, windows, totals. */
import { findInstance, findMachine } from "../../catalog";
import type { PlannedMonitoring, PlannedPool, PlanTotals } from "./contract";
import type { RegisteredResource } from "./monitor";
import { forPolicies, UNKNOWN } from "./values";

interface CapacityInputs {
    kind?: string;
    start?: string;
    end?: string;
}

function text(value: unknown): string {
    return typeof value === "string" && value !== UNKNOWN ? value : "";
}

function count(value: unknown): number {
    return typeof value === "number" ? value : 0;
}

/** Whether `at` falls in a window; a pool without a window is always up. */
function holds(start: string, end: string, at: Date | undefined): boolean {
    if (at === undefined || start === "" || end === "") {
        return true;
    }
    return at.getTime() >= Date.parse(start) && at.getTime() < Date.parse(end);
}

/** Start of the first window among the pools, which is the time that a plan is for unless told otherwise. */
export function firstWindow(resources: readonly RegisteredResource[]): Date | undefined {
    const starts = resources
        .map((resource) => text((forPolicies(resource.inputs["capacity"] ?? null) as CapacityInputs | null)?.start))
        .filter((start) => start !== "")
        .map((start) => Date.parse(start));
    return starts.length === 0 ? undefined : new Date(Math.min(...starts));
}

/** The GPU node pools of a plan. A pool is a `GpuNodePool` or `BareMetalNodePool` component. */
export function plannedPools(
    resources: readonly RegisteredResource[],
    outputs: Map<string, { [key: string]: unknown }>,
    at: Date | undefined,
): PlannedPool[] {
    return resources
        .filter(({ type }) => type === "kilogpu:index:GpuNodePool" || type === "kilogpu:index:BareMetalNodePool")
        .map((resource): PlannedPool => {
            const pool = forPolicies(outputs.get(resource.urn)?.["pool"] ?? null) as { [key: string]: unknown } | null;
            const capacity = forPolicies(resource.inputs["capacity"] ?? null) as CapacityInputs | null;
            const instanceType = text(pool?.["instanceType"] ?? resource.inputs["instanceType"]);
            const facts = findInstance(instanceType) ?? findMachine(instanceType);
            const nodes = count(pool?.["nodes"] ?? resource.inputs["nodes"]);
            const start = text(capacity?.start);
            const end = text(capacity?.end);
            return {
                name: resource.name,
                urn: resource.urn,
                instanceType,
                nodes,
                gpus: nodes * count(pool?.["gpusPerNode"] ?? facts?.gpus.count),
                schedulableGpus: nodes * count(pool?.["schedulableGpusPerNode"] ?? facts?.gpus.count),
                efaInterfaces: nodes * count(pool?.["efaPerNode"]),
                vcpus: nodes * (facts?.vcpus ?? 0),
                fabric: text(pool?.["fabric"]),
                zone: text(pool?.["zone"]),
                capacityGroup: text(pool?.["capacityGroup"]),
                capacity: text(pool?.["capacityKind"]) || text(capacity?.kind),
                ...(start === "" ? {} : { start }),
                ...(end === "" ? {} : { end }),
                active: holds(start, end, at),
            };
        });
}

/** What each Monitoring component has sized its Prometheus for. */
export function plannedMonitoring(
    resources: readonly RegisteredResource[],
    outputs: Map<string, { [key: string]: unknown }>,
): PlannedMonitoring[] {
    return resources
        .filter(({ type }) => type === "kilogpu:index:Monitoring")
        .flatMap(({ urn }) => {
            const size = forPolicies(outputs.get(urn)?.["size"] ?? null) as Omit<PlannedMonitoring, "urn"> | null;
            return size === null ? [] : [{ ...size, urn }];
        });
}

/** Whether a resource belongs to a GPU pool, by its chain of parents. */
function belongsToPool(resource: RegisteredResource, byUrn: Map<string, RegisteredResource>): boolean {
    for (let parent = byUrn.get(resource.parent); parent !== undefined; parent = byUrn.get(parent.parent)) {
        if (parent.type === "kilogpu:index:GpuNodePool") {
            return true;
        }
    }
    return false;
}

/** Managed node groups that belong to no GPU pool: the system nodes. */
export function systemNodeGroups(resources: readonly RegisteredResource[]): RegisteredResource[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    return resources.filter(
        (resource) => resource.type === "aws:eks/nodeGroup:NodeGroup" && !belongsToPool(resource, byUrn),
    );
}

/** Totals of what is up in the plan's window. */
export function totals(pools: readonly PlannedPool[], resources: readonly RegisteredResource[]): PlanTotals {
    const active = pools.filter((pool) => pool.active);
    const sum = (field: "nodes" | "gpus" | "schedulableGpus" | "efaInterfaces" | "vcpus"): number =>
        active.reduce((total, pool) => total + pool[field], 0);
    return {
        nodes: sum("nodes"),
        systemNodes: systemNodeGroups(resources).reduce(
            (total, group) =>
                total +
                count(
                    (forPolicies(group.inputs["scalingConfig"] ?? null) as { desiredSize?: number } | null)
                        ?.desiredSize,
                ),
            0,
        ),
        gpus: sum("gpus"),
        schedulableGpus: sum("schedulableGpus"),
        efaInterfaces: sum("efaInterfaces"),
        vcpus: sum("vcpus"),
    };
}

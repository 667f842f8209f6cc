/** What the topology picture shows, read from a plan: plain numbers and names, no geometry. */
import { findInstance } from "../../catalog";
import type { Plan, PlannedPool } from "../plan/contract";

/** One pool as it is drawn. */
export interface ScenePool {
    name: string;
    nodes: number;
    gpus: number;
    capacity: string;
    window: string;
    active: boolean;
}

/** Pools that share type, zone and fabric: one ResourceFlavor, one EFA security group. */
export interface SceneGroup {
    name: string;
    zone: string;
    instanceType: string;
    fabric: string;
    pools: ScenePool[];
    /** Node labels from the widest domain to the node. */
    levels: string[];
    gpusPerNode: number;
    gpuModel: string;
    nvlinkDomainGpus: number;
    /** RDMA ports of one node: card index and Gbit/s. */
    rails: { index: number; gbps: number }[];
}

/** A team's share of the cohort. */
export interface SceneTeam {
    name: string;
    gpus: number;
    borrow: number;
}

/** Everything in the picture. */
export interface Scene {
    environment: string;
    at: string | null;
    totals: Plan["totals"];
    hourlyUsd: number;
    groups: SceneGroup[];
    teams: SceneTeam[];
}

function levelsOf(plan: Plan, group: PlannedPool): string[] {
    const topology = plan.resources.find(
        (resource) => resource.type.startsWith("kubernetes:kueue.x-k8s.io/") && resource.type.endsWith(":Topology"),
    );
    const spec = topology?.inputs["spec"] as { levels?: { nodeLabel: string }[] } | undefined;
    const layers = findInstance(group.instanceType)?.topologyLayers ?? 0;
    const labels = (spec?.levels ?? []).map((level) => level.nodeLabel);
    return layers > 0 && labels.length > 0 ? labels : labels.filter((label) => label === "kubernetes.io/hostname");
}

function teamsOf(plan: Plan): SceneTeam[] {
    return plan.resources
        .filter((resource) => resource.type === "kilogpu:index:TrainingQueues")
        .flatMap((resource) => {
            const teams = resource.inputs["teams"];
            return Array.isArray(teams) ? (teams as unknown as { name: string; gpus: number; borrow?: number }[]) : [];
        })
        .map((team) => ({ name: team.name, gpus: team.gpus, borrow: team.borrow ?? 0 }));
}

/** `2026-12-01T11:30:00Z` as `2026-12-01 11:30`. */
function minute(instant: string): string {
    return instant.slice(0, 16).replace("T", " ");
}

/** Reads the scene of a plan. */
export function sceneOf(plan: Plan): Scene {
    const groups = new Map<string, SceneGroup>();
    const byName = (a: PlannedPool, b: PlannedPool): number => (a.name < b.name ? -1 : 1);
    for (const pool of [...plan.pools].sort(byName)) {
        const key = pool.capacityGroup || pool.name;
        const facts = findInstance(pool.instanceType);
        const group = groups.get(key) ?? {
            name: key,
            zone: pool.zone,
            instanceType: pool.instanceType,
            fabric: pool.fabric,
            pools: [],
            levels: levelsOf(plan, pool),
            gpusPerNode: pool.nodes === 0 ? 0 : pool.gpus / pool.nodes,
            gpuModel: facts?.gpus.model ?? "",
            nvlinkDomainGpus: facts?.nvlinkDomainGpus ?? 1,
            rails:
                pool.fabric === "efa"
                    ? (facts?.network.cards ?? [])
                          .filter((card) => card.carries !== "ena")
                          .map((card) => ({ index: card.index, gbps: card.gbps }))
                    : [],
        };
        group.pools.push({
            name: pool.name,
            nodes: pool.nodes,
            gpus: pool.gpus,
            capacity: pool.capacity,
            window: pool.start === undefined ? "" : `${minute(pool.start)} – ${minute(pool.end ?? "")} UTC`,
            active: pool.active,
        });
        groups.set(key, group);
    }
    return {
        environment: plan.environment,
        at: plan.at,
        totals: plan.totals,
        hourlyUsd: plan.cost.hourlyUsd,
        groups: [...groups.values()],
        teams: teamsOf(plan),
    };
}

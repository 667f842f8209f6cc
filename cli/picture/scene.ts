/** What the topology picture shows, read from a plan: plain numbers and names, no geometry. */
import { computeNics, findInstance, findMachine } from "../../catalog";
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

/** One domain of the network as the inventory of a site has it. */
export interface SceneDomain {
    name: string;
    nodes: number;
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
    /** In racks: of each level but the node, its domains in the order in which they are nested. Empty in a cloud, which tells after the start. */
    domains: SceneDomain[][];
    /** What pools of the group share, in words. */
    shares: string;
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
    // A site knows its own layers; a cloud reports them for some types.
    const layers =
        findMachine(group.instanceType) === undefined ? (findInstance(group.instanceType)?.topologyLayers ?? 0) : 1;
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

/** A host of a rack, as the pool's inputs have it. */
interface Host {
    pod?: string;
    rack?: string;
    nics?: { leaf?: string }[];
}

function hostsOf(plan: Plan, pool: PlannedPool): Host[] {
    const hosts = plan.resources.find(({ urn }) => urn === pool.urn)?.inputs["hosts"];
    return Array.isArray(hosts) ? (hosts as unknown as Host[]) : [];
}

/** The domains of each level, wide ones first, their members side by side. */
function domainsOf(hosts: readonly Host[], levels: readonly string[]): SceneDomain[][] {
    const of: { [level: string]: (host: Host) => string | undefined } = {
        pod: ({ pod }) => pod,
        leaf: ({ nics }) => nics?.[0]?.leaf,
        rack: ({ rack }) => rack,
    };
    const readers = levels.flatMap((level) => of[level.replace(/^.*\//, "")] ?? []);
    const paths = hosts
        .map((host) => readers.map((read) => read(host) ?? ""))
        .sort((a, b) => (a.join("\0") < b.join("\0") ? -1 : 1));
    return readers.map((_, depth) => {
        const counts = new Map<string, SceneDomain>();
        for (const path of paths) {
            const key = path.slice(0, depth + 1).join("\0");
            const domain = counts.get(key) ?? { name: path[depth] ?? "", nodes: 0 };
            counts.set(key, { ...domain, nodes: domain.nodes + 1 });
        }
        return [...counts.values()];
    });
}

/** RDMA ports of one node: EFA cards of the instance type, or the NICs of a server's rails. */
function railsOf(pool: PlannedPool, hosts: readonly Host[]): SceneGroup["rails"] {
    const server = findMachine(pool.instanceType);
    if (server !== undefined) {
        const rates = computeNics(server).flatMap(({ count, gbps }) => Array.from({ length: count }, () => gbps));
        const ports = hosts[0]?.nics?.length ?? 0;
        return rates.slice(0, ports === 0 ? rates.length : ports).map((gbps, index) => ({ index, gbps }));
    }
    return pool.fabric === "efa"
        ? (findInstance(pool.instanceType)?.network.cards ?? [])
              .filter((card) => card.carries !== "ena")
              .map((card) => ({ index: card.index, gbps: card.gbps }))
        : [];
}

/** Reads the scene of a plan. */
export function sceneOf(plan: Plan): Scene {
    const groups = new Map<string, SceneGroup>();
    const byName = (a: PlannedPool, b: PlannedPool): number => (a.name < b.name ? -1 : 1);
    for (const pool of [...plan.pools].sort(byName)) {
        const key = pool.capacityGroup || pool.name;
        const server = findMachine(pool.instanceType);
        const facts = server ?? findInstance(pool.instanceType);
        const hosts = hostsOf(plan, pool);
        const levels = levelsOf(plan, pool);
        const group = groups.get(key) ?? {
            name: key,
            zone: pool.zone,
            instanceType: pool.instanceType,
            fabric: pool.fabric,
            pools: [],
            levels,
            domains: domainsOf(hosts, levels),
            shares: server === undefined ? "one flavor, one security group" : "one flavor",
            gpusPerNode: pool.nodes === 0 ? 0 : pool.gpus / pool.nodes,
            gpuModel: facts?.gpus.model ?? "",
            nvlinkDomainGpus: facts?.nvlinkDomainGpus ?? 1,
            rails: railsOf(pool, hosts),
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

/** How node groups, launch templates, pools and charts of a stack belong together: questions that several stack rules ask. */
import { findInstance, nodeLabels, type InstanceType } from "../catalog";
import type { Facts } from "./facts";
import { attachesEfa, dependenciesOf, HELM_RELEASE, LAUNCH_TEMPLATE, NODE_GROUP } from "./resources";
import { component, type Subject } from "./rule";

/** A managed node group with what decides about its nodes. */
export interface NodeGroup {
    group: Subject;
    template?: Subject;
    /** What the catalogue knows of its instances; absent for types without GPUs. */
    instance?: InstanceType;
    /** The GpuNodePool around it, where a component made it. */
    pool?: Subject;
}

/** Subjects by URN. */
export function byUrn(subjects: readonly Subject[]): Map<string, Subject> {
    return new Map(subjects.map((subject) => [subject.urn, subject]));
}

/** Every node group of the stack. */
export function nodeGroups(subjects: readonly Subject[]): NodeGroup[] {
    const index = byUrn(subjects);
    return subjects
        .filter((subject) => subject.type === NODE_GROUP)
        .map((group) => {
            const template = dependenciesOf(group, "launchTemplate", index, [LAUNCH_TEMPLATE])[0];
            const type = template?.props.text("instanceType") ?? group.props.text("instanceTypes[0]");
            const instance = type === undefined ? undefined : findInstance(type);
            const parent = group.parent === undefined ? undefined : index.get(group.parent);
            return {
                group,
                ...(template === undefined ? {} : { template }),
                ...(instance === undefined ? {} : { instance }),
                ...(parent?.type === component("GpuNodePool") ? { pool: parent } : {}),
            };
        });
}

/** Whether some node of the stack has EFA interfaces. */
export function hasEfa(subjects: readonly Subject[]): boolean {
    return subjects.some((subject) => subject.type === LAUNCH_TEMPLATE && attachesEfa(subject.props));
}

/** Nodes that a group may grow to. */
export function maximumNodes({ group }: NodeGroup): number {
    return group.props.number("scalingConfig.maxSize") ?? 0;
}

/** GPUs that the scheduler sees on one node; undefined where the GPUs are cut up by MIG. */
export function schedulableGpus({ group, instance, pool }: NodeGroup): number | undefined {
    if (group.props.at("labels").key(nodeLabels.migConfig).present) {
        return undefined;
    }
    // Where GPUs are shared by time, the pool's record says into how many.
    return pool?.props.number("pool.schedulableGpusPerNode") ?? instance?.gpus.count ?? 0;
}

/** GPUs that the scheduler sees on a node, for each pool of the stack, in a cloud or in racks, of which it is known. */
export function schedulableGpusOf(subjects: readonly Subject[]): number[] {
    const racks = rackPools(subjects).map(({ props }) => props.number("pool.schedulableGpusPerNode"));
    return [...nodeGroups(subjects).map(schedulableGpus), ...racks].filter((gpus) => gpus !== undefined);
}

/** Hosts in the largest domain of a level; undefined where nobody knows before the nodes run, as in a cloud. */
export function largestDomain(subjects: readonly Subject[], level: string): number | undefined {
    const pools = rackPools(subjects);
    const domains = pools.map(({ props }) => props.at("pool.topologyDomains").key(level));
    if (pools.length === 0 || nodeGroups(subjects).some(({ instance }) => instance !== undefined)) {
        return undefined;
    }
    if (domains.some((each) => each.unknown || !each.present)) {
        return undefined;
    }
    const hosts = new Map<string, number>();
    for (const [domain, count] of domains.flatMap((each) => each.entries())) {
        hosts.set(domain, (hosts.get(domain) ?? 0) + (count.number() ?? Infinity));
    }
    return Math.max(0, ...hosts.values());
}

/** Pools of a site's own racks. */
function rackPools(subjects: readonly Subject[]): Subject[] {
    return subjects.filter((subject) => subject.type === component("BareMetalNodePool"));
}

/** Whether a node group carries all of these labels. */
export function carries({ group }: NodeGroup, labels: readonly [string, Facts][]): boolean {
    return labels.every(([key, value]) => {
        const own = group.props.at("labels").key(key);
        return own.unknown || value.unknown || (own.present && own.text() === value.text());
    });
}

/** Name of the chart of a release, without repository. */
export function chartOf({ props }: Subject): string {
    return props.text("chart")?.split("/").pop() ?? "";
}

/** Releases of one chart. */
export function releasesOfChart(subjects: readonly Subject[], chart: string): Subject[] {
    return subjects.filter((subject) => subject.type === HELM_RELEASE && chartOf(subject) === chart);
}

/** The Kubernetes name of an object. */
export function objectName({ props }: Subject): string | undefined {
    return props.text("metadata.name");
}

/** Everything that a subject depends on, directly or not. */
export function allDependencies(subject: Subject, index: ReadonlyMap<string, Subject>): Set<string> {
    const seen = new Set<string>();
    const open = [...subject.dependencies];
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
        if (!seen.has(urn)) {
            seen.add(urn);
            open.push(...(index.get(urn)?.dependencies ?? []));
        }
    }
    return seen;
}

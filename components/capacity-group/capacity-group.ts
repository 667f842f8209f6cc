/**
 * Capacity groups: pools of one type, zone and fabric, which the scheduler sees as one kind of node. One ResourceFlavor, one
 * training runtime and one set of pod resources per group, so that a gang may span two capacity blocks.
 */
import { findInstance, instanceTypes } from "../../catalog/instances";
import { findMachine, machineTypes } from "../../catalog/machines";
import { kilogpuLabels, nodeLabels } from "../../catalog/topology";
import type { FabricFactsArgs, FabricProfile } from "../fabric";
import type { NodePoolArgs, PoolTaint } from "../gpu-node-pool/pool";
import type { InputProblem } from "../input";
import { oneOf, show } from "../input";
import { gpusPerPod, podResources } from "./pod-resources";
import type { NodeShape } from "./pod-resources";

/** One capacity group. Everything is plain. */
export interface CapacityGroup {
    name: string;
    instanceType: string;
    zone: string;
    /** Names of its pools. */
    pools: string[];
    /** Nodes of all its pools. */
    nodes: number;
    /** Physical GPUs of one node. */
    gpusPerNode: number;
    /** `nvidia.com/gpu` that one node offers: more than `gpusPerNode` where they are shared. */
    schedulableGpusPerNode: number;
    /** `nvidia.com/gpu` that one training pod takes. */
    gpusPerPod: number;
    shape: NodeShape;
    fabric: FabricProfile;
    /** Node label that selects the group's nodes. */
    nodeLabels: { [key: string]: string };
    taints: PoolTaint[];
    topologyLevels: string[];
    /** Nodes of the largest domain of a level, by label; a level is absent where nobody knows before the nodes run. */
    largestDomains: { [level: string]: number };
    /** All resources of one training pod: a whole node, or a slice's part of it where GPUs are shared. */
    podResources: { [resource: string]: string };
}

/** `nvidia.com/gpu` of all nodes of a group. */
export function schedulableGpus(group: CapacityGroup): number {
    return group.nodes * group.schedulableGpusPerNode;
}

/**
 * The groups of a cluster's pools, in the order in which they first appear. Call it on pools that `checkPools` has passed.
 */
export function capacityGroups(pools: NodePoolArgs[], fabric: FabricFactsArgs): CapacityGroup[] {
    const groups: CapacityGroup[] = [];
    for (const pool of pools) {
        const known = groups.find((group) => group.name === pool.capacityGroup);
        if (known !== undefined) {
            known.pools.push(pool.name);
            known.nodes += pool.nodes;
            continue;
        }
        const profile = fabric.groups[pool.capacityGroup];
        const shape = findInstance(pool.instanceType) ?? findMachine(pool.instanceType);
        if (profile === undefined || shape === undefined) {
            throw new Error(`pool ${pool.name} has not been checked`);
        }
        const group = {
            name: pool.capacityGroup,
            instanceType: pool.instanceType,
            zone: pool.zone,
            pools: [pool.name],
            nodes: pool.nodes,
            gpusPerNode: pool.gpusPerNode,
            schedulableGpusPerNode: pool.schedulableGpusPerNode,
            shape: { vcpus: shape.vcpus, memoryGib: shape.memoryGib, nvmeGb: shape.nvme.disks * shape.nvme.sizeGb },
            fabric: profile,
            nodeLabels: groupLabels(pool),
            taints: pool.taints,
            topologyLevels: pool.topologyLevels,
            largestDomains: largestDomains(pools.filter((other) => other.capacityGroup === pool.capacityGroup)),
        };
        groups.push({ ...group, gpusPerPod: gpusPerPod(group), podResources: podResources(group) });
    }
    return groups;
}

/** A domain may hold nodes of several pools: hosts of two pools on one leaf stand together. */
function largestDomains(pools: NodePoolArgs[]): { [level: string]: number } {
    const levels = pools[0]?.topologyLevels ?? [];
    const known = levels.filter((level) => pools.every((pool) => pool.topologyDomains?.[level] !== undefined));
    return Object.fromEntries(
        known.map((level) => {
            const nodes = new Map<string, number>();
            for (const [domain, count] of pools.flatMap((pool) =>
                Object.entries(pool.topologyDomains?.[level] ?? {}),
            )) {
                nodes.set(domain, (nodes.get(domain) ?? 0) + count);
            }
            return [level, Math.max(0, ...nodes.values())];
        }),
    );
}

/** Problems of the pools themselves, as every component inside the cluster needs them to be. */
export function checkPools(pools: NodePoolArgs[], fabric?: FabricFactsArgs): InputProblem[] {
    if (pools.length === 0) {
        return [
            {
                path: "pools",
                got: "none",
                legal: "at least one pool is needed",
                remedy: "Give the `pool` of a GpuNodePool.",
            },
        ];
    }
    return pools.flatMap((pool, index) => {
        const path = `pools[${String(index)}]`;
        const twin = pools.findIndex((other) => other.name === pool.name);
        const first = pools.find((other) => other.capacityGroup === pool.capacityGroup) ?? pool;
        return [
            ...oneOf(
                `${path}.instanceType`,
                pool.instanceType,
                pool.capacityKind === "owned" ? machineTypes() : instanceTypes(),
            ),
            ...(twin === index
                ? []
                : [
                      {
                          path: `${path}.name`,
                          got: show(pool.name),
                          legal: `names are unique, and pools[${String(twin)}] has this one`,
                          remedy: "Give the pool another name.",
                      },
                  ]),
            ...(first.instanceType === pool.instanceType && first.schedulableGpusPerNode === pool.schedulableGpusPerNode
                ? []
                : [
                      {
                          path: `${path}.capacityGroup`,
                          got: show(pool.capacityGroup),
                          legal: `nodes of one group are alike, and pool "${first.name}" has ${first.instanceType} with ${String(first.schedulableGpusPerNode)} GPUs to schedule`,
                          remedy: "Give this pool a capacity group of its own.",
                      },
                  ]),
            ...(fabric === undefined || fabric.groups[pool.capacityGroup] !== undefined
                ? []
                : [
                      {
                          path: "fabric",
                          got: `profiles of ${Object.keys(fabric.groups).join(", ") || "no group"}`,
                          legal: `pool "${pool.name}" is in capacity group ${pool.capacityGroup}`,
                          remedy: `Add pool "${pool.name}" to the pools of the RdmaFabric.`,
                      },
                  ]),
        ];
    });
}

/** Which label selects the nodes of a pool's group; a pool without the library's label is known by its instance type. */
function groupLabels(pool: NodePoolArgs): { [key: string]: string } {
    const label = pool.labels[kilogpuLabels.capacityGroup];
    return label === undefined
        ? { [nodeLabels.instanceType]: pool.instanceType }
        : { [kilogpuLabels.capacityGroup]: label };
}

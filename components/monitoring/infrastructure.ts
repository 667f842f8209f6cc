/**
 * What was declared, as alerts compare against it. Monitors see what is left of a node: seven GPUs of seven are healthy. Only
 * the program knows that there were eight.
 */
import { findInstance } from "../../catalog/instances";
import { findMachine } from "../../catalog/machines";
import { rateOrReason } from "../../catalog/prices";
import type { PriceKind } from "../../catalog/types";
import { kilogpuLabels, nodeLabels, regionOfZone } from "../../catalog/topology";
import type { FabricProfile } from "../fabric/profile";
import { FabricKind } from "../fabric/profile";
import type { NodePoolArgs } from "../gpu-node-pool/pool";

/** The nodes of one capacity group. Plain data. */
export interface GroupFacts {
    name: string;
    /** Node label that marks the group's nodes, and its value. */
    label: string;
    labelValue: string;
    nodes: number;
    gpusPerNode: number;
    /** `nvidia.com/gpu` that a node offers: more than `gpusPerNode` under time-slicing. */
    schedulableGpusPerNode: number;
    gpuPowerWatts: number;
    /** PCIe generation of the GPUs; 0 where they are not attached by PCIe or nothing is known. */
    pcieGeneration: number;
    fabric: FabricKind;
    /** RDMA ports of a node that node exporter can see (InfiniBand and RoCE). */
    rdmaPorts: number;
    portGbps: number;
    /** `vpc.amazonaws.com/efa` of a node. */
    efaPerNode: number;
    /** all_reduce over many nodes, GB/s; 0 where none is published. */
    busBandwidthFloorGBs: number;
    /** USD an hour of one node; 0 where no price is known. */
    usdPerHour: number;
}

/** Everything that rules and dashboards are derived from. */
export interface Infrastructure {
    groups: GroupFacts[];
    /** Priority of the lossless traffic class, 0 to 7. */
    losslessPriority: number;
    /** Names of the ClusterQueues. */
    queues: string[];
    /** What the page of each alert starts with; the alert's name and `.md` follow. */
    runbookBase: string;
    /** Series that Prometheus was sized for. */
    plannedSeries: number;
    /** Seconds that writing a checkpoint takes at most: pods get twice as long to stop. */
    checkpointSeconds: number;
    /** Whether Trainer lets jobs write progress and metrics into their TrainJob's status. Defaults to false. */
    trainJobStatus?: boolean;
}

/** Groups of `pools`, in the order in which they first appear; `profiles` by capacity group. */
export function groupFacts(pools: NodePoolArgs[], profiles: { [group: string]: FabricProfile }): GroupFacts[] {
    const groups = new Map<string, GroupFacts>();
    for (const pool of pools) {
        const known = groups.get(pool.capacityGroup);
        if (known !== undefined) {
            known.nodes += pool.nodes;
            continue;
        }
        groups.set(pool.capacityGroup, factsOf(pool, profiles[pool.capacityGroup]));
    }
    return [...groups.values()];
}

/** Physical GPUs over all groups. */
export function totalGpus(groups: readonly GroupFacts[]): number {
    return groups.reduce((sum, group) => sum + group.nodes * group.gpusPerNode, 0);
}

function factsOf(pool: NodePoolArgs, profile: FabricProfile | undefined): GroupFacts {
    const hardware = findInstance(pool.instanceType) ?? findMachine(pool.instanceType);
    const label = pool.labels[kilogpuLabels.capacityGroup];
    const rdma = pool.fabric === FabricKind.Infiniband || pool.fabric === FabricKind.Roce;
    return {
        name: pool.capacityGroup,
        label: label === undefined ? nodeLabels.instanceType : kilogpuLabels.capacityGroup,
        labelValue: label ?? pool.instanceType,
        nodes: pool.nodes,
        gpusPerNode: pool.gpusPerNode,
        schedulableGpusPerNode: pool.schedulableGpusPerNode,
        gpuPowerWatts: hardware?.gpuPowerWatts ?? 0,
        pcieGeneration: hardware?.pcieGeneration ?? 0,
        fabric: pool.fabric,
        rdmaPorts: rdma ? (profile?.portsPerNode ?? 0) : 0,
        portGbps: rdma ? (profile?.portGbps ?? 0) : 0,
        efaPerNode: pool.efaPerNode,
        busBandwidthFloorGBs: profile?.busBandwidthFloorGBs ?? 0,
        usdPerHour: hourlyRate(pool),
    };
}

function hourlyRate(pool: NodePoolArgs): number {
    const region = regionOfZone(pool.zone);
    if (region === undefined) {
        return 0;
    }
    const answer = rateOrReason({ type: pool.instanceType, region, kind: pool.capacityKind as PriceKind });
    return answer.rate?.usdPerHour ?? 0;
}

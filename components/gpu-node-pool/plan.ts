/** What follows from a pool's arguments before anything is created. Pure: checks, policies and the composition share it. */
import { createHash } from "node:crypto";
import { capacityBlockRules } from "../../catalog/capacity-blocks";
import { instance } from "../../catalog/instances";
import { gpuTaintKey, gpuTaintValue, instanceTopologyLevels, kilogpuLabels, nodeLabels } from "../../catalog/topology";
import type { InstanceType } from "../../catalog/types";
import { fabricProfile, instanceMachine } from "../fabric";
import { FabricKind } from "../fabric/profile";
import type { FabricProfile } from "../fabric";
import { CapacityKind } from "./gpu-node-pool-args";
import type { CapacityArgs, GpuNodePoolArgs } from "./gpu-node-pool-args";
import type { NodePool, PoolTaint } from "./pool";

/** Most instances that one capacity block holds. */
export const MAX_BLOCK_INSTANCES = capacityBlockRules.maximumInstances;
/** Most nodes of one managed node group under the default quota (EKS user guide, "Service quotas"). */
export const MAX_GROUP_NODES = 450;

/** The taint of every GPU node. Tolerate its key with `Exists`. */
export const GPU_TAINT: PoolTaint = { key: gpuTaintKey, value: gpuTaintValue, effect: "NoSchedule" };

/** The pool's record without the Output that orders things: everything plain. */
export type PoolFacts = Omit<NodePool, "nodeGroupName">;

/** What a pool's resources are made from. */
export interface PoolPlan {
    facts: PoolFacts;
    entry: InstanceType;
    profile: FabricProfile;
    placementGroup: boolean;
}

/** The facts of a pool. Call it on arguments that `checkGpuNodePool` has passed. */
export function planPool(name: string, args: GpuNodePoolArgs): PoolPlan {
    const entry = instance(args.instanceType);
    const profile = fabricProfile(instanceMachine(entry), args.fabric);
    const zone = args.zone ?? args.cluster.network.gpuZone;
    const capacityGroup = capacityGroupName(args.instanceType, zone, args.fabric, sharing(args));
    const facts: PoolFacts = {
        name,
        instanceType: entry.type,
        nodes: args.nodes,
        gpusPerNode: entry.gpus.count,
        schedulableGpusPerNode: entry.gpus.count * schedulablePerGpu(entry, args),
        fabric: args.fabric,
        efaPerNode: profile.kind === FabricKind.Efa ? entry.network.efaInterfaces : 0,
        zone,
        capacityGroup,
        capacityKind: args.capacity.kind,
        labels: {
            ...args.labels,
            [kilogpuLabels.pool]: name,
            [kilogpuLabels.capacityGroup]: capacityGroup,
            [kilogpuLabels.fabric]: args.fabric,
            [nodeLabels.gpuPresent]: "true",
            ...(args.migProfile === undefined
                ? {}
                : { [nodeLabels.migConfig]: `all-${args.migProfile.replace("+", ".")}` }),
            ...((args.timeSlicing ?? 1) > 1
                ? { "nvidia.com/device-plugin.config": `time-slicing-${String(args.timeSlicing)}` }
                : {}),
        },
        taints: [GPU_TAINT, ...(args.taints ?? [])],
        topologyLevels: instanceTopologyLevels(entry.type),
    };
    return {
        facts,
        entry,
        profile,
        placementGroup: args.capacity.placementGroup ?? defaultPlacementGroup(args.capacity, args.fabric),
    };
}

/**
 * Name of the capacity group: pools of one type, zone and fabric, whose GPUs are shared in the same way. It is a label value
 * and part of object names, so that only letters, digits and hyphens are in it.
 */
export function capacityGroupName(instanceType: string, zone: string, fabric: FabricKind, sharing = ""): string {
    return [instanceType, zone, fabric, sharing]
        .filter((item) => item !== "")
        .join("-")
        .replace(/[^a-z0-9]+/g, "-");
}

/** Instances of a MIG profile that one GPU of this type holds. Call it on profiles that `checkGpuNodePool` has passed. */
export function migInstancesPerGpu(entry: InstanceType, profile: string): number {
    return entry.gpus.migInstances[profile] ?? 1;
}

/**
 * A node group name that changes whenever EKS would have to replace the group, so that the new one can be created before the old
 * one is deleted, and stays the same otherwise.
 */
export function contentName(name: string, content: { [key: string]: unknown }): string {
    const sorted = Object.entries(content).sort(([a], [b]) => a.localeCompare(b));
    const hash = createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 8);
    return `${name}-${hash}`;
}

/** How EKS names the capacity kinds. */
export function eksCapacityType(kind: CapacityKind): string {
    switch (kind) {
        case CapacityKind.CapacityBlock:
            return "CAPACITY_BLOCK";
        case CapacityKind.Spot:
            return "SPOT";
        default:
            return "ON_DEMAND";
    }
}

function defaultPlacementGroup(capacity: CapacityArgs, fabric: FabricKind): boolean {
    return capacity.kind === CapacityKind.OnDemand && fabric === FabricKind.Efa;
}

function schedulablePerGpu(entry: InstanceType, args: GpuNodePoolArgs): number {
    return args.migProfile === undefined ? (args.timeSlicing ?? 1) : migInstancesPerGpu(entry, args.migProfile);
}

function sharing(args: GpuNodePoolArgs): string {
    if (args.migProfile !== undefined) {
        return `mig-${args.migProfile}`;
    }
    return (args.timeSlicing ?? 1) > 1 ? `x${String(args.timeSlicing)}` : "";
}

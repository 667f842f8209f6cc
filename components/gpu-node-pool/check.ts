/** The mistakes that a `GpuNodePoolArgs` can hold. Pure; the policy pack and the composition call it too. */
import { findInstance, instanceTypes } from "../../catalog/instances";
import type { InstanceType } from "../../catalog/types";
import { ADDRESSES_PER_GPU_NODE } from "../cluster-network/check";
import { parseCidr, usableAddresses } from "../cluster-network/cidr";
import { checkFabricKind, instanceMachine } from "../fabric";
import { at, oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { checkCapacity } from "./check-capacity";
import { checkLabels, checkTaints } from "./check-scheduling";
import type { GpuNodePoolArgs } from "./gpu-node-pool-args";
import { MAX_GROUP_NODES } from "./plan";

/** A bound of ours: the device plugin sets none, but 48 is what MPS allows one GPU, and more pods only swap contexts. */
const MAX_TIME_SLICES = 48;

/** All mistakes of the arguments of the pool called `name`. */
export function checkGpuNodePool(name: string, args: GpuNodePoolArgs): InputProblem[] {
    const unknown = requirePlain({
        instanceType: args.instanceType,
        nodes: args.nodes,
        fabric: args.fabric,
        zone: args.zone,
        timeSlicing: args.timeSlicing,
        migProfile: args.migProfile,
        labels: args.labels,
        taints: args.taints,
        capacity: args.capacity,
        ...Object.fromEntries(Object.entries(args.capacity).map(([key, value]) => [`capacity.${key}`, value])),
    });
    if (unknown.length > 0) {
        return unknown;
    }
    const entry = findInstance(args.instanceType);
    return [
        ...checkName(name),
        ...oneOf("instanceType", args.instanceType, instanceTypes()),
        ...wholeNumber("nodes", args.nodes, { min: 1, max: 100_000 }),
        ...checkGroupSize(args),
        ...(entry === undefined ? [] : checkFabricKind("fabric", instanceMachine(entry), args.fabric)),
        ...at("capacity", checkCapacity(args, entry)),
        ...checkZone(args),
        ...(entry === undefined ? [] : checkSharing(args, entry)),
        ...checkLabels(args.labels ?? {}),
        ...checkTaints(args.taints ?? []),
        ...wholeNumber("rootVolumeGib", args.rootVolumeGib ?? 200, { min: 50, max: 16_384 }),
        ...wholeNumber("maxPods", args.maxPods ?? 110, { min: 16, max: 250 }),
        ...checkKubelet(args.kubelet ?? {}),
    ];
}

/** The name goes into a node group's name (63 characters with its hash), into labels and into object names. */
function checkName(name: string): InputProblem[] {
    return /^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/.test(name)
        ? []
        : [
              {
                  path: "name",
                  got: show(name),
                  legal: "small letters, digits and hyphens, a letter first, at most 50 characters",
                  remedy: "Give the pool a shorter, plainer name; it becomes part of the node group's name and of labels.",
              },
          ];
}

function checkGroupSize(args: GpuNodePoolArgs): InputProblem[] {
    return args.nodes > MAX_GROUP_NODES
        ? [
              {
                  path: "nodes",
                  got: String(args.nodes),
                  legal: `a managed node group has ${String(MAX_GROUP_NODES)} nodes at most`,
                  remedy: "Split the nodes over several pools: pools of one type, zone and fabric form one capacity group.",
              },
          ]
        : [];
}

function checkZone(args: GpuNodePoolArgs): InputProblem[] {
    const { network } = args.cluster;
    const zone = args.zone ?? network.gpuZone;
    const known = oneOf("zone", zone, network.zones);
    if (known.length > 0) {
        return known;
    }
    const subnets = network.privateSubnets.filter((subnet) => subnet.zone === zone);
    if (subnets.length === 0) {
        return [
            {
                path: "zone",
                got: show(zone),
                legal: `the network has private subnets in ${network.privateSubnets.map((subnet) => subnet.zone).join(", ") || "no zone"}`,
                remedy: "Add a private subnet in that zone, or choose one that has it.",
            },
        ];
    }
    const room = subnets
        .map((subnet) => parseCidr(subnet.cidr))
        .reduce((sum, cidr) => sum + (cidr === undefined ? 0 : usableAddresses(cidr)), 0);
    const needed = args.nodes * ADDRESSES_PER_GPU_NODE;
    return needed <= room
        ? []
        : [
              {
                  path: "nodes",
                  got: String(args.nodes),
                  legal: `the private subnets in ${zone} have ${String(room)} addresses, enough for ${String(Math.floor(room / ADDRESSES_PER_GPU_NODE))} nodes with ${String(ADDRESSES_PER_GPU_NODE)} each`,
                  remedy: "Give the network a wider cidr, or name this zone as its gpuZone, which gets half of the range.",
              },
          ];
}

function checkSharing(args: GpuNodePoolArgs, entry: InstanceType): InputProblem[] {
    const slices = args.timeSlicing ?? 1;
    const problems = wholeNumber("timeSlicing", slices, { min: 1, max: MAX_TIME_SLICES });
    if (args.migProfile === undefined) {
        return problems;
    }
    if (slices > 1) {
        problems.push({
            path: "migProfile",
            got: `${show(args.migProfile)} together with timeSlicing ${String(slices)}`,
            legal: "a pool shares its GPUs in one way",
            remedy: "Leave one of the two out.",
        });
    }
    if (entry.gpus.migProfiles.length === 0) {
        problems.push({
            path: "migProfile",
            got: show(args.migProfile),
            legal: `${entry.gpus.model} has no MIG`,
            remedy: "Use timeSlicing, or whole GPUs.",
        });
        return problems;
    }
    return [...problems, ...oneOf("migProfile", args.migProfile, entry.gpus.migProfiles)];
}

function checkKubelet(kubelet: { [field: string]: unknown }): InputProblem[] {
    // What EKS or this component sets; a second value would win or lose without a word.
    const taken: { [field: string]: string } = {
        maxPods: "Use maxPods.",
        clusterDNS: "EKS sets it; remove it.",
        providerID: "EKS sets it; remove it.",
        registerWithTaints: "Use taints.",
    };
    return Object.keys(kubelet)
        .filter((field) => taken[field] !== undefined)
        .map((field) => ({
            path: `kubelet.${field}`,
            got: show(kubelet[field]),
            legal: "this field has an owner already",
            remedy: taken[field] ?? "",
        }));
}

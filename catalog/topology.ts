/** Names that nodes, pods and queues must agree on: topology labels, resource names, taints, AWS regions. */
import regionsData from "./data/regions.json";
import { instance } from "./instances";
import type { AwsRegion } from "./types";
import { unknownName } from "./unknown-name";

/** Extended resource of a GPU, set by NVIDIA's device plugin. */
export const gpuResource = "nvidia.com/gpu";
/** Extended resource of an EFA interface, set by the EFA device plugin. */
export const efaResource = "vpc.amazonaws.com/efa";
/** Resource of 2 MiB pages, set by the kubelet. */
export const hugepagesResource = "hugepages-2Mi";
/** Key of the taint that keeps other pods off GPU nodes. Tolerate it with `Exists`: its value differs between projects. */
export const gpuTaintKey = "nvidia.com/gpu";
/** Value that kilogpu gives the GPU taint. */
export const gpuTaintValue = "true";

/** Labels that Kubernetes or the cloud sets on nodes. */
export const nodeLabels = {
    hostname: "kubernetes.io/hostname",
    instanceType: "node.kubernetes.io/instance-type",
    architecture: "kubernetes.io/arch",
    zone: "topology.kubernetes.io/zone",
    region: "topology.kubernetes.io/region",
    nodeGroup: "eks.amazonaws.com/nodegroup",
    capacityType: "eks.amazonaws.com/capacityType",
    gpuPresent: "nvidia.com/gpu.present",
    gpuProduct: "nvidia.com/gpu.product",
    gpuCount: "nvidia.com/gpu.count",
    gpuMemory: "nvidia.com/gpu.memory",
    gpuClique: "nvidia.com/gpu.clique",
    migConfig: "nvidia.com/mig.config",
    migConfigState: "nvidia.com/mig.config.state",
    driverUpgradeState: "nvidia.com/gpu-driver-upgrade-state",
    mellanoxPresent: "feature.node.kubernetes.io/pci-15b3.present",
    efaPresent: "vpc.amazonaws.com/efa.present",
} as const;

/** Labels that kilogpu itself sets. */
export const kilogpuLabels = {
    capacityGroup: "kilogpu.dev/capacity-group",
    pool: "kilogpu.dev/pool",
    fabric: "kilogpu.dev/fabric",
    /** Levels of a bare-metal rack, widest first; the cloud's own labels do the same there. */
    pod: "topology.kilogpu.dev/pod",
    rack: "topology.kilogpu.dev/rack",
    leaf: "topology.kilogpu.dev/leaf",
} as const;

/** Node label of the network layer `layer`, counted from the widest (1), as EKS sets it. */
export function networkLayerLabel(layer: number): string {
    return `topology.k8s.aws/network-node-layer-${layer.toString()}`;
}

/** Topology labels of a node with `layers` network layers, widest first, `kubernetes.io/hostname` last. */
export function topologyLevels(layers: number): string[] {
    return [...Array.from({ length: layers }, (_, index) => networkLayerLabel(index + 1)), nodeLabels.hostname];
}

/** Topology labels of an instance type's nodes, widest first, `kubernetes.io/hostname` last. */
export function instanceTopologyLevels(type: string): string[] {
    return topologyLevels(instance(type).topologyLayers);
}

const regions = new Map((regionsData as AwsRegion[]).map((entry) => [entry.name, entry]));

/** Names of the AWS regions in the catalogue. */
export function regionNames(): string[] {
    return [...regions.keys()];
}

/** The region, or undefined when the catalogue does not hold it. */
export function findRegion(name: string): AwsRegion | undefined {
    return regions.get(name);
}

/**
 * The region.
 *
 * @throws UnknownNameError `unknown AWS region us-est-1, did you mean us-east-1?`
 */
export function region(name: string): AwsRegion {
    const entry = regions.get(name);
    if (entry === undefined) {
        throw unknownName("AWS region", name, regionNames());
    }
    return entry;
}

/** Names of a region's availability zones, for example `us-east-2a`. An account sees these letters, or a subset of them. */
export function zoneNames(regionName: string): string[] {
    return region(regionName).zones.map((letter) => `${regionName}${letter}`);
}

/**
 * The region of an availability zone or a Local Zone: `us-east-2` for `us-east-2b`, `us-east-1` for `us-east-1-dfw-2a`.
 * Undefined when no region's zone has that name.
 */
export function regionOfZone(zone: string): string | undefined {
    for (const entry of regions.values()) {
        if (zoneNames(entry.name).includes(zone) || (entry.localZones ?? []).includes(zone)) {
            return entry.name;
        }
    }
    return undefined;
}

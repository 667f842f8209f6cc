/** What a node of a group looks like to Kubernetes: resources after the kubelet's reservations, labels, place in the network. Pure. */
import { findInstance } from "../../../catalog/instances";
import { efaResource, gpuResource, hugepagesResource, networkLayerLabel, nodeLabels } from "../../../catalog/topology";
import type { TwinNode } from "../../control-plane/types";
import { digest } from "../cloud-store";
import { generalPurpose } from "./general-purpose";

/** Instances under one switch of the lowest layer, and switches of each layer under one of the next: a small real tree. */
const nodesPerLeaf = 16;
const fanOut = 4;

export interface GroupShape {
    region: string;
    clusterName: string;
    nodeGroup: string;
    instanceType: string;
    amiType: string;
    /** `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`. */
    capacityType: string;
    zone: string;
    labels: { [key: string]: string };
    /** Effects as EKS writes them: `NO_SCHEDULE`. */
    taints: { key: string; value?: string; effect: string }[];
    /** EFA interfaces of the launch template. */
    efaInterfaces: number;
    /** What kind of group it is, for whoever makes ids unique. */
    id: string;
}

interface Resources {
    capacity: { [resource: string]: string };
    allocatable: { [resource: string]: string };
}

const mib = 2 ** 20;

/**
 * Resources of a node. The kernel and firmware keep about 7.5 % of EC2's figure (Karpenter's `vmMemoryOverheadPercent`); EKS reserves
 * 255 MiB and 11 MiB a pod, 100 MiB of eviction threshold, and 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 %
 * of the rest (`nodeadm`); hugepages leave ordinary memory at boot.
 */
export function nodeResources(instanceType: string): Resources {
    const gpu = findInstance(instanceType);
    const size = gpu ?? generalPurpose(instanceType);
    if (size === undefined) {
        throw new Error(`the twin does not know the size of ${instanceType}`);
    }
    const { vcpus } = size;
    const pods = vcpus >= 30 ? 250 : 110;
    const hugepages = (gpu?.hugepages2Mi ?? 0) * 2 * mib;
    const memory = Math.floor((size.memoryGib * 1024 * mib * 0.925) / mib) * mib;
    const reserved = (255 + 11 * pods + 100) * mib;
    const reservedCpu =
        60 + (vcpus > 1 ? 10 : 0) + Math.min(Math.max(vcpus - 2, 0), 2) * 5 + Math.max(vcpus - 4, 0) * 2.5;
    const disk = gpu === undefined || gpu.nvme.disks === 0 ? 100e9 : gpu.nvme.disks * gpu.nvme.sizeGb * 1e9;
    const capacity: { [resource: string]: string } = {
        cpu: String(vcpus),
        memory: `${memory / 1024}Ki`,
        "ephemeral-storage": String(Math.floor(disk)),
        pods: String(pods),
    };
    const allocatable: { [resource: string]: string } = {
        ...capacity,
        cpu: `${Math.floor(vcpus * 1000 - reservedCpu)}m`,
        memory: `${Math.floor((memory - hugepages - reserved) / 1024)}Ki`,
        // The kubelet keeps a gigabyte and evicts at ten percent.
        "ephemeral-storage": String(Math.floor(disk * 0.9 - 2 ** 30)),
    };
    if (hugepages > 0) {
        capacity[hugepagesResource] = allocatable[hugepagesResource] = `${hugepages / mib}Mi`;
    }
    return { capacity, allocatable };
}

/** Labels of a node's place in the network, widest layer first; neighbours in number share the lowest layers. */
export function networkLabels(
    group: Pick<GroupShape, "id" | "zone">,
    layers: number,
    index: number,
): { [key: string]: string } {
    const labels: { [key: string]: string } = {};
    for (let layer = 1; layer <= layers; layer++) {
        const under = nodesPerLeaf * fanOut ** (layers - layer);
        // The widest layer is the zone's: groups of one zone meet there.
        const owner = layer === 1 ? group.zone : group.id;
        labels[networkLayerLabel(layer)] = `nn-${digest(`${owner}/${layer}/${Math.floor(index / under)}`, 17)}`;
    }
    return labels;
}

/** Private DNS name of a node in EC2's resource-name form: unique without addresses that groups of one subnet would have to share out. */
function hostName(group: GroupShape, index: number): string {
    const domain = group.region === "us-east-1" ? "ec2.internal" : `${group.region}.compute.internal`;
    return `i-${digest(`${group.id}/${group.zone}/${index}`, 17)}.${domain}`;
}

/** Effect of a taint, as Kubernetes writes it. */
export function kubernetesEffect(effect: string): string {
    const names: { [effect: string]: string } = {
        NO_SCHEDULE: "NoSchedule",
        NO_EXECUTE: "NoExecute",
        PREFER_NO_SCHEDULE: "PreferNoSchedule",
    };
    return names[effect] ?? effect;
}

/** The group's node with a number, from 0. */
export function groupNode(group: GroupShape, index: number): TwinNode {
    const gpu = findInstance(group.instanceType);
    const architecture = gpu?.cpuArchitecture ?? generalPurpose(group.instanceType)?.architecture ?? "x86_64";
    const hardware: { [resource: string]: number } = {};
    if (gpu !== undefined) {
        hardware[gpuResource] = gpu.gpus.count;
    }
    if (group.efaInterfaces > 0) {
        hardware[efaResource] = group.efaInterfaces;
    }
    const name = hostName(group, index);
    return {
        name,
        labels: {
            [nodeLabels.instanceType]: group.instanceType,
            [nodeLabels.zone]: group.zone,
            [nodeLabels.region]: group.region,
            [nodeLabels.architecture]: architecture === "arm64" ? "arm64" : "amd64",
            [nodeLabels.nodeGroup]: group.nodeGroup,
            [nodeLabels.capacityType]: group.capacityType,
            "eks.amazonaws.com/nodegroup-image": group.amiType,
            ...networkLabels(group, gpu?.topologyLayers ?? 0, index),
            ...group.labels,
        },
        taints: group.taints.map(({ key, value, effect }) => ({
            key,
            ...(value === undefined ? {} : { value }),
            effect: kubernetesEffect(effect),
        })),
        ...nodeResources(group.instanceType),
        annotations: { "kilogpu.dev/hardware": JSON.stringify(hardware) },
    };
}

/**
 * What one training pod asks for and what a node's worth of quota is. Both derive from the hardware and the fabric, so that no
 * pod can lose its EFA interfaces and no job is inadmissible because its queue forgot a resource.
 */
import { gpuResource, hugepagesResource } from "../../catalog/topology";
import type { FabricProfile } from "../fabric";
import { baseUnits, scaled } from "./quantity";

/** Size of a node as the catalogue knows it. */
export interface NodeShape {
    vcpus: number;
    memoryGib: number;
    /** Local NVMe, GB; 0 where there is none. */
    nvmeGb: number;
}

/** What the resources of a pod depend on. */
export interface PodShape {
    gpusPerNode: number;
    schedulableGpusPerNode: number;
    shape: NodeShape;
    fabric: FabricProfile;
}

/**
 * `nvidia.com/gpu` that one training pod takes: all of a node, or a single slice where GPUs are shared. A pod with several slices
 * could get them all from one GPU, and a process can use one MIG instance only.
 */
export function gpusPerPod(pod: PodShape): number {
    return pod.schedulableGpusPerNode > pod.gpusPerNode ? 1 : pod.gpusPerNode;
}

/** All resources of one training pod, requests and limits alike: a whole node, or a slice's part of it where GPUs are shared. */
export function podResources(pod: PodShape): { [resource: string]: string } {
    const whole = {
        cpu: String(usableVcpus(pod.shape)),
        memory: `${String(usableMemoryGib(pod.shape, pod.fabric))}Gi`,
        [gpuResource]: String(pod.schedulableGpusPerNode),
        ...pod.fabric.podResources,
    };
    return podShare(whole, gpusPerPod(pod), pod.schedulableGpusPerNode);
}

/**
 * A pod that takes `gpus` of the `of` GPUs that the whole pod takes: every resource in proportion, at least one of each.
 */
export function podShare(
    resources: { [resource: string]: string },
    gpus: number,
    of: number,
): { [resource: string]: string } {
    return Object.fromEntries(
        Object.entries(resources).map(([resource, quantity]) => {
            const share = scaled(quantity, gpus, of, "down");
            return [resource, baseUnits(share) === 0n ? quantity.replace(/^\d+/, "1") : share];
        }),
    );
}

/** Names of all resources that a queue over these pods must cover, in a fixed order. */
export function coveredResources(profiles: FabricProfile[]): string[] {
    return [
        ...new Set([
            "cpu",
            "memory",
            "ephemeral-storage",
            gpuResource,
            ...profiles.flatMap((profile) => [...profile.coveredResources, ...Object.keys(profile.podResources)]),
        ]),
    ];
}

/**
 * What a whole node counts for in a quota. Processors and memory are the machine's, not the training pod's: a team that
 * owns the node also owns what the training pod leaves over for side-cars and small jobs.
 */
export function nodeQuota(pod: PodShape): { [resource: string]: string } {
    return {
        cpu: String(pod.shape.vcpus),
        memory: `${String(Math.floor(pod.shape.memoryGib))}Gi`,
        "ephemeral-storage": `${String(ephemeralGib(pod.shape))}Gi`,
        [gpuResource]: String(pod.schedulableGpusPerNode),
        ...pod.fabric.podResources,
    };
}

/**
 * Processors that a pod can get: EKS reserves up to a quarter of a core for the kubelet, and the DaemonSets of a GPU node (CNI,
 * device plugins, exporters) ask for about one; 5 % of a large machine keeps the data loaders off the NCCL proxy threads.
 */
function usableVcpus(shape: NodeShape): number {
    return Math.max(1, shape.vcpus - Math.max(1, Math.ceil(shape.vcpus * 0.05)));
}

/**
 * Memory that a pod can get, GiB: less a tenth for what firmware and kernel keep and the kubelet reserves (255 MiB and 11 MiB
 * for each of up to 737 pods), 2 GiB for DaemonSets, and the hugepages, which leave a node's ordinary memory at boot.
 */
function usableMemoryGib(shape: NodeShape, fabric: FabricProfile): number {
    const hugepages = fabric.podResources[hugepagesResource];
    const hugepagesGib = hugepages === undefined ? 0 : Number(baseUnits(hugepages) >> 30n) + 1;
    return Math.max(1, shape.memoryGib - Math.ceil(shape.memoryGib / 10) - 2 - hugepagesGib);
}

/** Local disk for pods, GiB: the RAID of the NVMe disks, or a small part of the root volume where there are none. */
function ephemeralGib(shape: NodeShape): number {
    const decimalToBinary = 1e9 / 2 ** 30;
    return shape.nvmeGb === 0 ? 50 : Math.floor(shape.nvmeGb * decimalToBinary * 0.9);
}

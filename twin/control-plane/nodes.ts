/** Nodes of the twin: created as a cloud would, and given their devices by whatever installs a device plugin. */
import type { ApiClient, KubernetesObject } from "./api-client";
import { ApiError, isAlreadyExists, isNotFound } from "./api-error";
import { inParallel } from "./parallel";
import type { TwinNode } from "./types";

/** Annotation with what a device plugin would find in the machine, as JSON: `{"nvidia.com/gpu":8,"vpc.amazonaws.com/efa":16}`. */
export const hardwareAnnotation = "kilogpu.dev/hardware";

/** Annotation by which kwok plays the node's kubelet; without it the kubelet is dead. */
export const kubeletAnnotation = "kwok.x-k8s.io/node";

/** Label that makes the node's kubelet report NotReady while it is `true`. */
export const notReadyLabel = "kilogpu.dev/not-ready";

/** Requests at once. More does not help: the API server has two cores. */
const parallel = 16;

/** Creates the nodes; of one that is there already, labels, taints and annotations are brought up to date and its status is left alone. */
export async function createNodes(api: ApiClient, nodes: TwinNode[]): Promise<void> {
    await inParallel(nodes, parallel, async (node) => {
        const object = nodeObject(node);
        try {
            await api.create(object);
        } catch (error) {
            if (!isAlreadyExists(error)) {
                throw error;
            }
            const { labels, annotations } = object.metadata;
            const ref = { apiVersion: "v1", kind: "Node", name: node.name };
            const spec = { taints: node.taints };
            await api.patch(ref, { metadata: { labels, annotations }, spec }, { kind: "merge" });
        }
    });
}

/** Deletes the nodes that a label selector matches, with their leases and, at once, their pods: the machine is gone. Returns how many. */
export async function deleteNodes(api: ApiClient, labelSelector: string): Promise<number> {
    const { items } = await api.list("v1", "Node", { labelSelector });
    await inParallel(items, parallel, async ({ metadata: { name } }) => {
        await api.delete({ apiVersion: "v1", kind: "Node", name });
        const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name, namespace: "kube-node-lease" };
        await api.delete(lease);
    });
    return items.length;
}

/** The node's kubelet ends: nobody reports for the node any more. A node that is not there is fine. */
export async function deadKubelet(api: ApiClient, name: string): Promise<void> {
    const ref = { apiVersion: "v1", kind: "Node", name };
    try {
        await api.patch(ref, { metadata: { annotations: { [kubeletAnnotation]: null } } }, { kind: "merge" });
    } catch (error) {
        if (!isNotFound(error)) {
            throw error;
        }
    }
}

/**
 * A device plugin of `resource` runs on these nodes (on all, where undefined): each offers what its hardware annotation says. Nodes without
 * such hardware offer nothing. Returns how many units are offered in all.
 */
export async function offerDevices(api: ApiClient, resource: string, nodeNames?: string[]): Promise<number> {
    let units = 0;
    await patchDevices(api, nodeNames, (node) => {
        const count = hardwareOf(node)[resource] ?? 0;
        units += count;
        const offered = statusOf(node).allocatable?.[resource];
        return count === 0 || offered === String(count) ? undefined : { resource, value: String(count) };
    });
    return units;
}

/** The device plugin is gone from these nodes (from all, where undefined): they offer none of `resource`. */
export async function withdrawDevices(api: ApiClient, resource: string, nodeNames?: string[]): Promise<void> {
    await patchDevices(api, nodeNames, (node) =>
        statusOf(node).capacity?.[resource] === undefined ? undefined : { resource, value: null },
    );
}

/** What the machine holds, by resource name. */
export function hardwareOf(node: KubernetesObject): { [resource: string]: number } {
    const text = node.metadata.annotations?.[hardwareAnnotation];
    return text === undefined ? {} : (JSON.parse(text) as { [resource: string]: number });
}

async function patchDevices(
    api: ApiClient,
    nodeNames: string[] | undefined,
    change: (node: KubernetesObject) => { resource: string; value: string | null } | undefined,
): Promise<void> {
    const wanted = nodeNames === undefined ? undefined : new Set(nodeNames);
    const { items } = await api.list("v1", "Node");
    const nodes = items.filter(({ metadata }) => wanted === undefined || wanted.has(metadata.name));
    await inParallel(nodes, parallel, async (node) => {
        const changed = change(node);
        if (changed === undefined) {
            return;
        }
        const amounts = { [changed.resource]: changed.value };
        const ref = { apiVersion: "v1", kind: "Node", name: node.metadata.name };
        const patch = { status: { capacity: amounts, allocatable: amounts } };
        await api.patch(ref, patch, { kind: "merge", subresource: "status" }).catch((error: unknown) => {
            // A node that was deleted meanwhile needs no devices.
            if (!(error instanceof ApiError && error.code === 404)) {
                throw error;
            }
        });
    });
}

function nodeObject(node: TwinNode): KubernetesObject {
    return {
        apiVersion: "v1",
        kind: "Node",
        metadata: {
            name: node.name,
            labels: { "kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", ...node.labels },
            annotations: { [kubeletAnnotation]: "fake", ...node.annotations },
        },
        spec: { taints: node.taints },
        status: { capacity: node.capacity, allocatable: node.allocatable },
    };
}

function statusOf(node: KubernetesObject): {
    capacity?: { [resource: string]: string };
    allocatable?: { [resource: string]: string };
} {
    return node["status"] ?? {};
}

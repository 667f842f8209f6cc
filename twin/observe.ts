/**
 * What the twin's cluster says of itself: nodes and what they offer, queues, gangs. A gang counts as running when its pods run on distinct
 * nodes and carry the node selector that Kueue assigned; a Workload that says Admitted proves nothing, because a misfit of Kueue and
 * Trainer admits workloads whose pods never bind.
 */
import type { ApiClient, KubernetesObject } from "./control-plane";
import { isNotFound } from "./control-plane";

/** Nodes of one instance type. */
export interface ObservedNodes {
    instanceType: string;
    nodes: number;
    ready: number;
    /** Sum of `nvidia.com/gpu` that the nodes offer to pods. */
    gpus: number;
    /** Sum of `vpc.amazonaws.com/efa`. */
    efaInterfaces: number;
    /** Sum of the InfiniBand and RoCE devices that the network operator's plugins offer. */
    rdmaDevices: number;
    /** What every single node offers, when all offer the same; undefined where they differ. */
    each?: Offer;
}

/** What a node offers to pods. */
export interface Offer {
    gpus: number;
    efaInterfaces: number;
    rdmaDevices: number;
}

/** One ClusterQueue. */
export interface ObservedQueue {
    name: string;
    active: boolean;
    /** Reason where it is not active. */
    reason: string;
    admitted: number;
    pending: number;
}

/** One TrainJob and its pods. */
export interface ObservedJob {
    namespace: string;
    name: string;
    /** Pods that the job asks for. */
    wanted: number;
    pods: number;
    running: number;
    /** Pods that still carry a scheduling gate. */
    gated: number;
    /** Distinct nodes that running pods are bound to. */
    nodes: number;
    /** Topology domains of those nodes, by label, widest first. */
    domains: { [label: string]: number };
    /** Whether every running pod carries the node selector that Kueue assigned. */
    placed: boolean;
}

/** The cluster as it is now. */
export interface Observation {
    nodes: ObservedNodes[];
    queues: ObservedQueue[];
    jobs: ObservedJob[];
}

interface NodeBody extends KubernetesObject {
    status?: { allocatable?: { [resource: string]: string }; conditions?: { type: string; status: string }[] };
}

interface PodBody extends KubernetesObject {
    spec?: { nodeName?: string; nodeSelector?: { [label: string]: string }; schedulingGates?: unknown[] };
    status?: { phase?: string };
}

interface QueueBody extends KubernetesObject {
    status?: {
        admittedWorkloads?: number;
        pendingWorkloads?: number;
        conditions?: { type: string; status: string; message?: string }[];
    };
}

interface JobBody extends KubernetesObject {
    spec?: { trainer?: { numNodes?: number } };
}

/** Labels of a node's place in its network: the cloud's, and those of a site's inventory. */
const NETWORK_LAYER = /^topology\.(k8s\.aws\/network-node-layer-|kilogpu\.dev\/)/;

/** Resources of RDMA devices: `rdma/…` of shared ones, `nvidia.com/…` of virtual and whole functions; GPUs and their slices are none. */
const RDMA_DEVICE = /^(rdma\/|nvidia\.com\/(?!gpu|mig-))/;

/** All objects of a kind; none where the cluster does not know the kind yet. */
async function all<T extends KubernetesObject>(api: ApiClient, apiVersion: string, kind: string): Promise<T[]> {
    try {
        return (await api.list(apiVersion, kind)).items as T[];
    } catch (error) {
        if (isNotFound(error)) {
            return [];
        }
        throw error;
    }
}

function observeNodes(nodes: readonly NodeBody[]): ObservedNodes[] {
    const groups = new Map<string, NodeBody[]>();
    for (const node of nodes) {
        const type = node.metadata.labels?.["node.kubernetes.io/instance-type"] ?? "unknown";
        groups.set(type, [...(groups.get(type) ?? []), node]);
    }
    return [...groups].map(([instanceType, members]) => {
        const offers = members.map((node) => offerOf(node.status?.allocatable ?? {}));
        const first = offers[0];
        const same =
            first !== undefined &&
            offers.every(
                ({ gpus, efaInterfaces, rdmaDevices }) =>
                    gpus === first.gpus && efaInterfaces === first.efaInterfaces && rdmaDevices === first.rdmaDevices,
            );
        return {
            instanceType,
            nodes: members.length,
            ready: members.filter(
                (node) =>
                    node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true,
            ).length,
            gpus: offers.reduce((sum, offer) => sum + offer.gpus, 0),
            efaInterfaces: offers.reduce((sum, offer) => sum + offer.efaInterfaces, 0),
            rdmaDevices: offers.reduce((sum, offer) => sum + offer.rdmaDevices, 0),
            ...(same ? { each: first } : {}),
        };
    });
}

function offerOf(allocatable: { [resource: string]: string }): Offer {
    return {
        gpus: Number(allocatable["nvidia.com/gpu"] ?? 0),
        efaInterfaces: Number(allocatable["vpc.amazonaws.com/efa"] ?? 0),
        rdmaDevices: Object.entries(allocatable)
            .filter(([resource]) => RDMA_DEVICE.test(resource))
            .reduce((sum, [, amount]) => sum + Number(amount), 0),
    };
}

function observeJob(job: JobBody, pods: readonly PodBody[], nodes: ReadonlyMap<string, NodeBody>): ObservedJob {
    const own = pods.filter(
        (pod) =>
            pod.metadata.namespace === job.metadata.namespace &&
            pod.metadata.labels?.["jobset.sigs.k8s.io/jobset-name"] === job.metadata.name,
    );
    const running = own.filter((pod) => pod.status?.phase === "Running" && pod.spec?.nodeName !== undefined);
    const hosts = new Set(running.map((pod) => pod.spec?.nodeName ?? ""));
    const domains: { [label: string]: Set<string> } = {};
    for (const host of hosts) {
        for (const [label, value] of Object.entries(nodes.get(host)?.metadata.labels ?? {})) {
            if (NETWORK_LAYER.test(label)) {
                (domains[label] ??= new Set()).add(value);
            }
        }
    }
    return {
        namespace: job.metadata.namespace ?? "",
        name: job.metadata.name,
        wanted: job.spec?.trainer?.numNodes ?? 1,
        pods: own.length,
        running: running.length,
        gated: own.filter((pod) => (pod.spec?.schedulingGates?.length ?? 0) > 0).length,
        nodes: hosts.size,
        domains: Object.fromEntries(
            Object.entries(domains)
                // The widest layer has the fewest domains.
                .sort(([a, left], [b, right]) => left.size - right.size || (a < b ? -1 : 1))
                .map(([label, values]) => [label, values.size]),
        ),
        placed: running.length > 0 && running.every((pod) => Object.keys(pod.spec?.nodeSelector ?? {}).length > 0),
    };
}

/** Reads nodes, queues and jobs. */
export async function observe(api: ApiClient): Promise<Observation> {
    const [nodes, queues, jobs, pods] = await Promise.all([
        all<NodeBody>(api, "v1", "Node"),
        all<QueueBody>(api, "kueue.x-k8s.io/v1beta2", "ClusterQueue"),
        all<JobBody>(api, "trainer.kubeflow.org/v1alpha1", "TrainJob"),
        all<PodBody>(api, "v1", "Pod"),
    ]);
    const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
    return {
        nodes: observeNodes(nodes),
        queues: queues.map((queue) => {
            const active = queue.status?.conditions?.find(({ type }) => type === "Active");
            return {
                name: queue.metadata.name,
                active: active?.status === "True",
                reason: active?.status === "True" ? "" : (active?.message ?? "not seen by its controller yet"),
                admitted: queue.status?.admittedWorkloads ?? 0,
                pending: queue.status?.pendingWorkloads ?? 0,
            };
        }),
        jobs: jobs.map((job) => observeJob(job, pods, byName)),
    };
}

/** Whether everything that was asked for is up: nodes Ready, queues active, every gang whole, on nodes of its own. */
export function isSettled(observation: Observation): boolean {
    return (
        observation.nodes.every((group) => group.ready === group.nodes) &&
        observation.queues.every((queue) => queue.active) &&
        observation.jobs.every(
            (job) => job.running === job.wanted && job.nodes === job.wanted && job.gated === 0 && job.placed,
        )
    );
}

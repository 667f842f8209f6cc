/** The cluster as the exporter sees it: nodes with their hardware, pods with what they hold, jobs with their pods. Read from the real API. */
import type { ApiClient, KubernetesObject } from "../control-plane";
import { isNotFound, kubeletAnnotation } from "../control-plane";
import { gpuResource } from "../../catalog/topology";
import { hardwareOfNode, type NodeHardware } from "./hardware";

export interface NodeView {
    name: string;
    object: KubernetesObject;
    /** Undefined for nodes without GPUs. */
    hardware?: NodeHardware;
    /** Whether its exporters answer: a node whose kubelet is gone is taken to be gone altogether. */
    answers: boolean;
    bootedAt: number;
}

export interface PodView {
    namespace: string;
    name: string;
    node: string;
    container: string;
    /** `<namespace>/<name>` of its job; empty where it has none. */
    job: string;
    jobName: string;
    /** Its number in the job. */
    index: number;
    gpus: number;
    running: boolean;
    startedAt: number;
    object: KubernetesObject;
}

export interface JobView {
    /** `<namespace>/<name>`. */
    key: string;
    /** Running pods, by index. */
    pods: PodView[];
}

export interface ClusterView {
    nodes: NodeView[];
    pods: PodView[];
    jobs: JobView[];
    trainJobs: KubernetesObject[];
    deployments: KubernetesObject[];
}

export interface NodeStatus {
    capacity?: { [resource: string]: string };
    allocatable?: { [resource: string]: string };
    conditions?: { type: string; status: string }[];
    nodeInfo?: { kernelVersion?: string; kubeletVersion?: string };
}

export interface PodSpec {
    nodeName?: string;
    containers?: { name: string; resources?: { requests?: { [resource: string]: string } } }[];
}

export interface PodStatus {
    phase?: string;
    startTime?: string;
    containerStatuses?: {
        name: string;
        restartCount: number;
        state?: { waiting?: { reason?: string }; terminated?: { reason?: string } };
        lastState?: { terminated?: { reason?: string } };
    }[];
}

async function list(api: ApiClient, apiVersion: string, kind: string): Promise<KubernetesObject[]> {
    try {
        return (await api.list(apiVersion, kind)).items;
    } catch (error) {
        if (isNotFound(error)) {
            return [];
        }
        throw error;
    }
}

/** The type is the caller's word for what the API server answers. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- one place for the cast instead of one at each reader
export function statusOf<Status>(object: KubernetesObject): Status {
    return (object["status"] ?? {}) as Status;
}

export function isReady(node: KubernetesObject): boolean {
    const { conditions } = statusOf<NodeStatus>(node);
    return conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

function podView(pod: KubernetesObject): PodView {
    const spec = (pod["spec"] ?? {}) as PodSpec;
    const status = statusOf<PodStatus>(pod);
    const labels = pod.metadata.labels ?? {};
    const namespace = pod.metadata.namespace ?? "";
    const jobName = labels["jobset.sigs.k8s.io/jobset-name"] ?? "";
    const holder = spec.containers?.find(({ resources }) => resources?.requests?.[gpuResource] !== undefined);
    return {
        namespace,
        name: pod.metadata.name,
        node: spec.nodeName ?? "",
        container: holder?.name ?? spec.containers?.[0]?.name ?? "",
        job: jobName === "" ? "" : `${namespace}/${jobName}`,
        jobName,
        index: Number(labels["batch.kubernetes.io/job-completion-index"] ?? 0),
        gpus: Number(holder?.resources?.requests?.[gpuResource] ?? 0),
        running: status.phase === "Running" && pod.metadata.deletionTimestamp === undefined,
        startedAt: Date.parse(status.startTime ?? pod.metadata.creationTimestamp ?? new Date().toISOString()),
        object: pod,
    };
}

/** Reads it anew. */
export async function readCluster(api: ApiClient): Promise<ClusterView> {
    const [nodes, pods, trainJobs, deployments] = await Promise.all([
        list(api, "v1", "Node"),
        list(api, "v1", "Pod"),
        list(api, "trainer.kubeflow.org/v1alpha1", "TrainJob"),
        list(api, "apps/v1", "Deployment"),
    ]);
    const podViews = pods.map(podView);
    const jobs = new Map<string, JobView>();
    for (const pod of podViews.filter(
        ({ job, running, gpus, node }) => job !== "" && running && gpus > 0 && node !== "",
    )) {
        const job = jobs.get(pod.job) ?? { key: pod.job, pods: [] };
        job.pods.push(pod);
        jobs.set(pod.job, job);
    }
    for (const job of jobs.values()) {
        job.pods.sort((left, right) => left.index - right.index);
    }
    return {
        nodes: nodes.map((object) => {
            const hardware = hardwareOfNode(object);
            return {
                name: object.metadata.name,
                object,
                ...(hardware === undefined ? {} : { hardware }),
                answers: isReady(object) && object.metadata.annotations?.[kubeletAnnotation] !== undefined,
                bootedAt: Date.parse(object.metadata.creationTimestamp ?? ""),
            };
        }),
        pods: podViews,
        jobs: [...jobs.values()],
        trainJobs,
        deployments,
    };
}

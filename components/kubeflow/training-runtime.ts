/** Spec of the ClusterTrainingRuntime of a capacity group: the pod that every training job on its nodes starts from. Pure. */
import type { CapacityGroup } from "../capacity-group";
import { baseUnits } from "../capacity-group";
import { hugepagesResource } from "../../catalog/topology";

/** API group and version of Kubeflow Trainer's objects. */
export const trainerApi = "trainer.kubeflow.org/v1alpha1";

/** Name that Trainer gives the replicated job and its container of the ranks; its webhooks insist on it. */
export const trainerNode = "node";

/** What of a runtime the user decides. */
export interface TrainingRuntimeOptions {
    image: string;
    /** How often a failed job starts again from its last checkpoint. */
    maxRestarts: number;
}

/** Kubernetes JSON. */
interface Json {
    [field: string]: unknown;
}

/**
 * The spec. A pod that fails takes its ranks' communicators with it, so that one failed pod restarts the whole job (from its
 * checkpoint) at once instead of leaving the others to wait for NCCL's time-out; a pod that was only evicted, or whose node died,
 * is replaced without using up a restart.
 */
export function trainingRuntimeSpec(group: CapacityGroup, options: TrainingRuntimeOptions): Json {
    return {
        mlPolicy: { numNodes: 1, torch: {} },
        template: {
            spec: {
                failurePolicy: { maxRestarts: options.maxRestarts, restartStrategy: "Recreate" },
                // Rank 0 is looked up before it is ready.
                network: { enableDNSHostnames: true, publishNotReadyAddresses: true },
                replicatedJobs: [
                    {
                        name: trainerNode,
                        replicas: 1,
                        template: {
                            metadata: { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } },
                            spec: {
                                backoffLimit: 0,
                                podFailurePolicy: {
                                    rules: [
                                        {
                                            action: "Ignore",
                                            onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
                                        },
                                    ],
                                },
                                template: {
                                    metadata: { labels: { "kilogpu.dev/training": "true" } },
                                    spec: podSpec(group, options.image),
                                },
                            },
                        },
                    },
                ],
            },
        },
    };
}

function podSpec(group: CapacityGroup, image: string): Json {
    const hugepages = group.podResources[hugepagesResource] !== undefined;
    return {
        restartPolicy: "Never",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // Time to write a checkpoint after SIGTERM.
        terminationGracePeriodSeconds: 120,
        nodeSelector: group.nodeLabels,
        tolerations: group.taints.map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect })),
        securityContext: podSecurity(group.fabric.ipcLock),
        containers: [
            {
                name: trainerNode,
                image,
                env: Object.entries({ HOME: "/scratch", ...group.fabric.ncclEnvironment }).map(([name, value]) => ({
                    name,
                    value,
                })),
                resources: { requests: group.podResources, limits: group.podResources },
                securityContext: {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"], ...(group.fabric.ipcLock ? { add: ["IPC_LOCK"] } : {}) },
                },
                volumeMounts: [
                    { name: "shared-memory", mountPath: "/dev/shm" },
                    { name: "scratch", mountPath: "/scratch" },
                    ...(hugepages ? [{ name: "hugepages", mountPath: "/dev/hugepages" }] : []),
                ],
            },
        ],
        volumes: [
            { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: sharedMemory(group) } },
            // On the RAID of the node's NVMe disks, where it has some.
            { name: "scratch", emptyDir: {} },
            ...(hugepages ? [{ name: "hugepages", emptyDir: { medium: "HugePages" } }] : []),
        ],
    };
}

/**
 * The restricted profile, but for pinned memory: a capability takes effect for root only (an added one does not become ambient),
 * so that pods with IPC_LOCK run as root with every other capability dropped.
 */
function podSecurity(ipcLock: boolean): Json {
    return {
        seccompProfile: { type: "RuntimeDefault" },
        ...(ipcLock
            ? { runAsUser: 0, runAsGroup: 0 }
            : { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 }),
    };
}

/**
 * Size of /dev/shm, where NCCL and the data loaders' workers exchange buffers: an eighth of the pod's memory, which it counts
 * against, 128 GiB at most.
 */
function sharedMemory(group: CapacityGroup): string {
    const gib = Number(baseUnits(group.podResources["memory"] ?? "8Gi") >> 30n);
    return `${String(Math.min(128, Math.max(1, Math.floor(gib / 8))))}Gi`;
}

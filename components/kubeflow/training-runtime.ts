/** Spec of the ClusterTrainingRuntime of a capacity group: the pod that every training job on its nodes starts from. Pure. */
import type { CapacityGroup } from "../capacity-group";
import { baseUnits } from "../capacity-group";
import { finalClassExitCodes } from "../../catalog/log-classes";
import { hugepagesResource } from "../../catalog/topology";
import { inspectorEnvironment, inspectorFolder, inspectorVolume, writesCollectives } from "./nccl-inspector";

/** API group and version of Kubeflow Trainer's objects. */
export const trainerApi = "trainer.kubeflow.org/v1alpha1";

/** Name that Trainer gives the replicated job and its container of the ranks; its webhooks insist on it. */
export const trainerNode = "node";

/** Name of the container port on which a training pod serves Prometheus text. */
export const metricsPortName = "metrics";

/**
 * Exit codes after which another start would fail alike: wrong input and sick run of the training contract (training/README.md), and those
 * that the launcher gives to failures of a log class of this kind. A Job's message never has a line of the log, only the code.
 */
export const finalExitCodes = [2, 65, ...finalClassExitCodes];

/** Exit code of a rank that was told to stop and has written its checkpoint. */
export const preemptedExitCode = 143;

/** What of a runtime the user decides. */
export interface TrainingRuntimeOptions {
    image: string;
    /** How often a failed job starts again from its last checkpoint. */
    maxRestarts: number;
    /** Seconds that writing a checkpoint takes at most. */
    checkpointSeconds: number;
    /** Port on which training pods serve metrics. */
    metricsPort: number;
    /** Whether ranks write what NCCL Inspector sees, where their pods may write to the node. */
    ncclInspector: boolean;
}

/**
 * Seconds that a pod stays on a node that is not ready or not reachable. Kubernetes' default of 300 keeps every other GPU of the job
 * waiting for a dead node: 85 GPU-hours a time with 1,024 of them. The control plane has already waited 50 seconds for the kubelet, which
 * a restart of it or of the API server fits into; after 30 more Kueue gives the node up too (NodeFailureDelay in its
 * pkg/controller/tas/constants.go), so that both decide at one moment.
 */
export const lostNodeSeconds = 30;

/**
 * Seconds between SIGTERM and SIGKILL: the step under way, the checkpoint, and the same again for storage that every job of the
 * cluster writes to at once; never under a minute.
 */
export function gracePeriodSeconds(checkpointSeconds: number): number {
    return Math.max(60, 2 * checkpointSeconds);
}

/** Kubernetes JSON. */
interface Json {
    [field: string]: unknown;
}

/**
 * The spec. A pod that fails takes its ranks' communicators with it, so that one failed pod restarts the whole job (from its
 * checkpoint) at once instead of leaving the others to wait for NCCL's time-out; a pod that was only evicted, or whose node died,
 * is replaced without using up a restart. A job whose input is wrong or whose run is sick ends at once: a thousand GPUs would only
 * repeat the mistake. A job that was told to stop starts again without using up a restart.
 */
export function trainingRuntimeSpec(group: CapacityGroup, options: TrainingRuntimeOptions): Json {
    return {
        mlPolicy: { numNodes: 1, torch: {} },
        template: {
            spec: {
                failurePolicy: {
                    maxRestarts: options.maxRestarts,
                    restartStrategy: "Recreate",
                    rules: [
                        {
                            name: "endsForGood",
                            action: "FailJobSet",
                            onJobFailureReasons: [POD_FAILURE_POLICY],
                            // The Job's message is "Container node for pod … failed with exit code 65 matching FailJob rule at index 1".
                            onJobFailureMessagePatterns: [`exit code (${finalExitCodes.join("|")}) matching`],
                        },
                        {
                            name: "wasToldToStop",
                            action: "RestartJobSetAndIgnoreMaxRestarts",
                            onJobFailureReasons: [POD_FAILURE_POLICY],
                            onJobFailureMessagePatterns: [`exit code ${String(preemptedExitCode)} matching`],
                        },
                    ],
                },
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
                                        {
                                            // Ends the Job with the exit code in its message, which JobSet's rules read.
                                            action: "FailJob",
                                            onExitCodes: {
                                                containerName: trainerNode,
                                                operator: "In",
                                                values: [...finalExitCodes, preemptedExitCode],
                                            },
                                        },
                                    ],
                                },
                                template: {
                                    metadata: {
                                        labels: { "kilogpu.dev/training": "true" },
                                        ...(group.fabric.podAnnotations === undefined
                                            ? {}
                                            : { annotations: group.fabric.podAnnotations }),
                                    },
                                    spec: podSpec(group, options),
                                },
                            },
                        },
                    },
                ],
            },
        },
    };
}

/** Reason of a Job that a rule of its podFailurePolicy has ended (batch/v1). */
const POD_FAILURE_POLICY = "PodFailurePolicy";

function podSpec(group: CapacityGroup, options: TrainingRuntimeOptions): Json {
    const grace = gracePeriodSeconds(options.checkpointSeconds);
    const hugepages = group.podResources[hugepagesResource] !== undefined;
    const inspects = options.ncclInspector && writesCollectives(group);
    return {
        restartPolicy: "Never",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: grace,
        nodeSelector: group.nodeLabels,
        tolerations: [
            ...group.taints.map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect })),
            ...["not-ready", "unreachable"].map((state) => ({
                key: `node.kubernetes.io/${state}`,
                operator: "Exists",
                effect: "NoExecute",
                tolerationSeconds: lostNodeSeconds,
            })),
        ],
        securityContext: podSecurity(group.fabric.ipcLock),
        containers: [
            {
                name: trainerNode,
                image: options.image,
                ports: [{ name: metricsPortName, containerPort: options.metricsPort, protocol: "TCP" }],
                env: [
                    ...Object.entries({
                        HOME: "/scratch",
                        // The launcher leaves ranks this long, and a little less than the kubelet leaves the launcher.
                        KILOGPU_GRACE_SECONDS: String(grace - 5),
                        KILOGPU_METRICS_PORT: String(options.metricsPort),
                        ...group.fabric.ncclEnvironment,
                    }).map(([name, value]) => ({ name, value })),
                    ...(inspects ? inspectorEnvironment() : []),
                ],
                resources: { requests: group.podResources, limits: group.podResources },
                securityContext: {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"], ...(group.fabric.ipcLock ? { add: ["IPC_LOCK"] } : {}) },
                },
                volumeMounts: [
                    { name: "shared-memory", mountPath: "/dev/shm" },
                    { name: "scratch", mountPath: "/scratch" },
                    ...(hugepages ? [{ name: "hugepages", mountPath: "/dev/hugepages" }] : []),
                    ...(inspects ? [{ name: inspectorVolume().name, mountPath: inspectorFolder }] : []),
                ],
            },
        ],
        volumes: [
            { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: sharedMemory(group) } },
            // On the RAID of the node's NVMe disks, where it has some.
            { name: "scratch", emptyDir: {} },
            ...(hugepages ? [{ name: "hugepages", emptyDir: { medium: "HugePages" } }] : []),
            ...(inspects ? [inspectorVolume()] : []),
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

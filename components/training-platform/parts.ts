/** From the platform's arguments to those of its parts. Pure: the checks and the compositions use the same functions. */
import type { CheckpointMountsArgs } from "../checkpoint-storage";
import type { FabricFactsArgs, GpuDirect, NetworkDriver } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool";
import type { GpuOperatorArgs } from "../gpu-operator";
import type { ChartValues } from "../helm-chart";
import { mergeValues } from "../helm-chart";
import type { KubeflowArgs, RuntimeSetArgs } from "../kubeflow";
import type { ManagedPrometheusArgs, MonitoringArgs } from "../monitoring";
import { operatorCounters } from "../monitoring";
import type { TrainingJobArgs } from "../training-job";
import type { QueueSpecArgs, TrainingQueuesArgs } from "../training-queues";
import type { JobSettingsArgs, MonitoringSettingsArgs, TrainingPlatformArgs } from "./training-platform-args";

/** Charts of the platform whose values the user may add to, by their names in the release catalogue. */
export const PLATFORM_CHARTS = [
    "gpu-operator",
    "node-feature-discovery",
    "kueue",
    "kubeflow-trainer",
    "jobset",
    "kube-prometheus-stack",
    "loki",
    "alloy",
];

/** A job's arguments with queues and runtimes. */
export function jobArgs(
    job: JobSettingsArgs,
    queues: QueueSpecArgs,
    runtime: RuntimeSetArgs,
    storage?: CheckpointMountsArgs,
): TrainingJobArgs {
    const namespace = queues.teams.find((team) => team.name === job.team)?.namespace;
    const claim = storage?.mounts.find((mount) => mount.namespace === namespace)?.claim;
    return {
        ...withoutName(job),
        queues,
        runtime,
        ...(storage === undefined ? {} : { storage }),
        // Written out, so that policies and state see where the job's checkpoints are.
        ...(claim === undefined ? {} : { checkpoints: { claim, ...job.checkpoints } }),
    };
}

/** Where charts and images come from. */
export function mirrorsOf(args: TrainingPlatformArgs): Pick<TrainingPlatformArgs, "chartMirror" | "imageMirror"> {
    return { chartMirror: args.chartMirror, imageMirror: args.imageMirror };
}

/** The user's Helm values of a chart. */
export function chartValues(args: TrainingPlatformArgs, chart: string): ChartValues | undefined {
    return args.chartValues?.[chart] as ChartValues | undefined;
}

/** The GPU operator's arguments. */
export function gpuOperatorArgs(
    args: TrainingPlatformArgs,
    pools: NodePoolArgs[],
    network: { networkDriver?: NetworkDriver; gpuDirect?: GpuDirect } = {},
): GpuOperatorArgs {
    return {
        ...args.gpu,
        pools,
        networkDriver: network.networkDriver,
        gpuDirect: network.gpuDirect,
        ...mirrorsOf(args),
        values:
            args.monitoring === undefined
                ? chartValues(args, "gpu-operator")
                : mergeValues({ dcgmExporter: operatorCounters() }, chartValues(args, "gpu-operator")),
        featureDiscoveryValues: chartValues(args, "node-feature-discovery"),
    };
}

/** Whether Trainer's feature gate for `status.trainerStatus` is on. */
function reportsStatus(args: TrainingPlatformArgs): boolean {
    const { manager } = (chartValues(args, "kubeflow-trainer") ?? {}) as {
        manager?: { config?: { featureGates?: { TrainJobStatus?: boolean } } };
    };
    return manager?.config?.featureGates?.TrainJobStatus === true;
}

/** What Monitoring takes that only the composition knows. */
export interface MonitoringGround {
    queues?: QueueSpecArgs;
    /** The cluster, where a managed Prometheus can be had and is wanted. */
    managedPrometheus?: ManagedPrometheusArgs;
}

/** Monitoring's arguments. */
export function monitoringArgs(
    settings: MonitoringSettingsArgs,
    args: TrainingPlatformArgs,
    pools: NodePoolArgs[],
    fabric: FabricFactsArgs,
    ground: MonitoringGround = {},
): MonitoringArgs {
    return {
        ...settings,
        managedPrometheus: ground.managedPrometheus,
        queues: ground.queues,
        pools,
        fabric,
        trainingMetricsPort: args.training?.metricsPort,
        checkpointSeconds: args.training?.checkpointSeconds,
        trainJobStatus: reportsStatus(args),
        ...mirrorsOf(args),
        values: chartValues(args, "kube-prometheus-stack"),
        lokiValues: chartValues(args, "loki"),
        alloyValues: chartValues(args, "alloy"),
    };
}

/** The queues' arguments. */
export function queuesArgs(
    args: TrainingPlatformArgs,
    pools: NodePoolArgs[],
    fabric: FabricFactsArgs,
): TrainingQueuesArgs {
    return {
        pools,
        fabric,
        teams: args.teams,
        priorities: args.priorities,
        podsReadyMinutes: args.training?.podsReadyMinutes,
        ...mirrorsOf(args),
        values: chartValues(args, "kueue"),
    };
}

/** Kubeflow's arguments. */
export function kubeflowArgs(args: TrainingPlatformArgs, pools: NodePoolArgs[], fabric: FabricFactsArgs): KubeflowArgs {
    const training = args.training ?? {};
    return {
        pools,
        fabric,
        image: training.image,
        maxRestarts: training.maxRestarts,
        checkpointSeconds: training.checkpointSeconds,
        metricsPort: training.metricsPort,
        ncclInspector: training.ncclInspector,
        ...mirrorsOf(args),
        values: chartValues(args, "kubeflow-trainer"),
        jobSetValues: chartValues(args, "jobset"),
    };
}

/** The settings of something whose name is its resource's. */
export function withoutName<T extends { name: string }>(settings: T): Omit<T, "name"> {
    const copy: Partial<T> & Omit<T, "name"> = { ...settings };
    delete copy.name;
    return copy;
}

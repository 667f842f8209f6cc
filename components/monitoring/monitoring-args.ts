/** Arguments of Monitoring. */
import type * as pulumi from "@pulumi/pulumi";
import type { FabricFactsArgs } from "../fabric/facts";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import type { QueueSpecArgs } from "../training-queues/spec";

/** Who runs the DCGM exporter. Exactly one may: two read the same counters and double every sum. */
export const GpuExporter = {
    /** The GPU operator, with the counters that `operatorCounters` gives. */
    Operator: "operator",
    /** A release of its own, for clusters without the GPU operator. */
    Standalone: "standalone",
} as const;
export type GpuExporter = (typeof GpuExporter)[keyof typeof GpuExporter];

/**
 * Where alerts go. An address with a token is as good as a password: with `secret` it never passes through Pulumi; given here it is
 * encrypted in the state, and belongs into `pulumi config set --secret`.
 */
export interface AlertReceiversArgs {
    /**
     * Name of a Secret in namespace `monitoring` that somebody else keeps (External Secrets, a sealed secret), with an address under
     * each of `secretKeys`. Not together with the addresses below.
     */
    secret?: string;
    /** Keys of `secret`: `page`, `warning`, `remediation`. Defaults to `page` alone. */
    secretKeys?: string[];
    /** Webhook for `critical`: pages a person. Kept in a Secret. */
    pageUrl?: pulumi.Input<string>;
    /** Webhook for `warning`: read the same day. Kept in a Secret. Defaults to nobody. */
    warningUrl?: pulumi.Input<string>;
    /** Webhook for everything, for what repairs nodes and tells nobody (NVSentinel, a controller of yours). Defaults to nobody. */
    remediationUrl?: pulumi.Input<string>;
}

/** AWS managed Prometheus as a second home of the series. */
export interface ManagedPrometheusArgs {
    /** EKS cluster whose Prometheus writes. */
    clusterName: pulumi.Input<string>;
    /** Region of the workspace, for example `us-east-2`. */
    region: string;
}

/** What watches the cluster. */
export interface MonitoringArgs {
    /** Pools that are watched: `GpuNodePool.pool`. */
    pools: NodePoolArgs[];
    /** Network of the pools: `RdmaFabric.profile`. */
    fabric: FabricFactsArgs;
    /** Queues: `TrainingQueues.spec`. Defaults to none. */
    queues?: QueueSpecArgs;
    /** Who runs the DCGM exporter. Defaults to the GPU operator. */
    gpuExporter?: GpuExporter;
    /** Priority of the lossless traffic class on RoCE, 0 to 7. Defaults to 3. */
    losslessPriority?: number;
    /** Days that series are kept. Defaults to 15. */
    retentionDays?: number;
    /** StorageClass of Prometheus, Alertmanager and Loki. Defaults to the cluster's default class. */
    storageClass?: string;
    /** Where alerts go. Defaults to nobody, with a warning: they show in Grafana only. */
    receivers?: AlertReceiversArgs;
    /** Another Prometheus that gets all series, for example `https://mimir.example.com/api/v1/push`. */
    remoteWriteUrl?: string;
    /** An AWS managed Prometheus workspace that gets all series. */
    managedPrometheus?: ManagedPrometheusArgs;
    /** Whether Loki and Alloy collect and classify logs. Defaults to true. */
    logs?: boolean;
    /** Days that logs are kept. Defaults to 14. */
    logRetentionDays?: number;
    /** Address that runbook pages begin with. Defaults to the library's own pages. */
    runbookBase?: string;
    /** Port on which training pods serve metrics. Defaults to 9400. */
    trainingMetricsPort?: number;
    /**
     * Seconds that writing a checkpoint takes at most, as `Kubeflow` was told: what takes longer is cut off when a pod must stop.
     * Defaults to 60.
     */
    checkpointSeconds?: number;
    /**
     * Whether TrainJobs carry progress and metrics in `status.trainerStatus`: Kubeflow Trainer's feature gate TrainJobStatus, alpha and off
     * by default. With it, the loss that a job reports there (Hugging Face's callback does, without a line of code) is watched like one
     * that its pods serve. Defaults to false; TrainingCluster takes it from the values of chart kubeflow-trainer.
     */
    trainJobStatus?: boolean;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the kube-prometheus-stack chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
    /** Values of the loki chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    lokiValues?: { [key: string]: any };
    /** Values of the alloy chart on the nodes, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    alloyValues?: { [key: string]: any };
}

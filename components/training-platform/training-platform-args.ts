/** What decides what runs inside a training cluster, wherever its nodes stand: the settings that both compositions take. */
import type { DriverOwner } from "../gpu-operator";
import type { AlertReceiversArgs } from "../monitoring";
import type { CheckpointVolumeArgs, JobTopologyArgs } from "../training-job";
import type { PriorityArgs, TeamArgs } from "../training-queues";

/** A job: what TrainingJob takes, but for queues and runtimes. */
export interface JobSettingsArgs {
    /** Name of the job, unique in the stack. */
    name: string;
    /** Team whose queue the job waits in. */
    team: string;
    /** Nodes of the job. */
    nodes: number;
    /** GPUs of each node. Defaults to all. */
    gpusPerNode?: number;
    /** Text of the Python script that torchrun starts on each node. */
    script: string;
    /** File name of the script, without folder. Defaults to `train.py`. */
    scriptName?: string;
    /** Other files beside the script, text by name. */
    files?: { [name: string]: string };
    /** Arguments of the script. Defaults to none. */
    arguments?: string[];
    /** Environment of the script. Defaults to none. */
    environment?: { [name: string]: string };
    /** Image, with tag or digest. Defaults to the runtime's. */
    image?: string;
    /** Pool whose capacity group the job runs on. Defaults to the first one that the team has a share of. */
    pool?: string;
    /** Class of urgency. Defaults to normal, or to the least urgent class. */
    priority?: string;
    /** How close the nodes must be. Defaults to preferred, within the narrowest network layer. */
    topology?: JobTopologyArgs;
    /**
     * Where checkpoints go, mounted at /checkpoints. Defaults to a folder of the job's name on the environment's file system, and without
     * one to the node's own disk, which a lost node takes along.
     */
    checkpoints?: CheckpointVolumeArgs;
    /** Whether the script takes `--metrics-port` and serves Prometheus text there. Defaults to false. */
    serveMetrics?: boolean;
    /** Hours after which the job is ended. Defaults to no limit. */
    deadlineHours?: number;
}

/** Defaults of all training on the cluster. */
export interface TrainingSettingsArgs {
    /** Image of training containers, with tag or digest. Defaults to the catalogue's PyTorch image. */
    image?: string;
    /** How often a failed job starts again from its last checkpoint. Defaults to 10. */
    maxRestarts?: number;
    /**
     * Seconds that writing a checkpoint takes at most: pods get twice as long, and a minute at least, to stop. Defaults to 60.
     */
    checkpointSeconds?: number;
    /** Port on which training pods serve Prometheus text. Defaults to 9400. */
    metricsPort?: number;
    /** Whether ranks report each collective through NCCL Inspector, which needs SLURM_JOB_ID set in the pod. Defaults to true. */
    ncclInspector?: boolean;
    /** Minutes until all pods of an admitted job must be ready, image pulls included. Defaults to 30. */
    podsReadyMinutes?: number;
}

/** How the GPU operator is installed. */
export interface GpuSettingsArgs {
    /** Who installs the NVIDIA driver. Defaults to the image of the nodes. */
    driver?: DriverOwner;
    /** Whether the Prometheus operator finds GPU metrics by a ServiceMonitor; needs its CRDs in the cluster. Defaults to false. */
    serviceMonitor?: boolean;
    /** Seconds between two readings of the GPU metrics. Defaults to 15. */
    metricsIntervalSeconds?: number;
}

/** What watches the cluster. */
export interface MonitoringSettingsArgs {
    /** Days that series are kept. Defaults to 15; disk and memory follow from the number of GPUs. */
    retentionDays?: number;
    /** Whether logs are collected and classified. Defaults to true. */
    logs?: boolean;
    /** Days that logs are kept. Defaults to 14. */
    logRetentionDays?: number;
    /** StorageClass of series and logs. Defaults to an encrypted gp3 class that is made for them. */
    storageClass?: string;
    /** Where alerts go. Defaults to nobody: they show in Grafana only. */
    receivers?: AlertReceiversArgs;
    /** Another Prometheus that gets all series, for example `https://mimir.example.com/api/v1/push`. */
    remoteWriteUrl?: string;
    /** Whether an AWS managed Prometheus workspace is made that gets all series; on EKS only. Defaults to false. */
    managedPrometheus?: boolean;
}

/** What the environment may cost; the policy pack and the plan compare with it. */
export interface BudgetArgs {
    /** US dollars an hour while everything is up. */
    hourlyUsd: number;
}

/** The part of a composition's arguments that is the same in a cloud and in racks; each composition documents its own defaults. */
export interface TrainingPlatformArgs {
    /** Name of the environment. */
    environment: string;
    /** Teams, at least one. */
    teams: TeamArgs[];
    /** Classes of urgency. */
    priorities?: PriorityArgs[];
    /** Defaults of all training on the cluster. */
    training?: TrainingSettingsArgs;
    /** Metrics, alerts, dashboards and logs. */
    monitoring?: MonitoringSettingsArgs;
    /** How the GPU operator is installed. */
    gpu?: GpuSettingsArgs;
    /** Helm values on top of the library's, by the chart's name in the release catalogue. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    chartValues?: { [chart: string]: any };
    /** Jobs that are part of the environment. */
    jobs?: JobSettingsArgs[];
    /** What the environment may cost. */
    budget?: BudgetArgs;
    /** Where charts come from instead of their own repositories. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries. */
    imageMirror?: string;
}

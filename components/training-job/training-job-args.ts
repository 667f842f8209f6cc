/** Arguments of TrainingJob. */
import type { CheckpointMountsArgs } from "../checkpoint-storage/mounts";
import type { RuntimeSetArgs } from "../kubeflow/runtime";
import type { QueueSpecArgs } from "../training-queues/spec";

/** How strictly the nodes of a job must stand together. */
export const TopologyMode = {
    /** All within one domain of the level, or the job waits. */
    Required: "required",
    /** Within one domain where that is possible, else within as few as can be. */
    Preferred: "preferred",
    /** Anywhere. */
    Unconstrained: "unconstrained",
} as const;
export type TopologyMode = (typeof TopologyMode)[keyof typeof TopologyMode];

/** Where the nodes of a job stand to one another. */
export interface JobTopologyArgs {
    mode: TopologyMode;
    /** Node label of the level, for example `topology.k8s.aws/network-node-layer-1`. Defaults to the narrowest network layer. */
    level?: string;
}

/** Storage that all pods of the job see, and that outlives them. */
export interface CheckpointVolumeArgs {
    /** Name of a PersistentVolumeClaim in the team's namespace, access mode ReadWriteMany. Defaults to that of `storage`. */
    claim?: string;
    /** Folder on the volume, so that jobs do not mix. Defaults to the name of the job. */
    folder?: string;
}

/** A training job. */
export interface TrainingJobArgs {
    /** Team whose queue the job waits in. */
    team: string;
    /** Nodes of the job; each takes all GPUs of a machine unless `gpusPerNode` says less. */
    nodes: number;
    /** GPUs of each node. Defaults to all. Less takes that part of every other resource too. */
    gpusPerNode?: number;
    /** Text of the Python script that torchrun starts on each node. */
    script: string;
    /** File name of the script, without folder. Defaults to `train.py`. */
    scriptName?: string;
    /** Other files beside the script, text by name. The script and they are 1 MiB at most together. */
    files?: { [name: string]: string };
    /** Arguments of the script. Defaults to none. */
    arguments?: string[];
    /** Environment of the script, besides what the runtime sets. Defaults to none. */
    environment?: { [name: string]: string };
    /** Image, with tag or digest. Defaults to the runtime's. */
    image?: string;
    /** Pool whose capacity group the job runs on. Defaults to the first one that the team has a share of. */
    pool?: string;
    /** Class of urgency, one of the queues'. Defaults to normal, or to the least urgent class. */
    priority?: string;
    /** How close the nodes must be. Defaults to preferred, within the narrowest network layer. */
    topology?: JobTopologyArgs;
    /**
     * Where checkpoints go, mounted at /checkpoints. Defaults to a folder of the job's name on the volume of `storage`, and without
     * one to the node's own disk, which a lost node takes along.
     */
    checkpoints?: CheckpointVolumeArgs;
    /** The team's checkpoint volumes and service accounts: `CheckpointVolumes.mounts`. Defaults to none. */
    storage?: CheckpointMountsArgs;
    /**
     * Whether the script takes `--metrics-port` and serves Prometheus text there, as `training/gpt2.py` does: it is then given the
     * runtime's port. Defaults to false.
     */
    serveMetrics?: boolean;
    /** Hours after which the job is ended. Defaults to no limit. */
    deadlineHours?: number;
    /** The queues: `TrainingQueues.spec`. */
    queues: QueueSpecArgs;
    /** The runtimes: `Kubeflow.runtime`. */
    runtime: RuntimeSetArgs;
}

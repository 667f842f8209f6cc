/** Arguments of TrainingQueues. */
import type { FabricFactsArgs } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool/pool";

/** What a team has of the nodes of one pool's capacity group. */
export interface TeamShareArgs {
    /** Name of any pool of the capacity group. */
    pool: string;
    /** GPUs that are the team's own. */
    gpus: number;
    /** GPUs that it may borrow from other teams while these are idle. Defaults to 0. */
    borrow?: number;
    /** GPUs of its own that others may borrow while they are idle. Defaults to all of them. */
    lend?: number;
}

/** One team: a namespace, a queue in it, and GPUs. */
export interface TeamArgs {
    /** Name of the team, lower case. */
    name: string;
    /** Namespace of its jobs. Defaults to the name of the team. */
    namespace?: string;
    /** GPUs that are the team's own, where all pools form one capacity group; else give `shares`. */
    gpus?: number;
    /** GPUs that it may borrow from other teams while these are idle. Defaults to 0. */
    borrow?: number;
    /** GPUs of its own that others may borrow while they are idle. Defaults to all of them. */
    lend?: number;
    /** GPUs by pool, where there is more than one capacity group. */
    shares?: TeamShareArgs[];
    /** Weight against other teams when idle GPUs are shared out. Defaults to 1. */
    weight?: number;
}

/** A class of urgency for jobs. */
export interface PriorityArgs {
    name: string;
    /** Higher is more urgent. From -1000000000 to 1000000000. */
    value: number;
    /** What the class is for, for people. */
    description?: string;
}

/** What the queues of a cluster are made of. */
export interface TrainingQueuesArgs {
    /** Pools whose GPUs are shared out: `GpuNodePool.pool`. */
    pools: NodePoolArgs[];
    /** Network of the pools: `RdmaFabric.profile`. Queues cover its resources, or pods that ask for them would never start. */
    fabric: FabricFactsArgs;
    /** Teams, at least one. */
    teams: TeamArgs[];
    /** Classes of urgency. Defaults to high (10000), normal (1000) and low (100). */
    priorities?: PriorityArgs[];
    /** Minutes until all pods of an admitted job must be ready, image pulls included. Defaults to 30. */
    podsReadyMinutes?: number;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the kueue chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
}

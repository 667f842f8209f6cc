/** The record that TrainingQueues gives and TrainingJob takes. */
import type * as pulumi from "@pulumi/pulumi";

/** What a team has of one capacity group. */
export interface GroupShare {
    capacityGroup: string;
    /** GPUs that are the team's own. */
    gpus: number;
    /** GPUs that it may borrow from the cohort. */
    borrow: number;
    /** GPUs of its own that others may borrow while they are idle. */
    lend: number;
}

/** One team's share, in plain numbers. */
export interface TeamQuota {
    name: string;
    namespace: string;
    localQueue: string;
    /** GPUs that are the team's own, over all capacity groups. */
    gpus: number;
    /** GPUs that it may borrow from the cohort, over all capacity groups. */
    borrow: number;
    /** GPUs of its own that others may borrow while they are idle, over all capacity groups. */
    lend: number;
    /** Capacity groups that the team's queue offers. */
    capacityGroups: string[];
    /** The same by capacity group, because one job stays within one group. */
    shares: GroupShare[];
}

/** The queues as a job sees them, in plain facts. */
export interface QueueFacts {
    teams: TeamQuota[];
    /** WorkloadPriorityClass names, from the most to the least urgent. */
    priorityClasses: string[];
    /** Schedulable GPUs per node by capacity group. */
    gpusPerNode: { [capacityGroup: string]: number };
    /** Nodes by capacity group. */
    nodes: { [capacityGroup: string]: number };
    /** Topology levels by capacity group, widest first. */
    topologyLevels: { [capacityGroup: string]: string[] };
    /** Nodes of the largest domain by capacity group and level, where the inventory tells. */
    largestDomains: { [capacityGroup: string]: { [level: string]: number } };
}

/** The queues as a job sees them. */
export interface QueueSpec extends QueueFacts {
    /** Names of the LocalQueues that were created, in the order of `teams`: orders jobs after queues. */
    localQueues: pulumi.Output<string[]>;
}

/** The queues as input. */
export interface QueueSpecArgs {
    teams: TeamQuota[];
    priorityClasses: string[];
    gpusPerNode: { [capacityGroup: string]: number };
    nodes: { [capacityGroup: string]: number };
    topologyLevels: { [capacityGroup: string]: string[] };
    largestDomains?: { [capacityGroup: string]: { [level: string]: number } };
    localQueues: pulumi.Input<pulumi.Input<string>[]>;
}

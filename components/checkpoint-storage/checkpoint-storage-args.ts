/** Arguments of CheckpointStorage. */
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterAccessArgs } from "../eks-cluster/access";

/** A Kubernetes service account that writes checkpoints. */
export interface CheckpointWriterArgs {
    namespace: string;
    serviceAccount: string;
    /** Prefix that it may use. Defaults to its namespace. */
    prefix?: string;
}

/** A Lustre file system for checkpoints that must stall training for seconds only. */
export interface LustreArgs {
    /** Capacity, GiB: 1200, 2400 or a multiple of 2400; with EFA a multiple of a much larger unit (see `efa`). */
    capacityGib: number;
    /** Throughput of one TiB, MB/s: 125, 250, 500 or 1000. */
    throughputPerTib: number;
    /**
     * Whether clients reach it over EFA. The capacity is then a multiple of 38,400, 19,200, 9,600 or 4,800 GiB, the less the higher
     * the throughput. Defaults to false.
     */
    efa?: boolean;
    /** Security groups of the nodes that mount it: the pools' EFA group. The cluster's is always among them. Defaults to none. */
    clientSecurityGroupIds?: pulumi.Input<string>[];
}

/** Storage of checkpoints. */
export interface CheckpointStorageArgs {
    cluster: ClusterAccessArgs;
    /** Service accounts that read and write checkpoints, each below a prefix of its own. */
    writers: CheckpointWriterArgs[];
    /** Days that overwritten and deleted checkpoints can still be brought back. Defaults to 7. */
    recoveryDays?: number;
    /** Days after which checkpoints are deleted. Defaults to never. */
    expireAfterDays?: number;
    /** A Lustre file system in the GPU zone. Defaults to none. */
    lustre?: LustreArgs;
    /** Whether Pulumi refuses to delete bucket and file system until this is false. Defaults to true. */
    protect?: boolean;
    /** Tags besides the environment's. Defaults to none. */
    tags?: { [key: string]: string };
}

/** The record that CheckpointStorage gives, and that jobs take to know where to write. */
import type * as pulumi from "@pulumi/pulumi";

/** Where one service account's checkpoints go. */
export interface CheckpointFolder {
    namespace: string;
    serviceAccount: string;
    /** Prefix in the bucket, ending with a slash; the service account reaches nothing outside it. */
    prefix: string;
    /** `s3://bucket/prefix`. Resolves once the service account may write there. */
    url: pulumi.Output<string>;
}

/** A Lustre file system. */
export interface LustreMount {
    capacityGib: number;
    /** Read and write throughput of the whole file system, MB/s. */
    throughputMBs: number;
    efa: boolean;
    fileSystemId: pulumi.Output<string>;
    dnsName: pulumi.Output<string>;
    mountName: pulumi.Output<string>;
}

/** Where checkpoints live. */
export interface CheckpointPlace {
    bucket: pulumi.Output<string>;
    region: string;
    folders: CheckpointFolder[];
    lustre?: LustreMount;
}

/** One folder as input. */
export interface CheckpointFolderArgs {
    namespace: string;
    serviceAccount: string;
    prefix: string;
    url: pulumi.Input<string>;
}

/** A Lustre file system as input. */
export interface LustreMountArgs {
    capacityGib: number;
    throughputMBs: number;
    efa: boolean;
    fileSystemId: pulumi.Input<string>;
    dnsName: pulumi.Input<string>;
    mountName: pulumi.Input<string>;
}

/** Checkpoints as input: `CheckpointStorage.place`. */
export interface CheckpointPlaceArgs {
    bucket: pulumi.Input<string>;
    region: string;
    folders: CheckpointFolderArgs[];
    lustre?: LustreMountArgs;
}

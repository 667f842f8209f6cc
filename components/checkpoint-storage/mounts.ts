/** The record that CheckpointVolumes gives and TrainingJob takes: how a pod of a namespace reaches its checkpoints. */
import type * as pulumi from "@pulumi/pulumi";

/** What pods of one namespace use. */
export interface CheckpointMount {
    namespace: string;
    /** Name of the service account, plain. */
    serviceAccount: string;
    /** Name of the PersistentVolumeClaim, plain; absent where there is a bucket only. */
    claim?: string;
    /** Resolves to the service account once it exists and may write to the bucket. */
    readyServiceAccount: pulumi.Output<string>;
    /** Resolves to the claim once it exists. */
    readyClaim?: pulumi.Output<string>;
    /** `s3://bucket/prefix`. */
    url: pulumi.Output<string>;
}

/** Mounts of all namespaces. */
export interface CheckpointMounts {
    mounts: CheckpointMount[];
}

/** What pods of one namespace use, as input. */
export interface CheckpointMountArgs {
    namespace: string;
    serviceAccount: string;
    claim?: string;
    readyServiceAccount: pulumi.Input<string>;
    readyClaim?: pulumi.Input<string>;
    url: pulumi.Input<string>;
}

/** Mounts of all namespaces as input: `CheckpointVolumes.mounts`. */
export interface CheckpointMountsArgs {
    mounts: CheckpointMountArgs[];
}

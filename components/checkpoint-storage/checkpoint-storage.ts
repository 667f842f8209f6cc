/** Where training jobs keep their checkpoints. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { POD_IDENTITY_TRUST } from "../eks-cluster/pod-identity";
import { refuse } from "../input";
import { createCheckpointBucket } from "./bucket";
import type { CheckpointBucket } from "./bucket";
import { checkCheckpointStorage, prefixOf } from "./check";
import type { CheckpointStorageArgs, CheckpointWriterArgs } from "./checkpoint-storage-args";
import { createLustre } from "./lustre";
import type { CheckpointFolder, CheckpointPlace } from "./place";

/**
 * An S3 bucket (versioned, encrypted by the cluster's key, TLS only, nothing public, unfinished uploads and overwritten
 * checkpoints cleared away), a role for each service account that reaches its own prefix and nothing else, and on request a
 * Lustre file system in the GPU zone.
 *
 * S3 costs what is stored; Lustre costs its whole capacity from the first hour.
 */
export class CheckpointStorage extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:CheckpointStorage";

    /** Where jobs write. */
    readonly place: CheckpointPlace;

    constructor(name: string, args: CheckpointStorageArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`CheckpointStorage "${name}"`, checkCheckpointStorage(args));
        super(CheckpointStorage.__pulumiType, name, args, opts);
        const child = { parent: this };
        const tags = { ...args.cluster.tags, ...args.tags };
        const protect = args.protect ?? true;

        const storage = createCheckpointBucket(
            name,
            {
                kmsKeyArn: args.cluster.kmsKeyArn,
                recoveryDays: args.recoveryDays ?? 7,
                expireAfterDays: args.expireAfterDays,
                tags,
            },
            child,
            { ...child, protect },
        );
        const folders = args.writers.map((writer) => grantFolder(name, args, writer, storage, tags, child));

        this.place = {
            bucket: storage.bucket.bucket,
            region: args.cluster.network.region,
            folders,
            ...(args.lustre === undefined
                ? {}
                : { lustre: createLustre(name, args, args.lustre, tags, child, protect) }),
        };
        this.registerOutputs({ place: this.place });
    }
}

function grantFolder(
    name: string,
    args: CheckpointStorageArgs,
    writer: CheckpointWriterArgs,
    storage: CheckpointBucket,
    tags: { [key: string]: string },
    child: pulumi.CustomResourceOptions,
): CheckpointFolder {
    const prefix = prefixOf(writer);
    const resource = `${name}-${writer.namespace}-${writer.serviceAccount}`;
    const role = new aws.iam.Role(
        resource,
        {
            description: `Checkpoints of ${writer.namespace}/${writer.serviceAccount}`,
            assumeRolePolicy: POD_IDENTITY_TRUST,
            tags,
        },
        child,
    );
    const policy = new aws.iam.RolePolicy(
        resource,
        {
            role: role.name,
            policy: pulumi
                .all([storage.bucket.arn, args.cluster.kmsKeyArn])
                .apply(([bucketArn, keyArn]) => JSON.stringify(folderPolicy(bucketArn, keyArn, prefix))),
        },
        child,
    );
    const association = new aws.eks.PodIdentityAssociation(
        resource,
        {
            clusterName: args.cluster.clusterName,
            namespace: writer.namespace,
            serviceAccount: writer.serviceAccount,
            roleArn: role.arn,
            tags,
        },
        { ...child, dependsOn: [policy, ...storage.guards] },
    );
    return {
        namespace: writer.namespace,
        serviceAccount: writer.serviceAccount,
        prefix,
        url: pulumi.all([storage.bucket.bucket, association.id]).apply(([bucket]) => `s3://${bucket}/${prefix}`),
    };
}

/** What a writer may do: list, read, write and delete below its prefix, and use the key through S3 alone. */
export function folderPolicy(bucketArn: string, keyArn: string, prefix: string): { [key: string]: unknown } {
    return {
        Version: "2012-10-17",
        Statement: [
            {
                Sid: "ListOwnPrefix",
                Effect: "Allow",
                Action: "s3:ListBucket",
                Resource: bucketArn,
                Condition: { StringLike: { "s3:prefix": [prefix.slice(0, -1), `${prefix}*`] } },
            },
            {
                Sid: "CheckpointsOfOwnPrefix",
                Effect: "Allow",
                Action: [
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                Resource: `${bucketArn}/${prefix}*`,
            },
            {
                Sid: "KeyThroughS3",
                Effect: "Allow",
                Action: ["kms:Decrypt", "kms:GenerateDataKey"],
                Resource: keyArn,
                Condition: { StringLike: { "kms:ViaService": "s3.*.amazonaws.com" } },
            },
        ],
    };
}

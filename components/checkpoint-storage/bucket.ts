/** The bucket of checkpoints, with everything that keeps it private and recoverable. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** What differs between buckets. */
export interface CheckpointBucketArgs {
    kmsKeyArn: pulumi.Input<string>;
    recoveryDays: number;
    expireAfterDays?: number;
    tags: { [key: string]: string };
}

/** The bucket, and what must be in force before anybody writes to it. */
export interface CheckpointBucket {
    bucket: aws.s3.Bucket;
    guards: pulumi.CustomResource[];
}

/** Creates the bucket: versioned, encrypted by the cluster's key, TLS only, no ACLs, nothing public. */
export function createCheckpointBucket(
    name: string,
    args: CheckpointBucketArgs,
    child: pulumi.CustomResourceOptions,
    bucketOptions: pulumi.CustomResourceOptions,
): CheckpointBucket {
    const bucket = new aws.s3.Bucket(`${name}-bucket`, { forceDestroy: false, tags: args.tags }, bucketOptions);
    const publicAccess = new aws.s3.BucketPublicAccessBlock(
        `${name}-private`,
        {
            bucket: bucket.id,
            blockPublicAcls: true,
            blockPublicPolicy: true,
            ignorePublicAcls: true,
            restrictPublicBuckets: true,
        },
        child,
    );
    const ownership = new aws.s3.BucketOwnershipControls(
        `${name}-ownership`,
        { bucket: bucket.id, rule: { objectOwnership: "BucketOwnerEnforced" } },
        child,
    );
    const versioning = new aws.s3.BucketVersioning(
        `${name}-versions`,
        { bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
        child,
    );
    const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
        `${name}-encryption`,
        {
            bucket: bucket.id,
            rules: [
                {
                    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.kmsKeyArn },
                    // One data key for the bucket: a thousand ranks writing shards would run into KMS's request limit.
                    bucketKeyEnabled: true,
                },
            ],
        },
        child,
    );
    const policy = new aws.s3.BucketPolicy(
        `${name}-tls`,
        {
            bucket: bucket.id,
            policy: bucket.arn.apply((arn) =>
                JSON.stringify({
                    Version: "2012-10-17",
                    Statement: [
                        {
                            Sid: "TlsOnly",
                            Effect: "Deny",
                            Principal: "*",
                            Action: "s3:*",
                            Resource: [arn, `${arn}/*`],
                            Condition: { Bool: { "aws:SecureTransport": "false" } },
                        },
                    ],
                }),
            ),
        },
        // A policy and the public access block change the same setting: at the same time, one of them fails.
        { ...child, dependsOn: [publicAccess] },
    );
    new aws.s3.BucketLifecycleConfiguration(
        `${name}-lifecycle`,
        { bucket: bucket.id, rules: lifecycleRules(args) },
        { ...child, dependsOn: [versioning] },
    );
    return { bucket, guards: [publicAccess, ownership, versioning, encryption, policy] };
}

/** Rules in the order in which a reader asks: what is left over, what was overwritten, what is old. */
export function lifecycleRules(
    args: Pick<CheckpointBucketArgs, "recoveryDays" | "expireAfterDays">,
): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
    return [
        {
            // A rank that dies in an upload leaves parts that are invisible and paid for.
            id: "abort-unfinished-uploads",
            status: "Enabled",
            filter: { prefix: "" },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
        {
            id: "forget-overwritten",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: args.recoveryDays },
            ...(args.expireAfterDays === undefined ? { expiration: { expiredObjectDeleteMarker: true } } : {}),
        },
        ...(args.expireAfterDays === undefined
            ? []
            : [
                  {
                      id: "expire-old-checkpoints",
                      status: "Enabled",
                      filter: { prefix: "" },
                      expiration: { days: args.expireAfterDays },
                  },
              ]),
    ];
}

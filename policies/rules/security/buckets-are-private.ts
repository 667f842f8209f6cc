/** Model weights in a public bucket are published. */
import { stackRule, type Subject } from "../../rule";

const BUCKET = "aws:s3/bucket:Bucket";
const GUARD = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";

function guards({ props }: Subject): boolean {
    return ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].every(
        (name) => props.at(name).unknown || props.flag(name) === true,
    );
}

export const bucketsArePrivate = stackRule(
    {
        name: "buckets-are-private",
        displayName: "Buckets block public access",
        description:
            "Without the block one policy or ACL, written years later, makes checkpoints readable for everybody.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Add aws.s3.BucketPublicAccessBlock with all four switches true.",
        url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    },
    (subjects) =>
        subjects
            .filter((subject) => subject.type === BUCKET)
            .filter(
                (bucket) =>
                    !subjects.some(
                        (subject) =>
                            subject.type === GUARD &&
                            (subject.propertyDependencies["bucket"] ?? []).includes(bucket.urn) &&
                            guards(subject),
                    ),
            )
            .map((about) => ({
                about,
                found: "a bucket without a complete public access block",
                required: "blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets",
                remedy: "Add it, or use CheckpointStorage.",
            })),
);

/** A bucket without a policy for TLS answers plain HTTP. */
import { stackRule, type Subject } from "../../rule";

const BUCKET = "aws:s3/bucket:Bucket";
const GUARD = "aws:s3/bucketPolicy:BucketPolicy";

function guards({ props }: Subject): boolean {
    const policy = props.at("policy");
    return policy.unknown || /aws:SecureTransport/.test(JSON.stringify(policy.known ?? ""));
}

export const bucketsRequireTls = stackRule(
    {
        name: "buckets-require-tls",
        displayName: "Buckets refuse plain HTTP",
        description:
            "S3 takes unencrypted requests unless a bucket policy denies them; cdk-nag and the CIS benchmarks ask for it.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "security",
        remediationSteps: "Add a bucket policy that denies s3:* where aws:SecureTransport is false.",
        url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
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
                found: "a bucket without a policy on aws:SecureTransport",
                required: "a policy that denies plain HTTP",
                remedy: "Add it, or use CheckpointStorage.",
            })),
);

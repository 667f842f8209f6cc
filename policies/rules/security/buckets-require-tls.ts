/** A bucket without a policy for TLS answers plain HTTP. */
import type { Facts } from "../../facts";
import { policyStatements, textsOf } from "../../iam";
import { stackRule, type Subject } from "../../rule";

const BUCKET = "aws:s3/bucket:Bucket";
const GUARD = "aws:s3/bucketPolicy:BucketPolicy";

function guards({ props }: Subject): boolean {
    const policy = props.at("policy");
    return policy.unknown || policyStatements(policy).some(deniesPlainHttp);
}

/** Allowing requests with TLS refuses none without it: only a denial does. */
function deniesPlainHttp(statement: Facts): boolean {
    const secure = statement.at("Condition.Bool").key("aws:SecureTransport");
    return (
        statement.text("Effect") === "Deny" &&
        (secure.unknown || secure.flag() === false || textsOf(secure).includes("false"))
    );
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

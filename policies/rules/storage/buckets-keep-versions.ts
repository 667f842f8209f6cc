/** An overwritten checkpoint in a bucket without versions is gone. */
import { stackRule, type Subject } from "../../rule";

const BUCKET = "aws:s3/bucket:Bucket";
const GUARD = "aws:s3/bucketVersioning:BucketVersioning";

function guards({ props }: Subject): boolean {
    const status = props.at("versioningConfiguration.status");
    return status.unknown || status.text() === "Enabled";
}

export const bucketsKeepVersions = stackRule(
    {
        name: "buckets-keep-versions",
        displayName: "Buckets keep versions",
        description:
            "A run that diverged, or a script with the wrong prefix, overwrites the last good checkpoint. With versioning it can be brought back.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "storage",
        remediationSteps: "Add aws.s3.BucketVersioning with status Enabled.",
        url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
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
                found: "a bucket without versioning",
                required: "BucketVersioning with status Enabled",
                remedy: "Add it, or use CheckpointStorage.",
            })),
);

/** forceDestroy deletes every checkpoint together with the stack. */
import { resourceRule } from "../../rule";

export const bucketsAreNotEmptied = resourceRule(
    {
        name: "buckets-are-not-emptied",
        displayName: "Buckets with data are not emptied by destroy",
        description:
            "pulumi destroy of a bucket with forceDestroy removes all objects and versions, without a question.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "teardown",
        remediationSteps: "Remove forceDestroy; empty the bucket by hand when that is meant.",
        url: "https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/",
        appliesTo: ["aws:s3/bucket:Bucket"],
    },
    ({ props }) =>
        props.flag("forceDestroy") === true
            ? [{ found: "forceDestroy true", required: "false", remedy: "Remove forceDestroy." }]
            : [],
);

/** What holds checkpoints should not leave with the stack that made it. */
import { resourceRule } from "../../rule";

export const statefulResourcesAreProtected = resourceRule(
    {
        name: "stateful-resources-are-protected",
        displayName: "Buckets and file systems are protected",
        description:
            "The protect option makes Pulumi refuse to delete or replace the resource: a renamed component then stops the update, not the data.",
        severity: "high",
        enforcementLevel: "advisory",
        topic: "teardown",
        remediationSteps: "Give the resource, or the component around it, the option protect: true.",
        url: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
        appliesTo: [
            "aws:s3/bucket:Bucket",
            "aws:fsx/lustreFileSystem:LustreFileSystem",
            "aws:efs/fileSystem:FileSystem",
        ],
    },
    ({ protect }) =>
        protect ? [] : [{ found: "protect false", required: "protect true", remedy: "Set the option protect: true." }],
);

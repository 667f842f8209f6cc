/** A scratch file system loses data when one of its servers fails. */
import { resourceRule } from "../../rule";

export const lustreSurvivesAServer = resourceRule(
    {
        name: "lustre-survives-a-server",
        displayName: "Lustre file systems replicate data",
        description:
            "SCRATCH deployments keep one copy. A failed file server takes a part of every striped checkpoint along.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "storage",
        remediationSteps: "Use deploymentType PERSISTENT_2; scratch is for caches of data that exists elsewhere.",
        url: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html",
        appliesTo: ["aws:fsx/lustreFileSystem:LustreFileSystem"],
    },
    ({ props }) => {
        const type = props.at("deploymentType");
        return !type.unknown && type.text()?.startsWith("PERSISTENT") !== true
            ? [
                  {
                      found: `deploymentType ${type.text() ?? "not set, which means SCRATCH_1"}`,
                      required: "PERSISTENT_2",
                      remedy: "Set deploymentType to PERSISTENT_2.",
                  },
              ]
            : [];
    },
);

/** One destroy in the wrong terminal ends every job of the environment. */
import { EKS_CLUSTER } from "../../resources";
import { resourceRule } from "../../rule";

export const clustersAreProtected = resourceRule(
    {
        name: "clusters-are-protected",
        displayName: "Clusters have deletion protection",
        description: "With deletionProtection EKS refuses the deletion, and Pulumi stops before the nodes are gone.",
        severity: "medium",
        enforcementLevel: "advisory",
        topic: "teardown",
        remediationSteps: "Set deletionProtection to true for environments that people rely on.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
        appliesTo: [EKS_CLUSTER],
    },
    ({ props, protect }) =>
        protect || props.at("deletionProtection").unknown || props.flag("deletionProtection") === true
            ? []
            : [
                  {
                      found: `deletionProtection ${String(props.flag("deletionProtection") ?? "not set")}`,
                      required: "true, or the resource option protect",
                      remedy: "Set deletionProtection to true.",
                  },
              ],
);

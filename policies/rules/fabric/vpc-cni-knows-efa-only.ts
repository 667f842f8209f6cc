/** A VPC CNI before 1.18.5 takes EFA-only interfaces for its own and breaks the node's network. */
import { coerce, lt } from "semver";
import { resourceRule } from "../../rule";

/** First version that leaves interfaces of type efa-only alone (EKS user guide, "EFA", considerations). */
const OLDEST = "1.18.5";

export const vpcCniKnowsEfaOnly = resourceRule(
    {
        name: "vpc-cni-knows-efa-only",
        displayName: "The VPC CNI knows EFA-only interfaces",
        description:
            "EFA-only interfaces have no IP address. Older CNI versions try to use them, and pods on the node get no address.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "fabric",
        remediationSteps: "Pin the vpc-cni add-on at 1.18.5 or newer; EksCluster takes the version from the catalogue.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
        appliesTo: ["aws:eks/addon:Addon"],
    },
    ({ props }) => {
        const version = coerce(props.text("addonVersion"));
        return props.text("addonName") === "vpc-cni" && version !== null && lt(version, OLDEST)
            ? [
                  {
                      found: `vpc-cni ${props.text("addonVersion") ?? ""}`,
                      required: `${OLDEST} or newer`,
                      remedy: "Raise addonVersion.",
                  },
              ]
            : [];
    },
);

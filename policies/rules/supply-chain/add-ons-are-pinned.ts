/** An EKS add-on without a version is whatever AWS calls default on the day. */
import { resourceRule } from "../../rule";

export const addOnsArePinned = resourceRule(
    {
        name: "add-ons-are-pinned",
        displayName: "EKS add-ons have an exact version",
        description:
            "The CNI and the pod identity agent change under running jobs, and two clusters of one program differ.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps: "Set addonVersion.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html",
        appliesTo: ["aws:eks/addon:Addon"],
    },
    ({ props }) =>
        props.at("addonVersion").present
            ? []
            : [
                  {
                      found: `add-on ${props.text("addonName") ?? ""} without addonVersion`,
                      required: "an exact version",
                      remedy: "Set addonVersion.",
                  },
              ],
);

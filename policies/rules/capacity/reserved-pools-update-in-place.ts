/** A full reservation has no room for the extra nodes that EKS's default update strategy launches first. */
import { NODE_GROUP } from "../../resources";
import { resourceRule } from "../../rule";

export const reservedPoolsUpdateInPlace = resourceRule(
    {
        name: "reserved-pools-update-in-place",
        displayName: "Updates of a capacity block need no extra machines",
        description:
            "EKS's DEFAULT strategy adds nodes before it drains old ones. A block that is used fully has none to add: the update waits until it times out, half done.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps: "Set updateConfig.updateStrategy to MINIMAL.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html",
        appliesTo: [NODE_GROUP],
    },
    ({ props }) => {
        const strategy = props.at("updateConfig.updateStrategy");
        return props.text("capacityType") === "CAPACITY_BLOCK" && !strategy.unknown && strategy.text() !== "MINIMAL"
            ? [
                  {
                      found: `updateConfig.updateStrategy ${strategy.text() ?? "not set, which means DEFAULT"}`,
                      required: "MINIMAL",
                      remedy: "Set updateStrategy to MINIMAL.",
                  },
              ]
            : [];
    },
);

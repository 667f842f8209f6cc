/** EKS and EC2 must agree that nodes come out of a capacity block. */
import { nodeGroups } from "../../cluster";
import { isCapacityBlock } from "../../resources";
import { stackRule, type StackFinding } from "../../rule";

export const capacityTypeMatchesTemplate = stackRule(
    {
        name: "capacity-type-matches-template",
        displayName: "Capacity type and market type agree",
        description:
            "A node group of type CAPACITY_BLOCK whose template has no marketType capacity-block, or the reverse, is refused by EKS at creation, when network and control plane are paid already.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps:
            "Set capacityType CAPACITY_BLOCK together with instanceMarketOptions.marketType capacity-block.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html",
    },
    (subjects) =>
        nodeGroups(subjects).flatMap(({ group, template }): StackFinding[] => {
            const type = group.props.at("capacityType");
            if (template === undefined || type.unknown || template.props.at("instanceMarketOptions").unknown) {
                return [];
            }
            const byGroup = type.text() === "CAPACITY_BLOCK";
            const byTemplate = isCapacityBlock(template.props);
            return byGroup === byTemplate
                ? []
                : [
                      {
                          about: group,
                          found: `capacityType ${type.text() ?? "not set"} with marketType ${template.props.text("instanceMarketOptions.marketType") ?? "not set"}`,
                          required: "both of a capacity block, or neither",
                          remedy: "Make the node group and its launch template agree.",
                      },
                  ];
        }),
);

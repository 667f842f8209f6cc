/** A capacity block or targeted reservation already decides where instances stand; a placement group on top gives InsufficientInstanceCapacity. */
import { isCapacityBlock, LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule } from "../../rule";

export const capacityBlockWithoutPlacementGroup = resourceRule(
    {
        name: "capacity-block-without-placement-group",
        displayName: "Capacity blocks carry no placement group",
        description:
            "The instances of a capacity block stand where AWS put the block. A cluster placement group asks for another place: AWS then launches a part of the nodes (11 of 16 in eksctl#7949) or none, while the block is paid.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps:
            "Remove the placement group from the launch template; the block's instances are close together already.",
        url: "https://github.com/eksctl-io/eksctl/issues/7949",
        appliesTo: [LAUNCH_TEMPLATE],
    },
    ({ props }) => {
        const placement = props.at("placement.groupName").present || props.at("placement.groupId").present;
        return isCapacityBlock(props) && placement
            ? [
                  {
                      found: "marketType capacity-block together with placement.groupName",
                      required: "no placement group on a capacity block",
                      remedy: "Remove placement from the launch template.",
                  },
              ]
            : [];
    },
);

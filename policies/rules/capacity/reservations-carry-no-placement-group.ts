/** A reservation outside of a placement group cannot be used by instances inside one. */
import { isCapacityBlock, LAUNCH_TEMPLATE } from "../../resources";
import { resourceRule } from "../../rule";

export const reservationsCarryNoPlacementGroup = resourceRule(
    {
        name: "reservations-carry-no-placement-group",
        displayName: "Targeted reservations carry no placement group",
        description:
            "EC2 has placed the reservation. A cluster placement group that the reservation was not created in makes launches fail with InsufficientInstanceCapacity beside idle, paid machines.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps: "Remove the placement group, or create the reservation inside it and set allowed.",
        url: "https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3730",
        appliesTo: [LAUNCH_TEMPLATE],
    },
    ({ props }) => {
        const target = props.at("capacityReservationSpecification.capacityReservationTarget");
        const placement = props.at("placement.groupName").present || props.at("placement.groupId").present;
        return target.present && placement && !isCapacityBlock(props)
            ? [
                  {
                      found: "a targeted reservation together with a placement group",
                      required: "no placement group",
                      remedy: "Remove placement from the launch template.",
                  },
              ]
            : [];
    },
);

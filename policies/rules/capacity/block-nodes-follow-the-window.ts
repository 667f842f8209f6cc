/** Nodes of a capacity block exist only inside its window, so their number must follow a schedule. */
import { nodeGroups } from "../../cluster";
import { stackRule, type StackFinding } from "../../rule";

const SCHEDULE = "aws:autoscaling/schedule:Schedule";

export const blockNodesFollowTheWindow = stackRule(
    {
        name: "block-nodes-follow-the-window",
        displayName: "Nodes of a capacity block follow its window",
        description:
            "Outside the window every launch fails, and at the end AWS terminates instances with no regard for running jobs. A group that starts above zero fails at creation; one without schedules never comes up, or is cut down in the middle of a step.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps:
            "Start at zero and let scheduled actions raise and lower desiredSize; GpuNodePool makes them from start and end.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html",
    },
    (subjects) =>
        nodeGroups(subjects)
            .filter(({ group }) => group.props.text("capacityType") === "CAPACITY_BLOCK")
            .flatMap(({ group: about }): StackFinding[] => {
                const least = about.props.number("scalingConfig.minSize") ?? 0;
                if (least > 0) {
                    return [
                        {
                            about,
                            found: `scalingConfig.minSize ${least}`,
                            required: "0: outside the window there is nothing to launch",
                            remedy: "Set minSize to 0.",
                        },
                    ];
                }
                const sizes = subjects
                    .filter((subject) => subject.type === SCHEDULE && subject.dependencies.includes(about.urn))
                    .map((subject) => subject.props.number("desiredCapacity"));
                const missing = [
                    ...(sizes.some((size) => size !== undefined && size > 0) ? [] : ["up"]),
                    ...(sizes.includes(0) ? [] : ["down"]),
                ];
                return missing.length === 0
                    ? []
                    : [
                          {
                              about,
                              found: `no scheduled action that scales ${missing.join(" or ")}`,
                              required: "one at the start and one before the end of the window",
                              remedy: "Add the scheduled actions, or use GpuNodePool.",
                          },
                      ];
            }),
);

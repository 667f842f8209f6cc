/** Simulated Auto Scaling: what hangs on the groups that EKS makes for node groups. Sizes that schedules give are in schedules.ts. */
import type { Values } from "../runtime/values";
import { arn, hex, text, type Specification } from "./specification";

export const autoscalingTypes: { [type: string]: Specification } = {
    "aws:autoscaling/schedule:Schedule": {
        id: ({ inputs }) => text(inputs["scheduledActionName"]) ?? "",
        required: ["autoscalingGroupName", "scheduledActionName"],
        replaceOn: ["autoscalingGroupName", "scheduledActionName", "region"],
        computed: {
            arn: arn(
                "autoscaling",
                (made) =>
                    `scheduledUpdateGroupAction:${hex(made, "action")}:autoScalingGroupName/${text(made.inputs["autoscalingGroupName"]) ?? ""}:scheduledActionName/${made.id}`,
            ),
        },
    },
    "aws:autoscaling/tag:Tag": {
        id: ({ inputs }) =>
            `${text(inputs["autoscalingGroupName"]) ?? ""},${text((inputs["tag"] as Values | undefined)?.["key"]) ?? ""}`,
        required: ["autoscalingGroupName", "tag"],
        replaceOn: ["autoscalingGroupName", "tag.key", "region"],
        computed: {},
    },
    "aws:autoscaling/lifecycleHook:LifecycleHook": {
        id: ({ name }) => name,
        autoName: "name",
        required: ["autoscalingGroupName", "lifecycleTransition"],
        replaceOn: ["name", "autoscalingGroupName", "region"],
        computed: {},
    },
};

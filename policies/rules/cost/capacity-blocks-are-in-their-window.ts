/** A block outside of its window has no machines; one that is over is not refunded. */
import { component, resourceRule } from "../../rule";

export const capacityBlocksAreInTheirWindow = resourceRule(
    {
        name: "capacity-blocks-are-in-their-window",
        displayName: "Capacity blocks are inside their window",
        description:
            "What the plan shows holds for the time it is asked about. Outside the window the pool is at zero: jobs wait, and everything around it is paid.",
        severity: "medium",
        enforcementLevel: "advisory",
        topic: "cost",
        remediationSteps: "Plan for a time inside the window (--at), or remove pools whose block is over.",
        url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html",
        appliesTo: [component("GpuNodePool")],
    },
    ({ props }, { config }) => {
        const at = Date.parse(typeof config["at"] === "string" ? config["at"] : "");
        const start = Date.parse(props.text("capacity.start") ?? "");
        const end = Date.parse(props.text("capacity.end") ?? "");
        if (props.text("capacity.kind") !== "capacity-block" || [at, start, end].some(Number.isNaN)) {
            return [];
        }
        return at >= start && at < end
            ? []
            : [
                  {
                      found: `${new Date(at).toISOString()} ${at < start ? "before" : "after"} the window`,
                      required: `${new Date(start).toISOString()} to ${new Date(end).toISOString()}`,
                      remedy: at < start ? "Wait for the start." : "Remove the pool or buy another block.",
                  },
              ];
    },
);

/** One bad GPU stops a job of a thousand; EKS replaces the node when node repair is on. */
import { nodeGroups } from "../../cluster";
import { stackRule } from "../../rule";

export const gpuNodesRepairThemselves = stackRule(
    {
        name: "gpu-nodes-repair-themselves",
        displayName: "GPU nodes are repaired",
        description:
            "At a thousand GPUs something fails every few hours. Without node repair a node with an Xid error stays in the pool, and every restart of the job dies on it.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps:
            "Set nodeRepairConfig.enabled to true, or run a remediation of your own and disable this rule.",
        url: "https://docs.aws.amazon.com/eks/latest/userguide/node-health.html",
    },
    (subjects) =>
        nodeGroups(subjects)
            .filter(({ instance, group }) => instance !== undefined && !group.props.at("nodeRepairConfig").unknown)
            .filter(({ group }) => group.props.flag("nodeRepairConfig.enabled") !== true)
            .map(({ group }) => ({
                about: group,
                found: `nodeRepairConfig.enabled ${String(group.props.flag("nodeRepairConfig.enabled") ?? "not set")}`,
                required: "true",
                remedy: "Turn node repair on.",
            })),
);

/** Without the taint, web servers and batch pods settle on machines of sixty dollars an hour. */
import { gpuTaintKey } from "../../../catalog";
import { nodeGroups } from "../../cluster";
import { stackRule } from "../../rule";

export const gpuNodesCarryTheGpuTaint = stackRule(
    {
        name: "gpu-nodes-carry-the-gpu-taint",
        displayName: "GPU nodes carry the GPU taint",
        description:
            "A pod without GPU that lands on a GPU node takes CPU and memory that a gang of whole machines needs: the gang then never fits.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "capacity",
        remediationSteps: "Taint the nodes nvidia.com/gpu=true:NoSchedule.",
        url: "https://docs.aws.amazon.com/eks/latest/best-practices/aiml-compute.html",
    },
    (subjects) =>
        nodeGroups(subjects)
            .filter(({ instance }) => instance !== undefined)
            .filter(({ group }) => {
                const taints = group.props.at("taints");
                return (
                    !taints.unknown &&
                    !taints
                        .list()
                        .some(
                            (taint) =>
                                taint.unknown ||
                                (taint.text("key") === gpuTaintKey && taint.text("effect") !== "PREFER_NO_SCHEDULE"),
                        )
                );
            })
            .map(({ group, instance }) => ({
                about: group,
                found: `nodes of ${instance?.type ?? ""} without a hard taint ${gpuTaintKey}`,
                required: `${gpuTaintKey} with effect NO_SCHEDULE`,
                remedy: "Add the taint to the node group.",
            })),
);

/** A device plugin, exporter or driver that does not tolerate the GPU taint never runs on the GPU nodes. */
import { findRelease } from "../../../catalog";
import type { Facts } from "../../facts";
import { HELM_RELEASE, NODE_GROUP } from "../../resources";
import { stackRule } from "../../rule";

/** Charts whose DaemonSets do their work on GPU nodes; others may well stay away from them. */
const WORKS_ON_GPU_NODES = new Set([
    "gpu-operator",
    "aws-efa-k8s-device-plugin",
    "node-feature-discovery",
    "dcgm-exporter",
    "dra-driver-nvidia-gpu",
    "alloy",
]);

/** Whether a list of tolerations lets a pod onto a node with a NoSchedule taint. */
function tolerates(tolerations: Facts[], taint: { key: string; value: string }): boolean {
    return tolerations.some((toleration) => {
        const key = toleration.text("key");
        const operator = toleration.text("operator") ?? "Equal";
        if (key === undefined) {
            return operator === "Exists";
        }
        return key === taint.key && (operator === "Exists" || toleration.text("value") === taint.value);
    });
}

export const daemonSetsToleratePoolTaints = stackRule(
    {
        name: "daemonsets-tolerate-pool-taints",
        displayName: "DaemonSets that serve GPU nodes tolerate their taints",
        description:
            "GPU nodes carry nvidia.com/gpu:NoSchedule. The EFA device plugin's chart tolerates only CriticalAddonsOnly: without more, no node offers vpc.amazonaws.com/efa and jobs wait or fall back to TCP.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Add a toleration for the taint to the chart's values, at the path that the message names.",
        url: "https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin",
    },
    (subjects) => {
        const taints = new Map<string, { key: string; value: string }>();
        for (const group of subjects.filter((subject) => subject.type === NODE_GROUP)) {
            for (const taint of group.props.list("taints")) {
                const key = taint.text("key");
                if (key !== undefined && taint.text("effect") !== "PREFER_NO_SCHEDULE") {
                    taints.set(key, { key, value: taint.text("value") ?? "" });
                }
            }
        }
        return subjects
            .filter((subject) => subject.type === HELM_RELEASE)
            .flatMap((about) => {
                const chart = about.props.text("chart")?.split("/").pop() ?? "";
                const daemonSets = WORKS_ON_GPU_NODES.has(chart) ? (findRelease(chart)?.inside?.daemonSets ?? []) : [];
                return daemonSets.flatMap((daemonSet) => {
                    const path = daemonSet.tolerationsValue;
                    // A subchart that is switched off installs nothing: gpu-operator's own feature discovery under another owner.
                    // Alloy is a Deployment where it collects what the whole cluster says, and stays away from GPU nodes.
                    const switchedOff =
                        (path?.startsWith("node-feature-discovery.") === true &&
                            about.props.flag("values.nfd.enabled") === false) ||
                        (chart === "alloy" && about.props.text("values.controller.type") === "deployment");
                    const given = about.props.at(`values.${path ?? ""}`);
                    if (path === undefined || switchedOff || given.unknown || daemonSet.tolerates.includes("*")) {
                        return [];
                    }
                    return [...taints.values()]
                        .filter((taint) =>
                            given.present ? !tolerates(given.list(), taint) : !daemonSet.tolerates.includes(taint.key),
                        )
                        .map((taint) => ({
                            about,
                            found: given.present
                                ? `values.${path} without ${taint.key}`
                                : `the chart's own tolerations (${daemonSet.tolerates.join(", ") || "none"})`,
                            required: `DaemonSet ${daemonSet.name} tolerates taint ${taint.key}`,
                            remedy: `Add { key: "${taint.key}", operator: "Exists", effect: "NoSchedule" } to values.${path}.`,
                        }));
                });
            });
    },
);

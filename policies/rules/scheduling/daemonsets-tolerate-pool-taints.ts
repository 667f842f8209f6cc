/** A device plugin, exporter or driver that does not tolerate the GPU taint never runs on the GPU nodes. */
import { findRelease } from "../../../catalog";
import { tolerates, type Taint } from "../../pods";
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

/** EKS's names of the effects that keep a pod away, as Kubernetes has them. */
const EFFECTS: { [effect: string]: string } = { NO_SCHEDULE: "NoSchedule", NO_EXECUTE: "NoExecute" };

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
        const taints = new Map<string, Taint>();
        for (const group of subjects.filter((subject) => subject.type === NODE_GROUP)) {
            for (const taint of group.props.list("taints")) {
                const key = taint.text("key");
                const effect = EFFECTS[taint.text("effect") ?? ""];
                if (key !== undefined && effect !== undefined) {
                    taints.set(`${key}:${effect}`, { key, value: taint.text("value") ?? "", effect });
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
                                ? `values.${path} without ${taint.key}:${taint.effect}`
                                : `the chart's own tolerations (${daemonSet.tolerates.join(", ") || "none"})`,
                            required: `DaemonSet ${daemonSet.name} tolerates taint ${taint.key}`,
                            remedy: `Add { key: "${taint.key}", operator: "Exists", effect: "${taint.effect}" } to values.${path}.`,
                        }));
                });
            });
    },
);

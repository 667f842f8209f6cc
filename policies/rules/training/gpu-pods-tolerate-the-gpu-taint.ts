/** A GPU pod that does not tolerate the taint of GPU nodes has no node to run on. */
import { gpuTaintKey } from "../../../catalog";
import { podGpus, podSpecs, tolerates } from "../../pods";
import { resourceRule } from "../../rule";

export const gpuPodsTolerateTheGpuTaint = resourceRule(
    {
        name: "gpu-pods-tolerate-the-gpu-taint",
        displayName: "GPU pods tolerate the GPU taint",
        description:
            "The job is admitted, holds its quota, and its pods stay Pending: the whole gang of the next in line waits too.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "training",
        remediationSteps: "Add a toleration of nvidia.com/gpu with operator Exists.",
        url: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
        appliesTo: ["kubernetes:*"],
    },
    (subject) =>
        podSpecs(subject)
            .filter((pod) => podGpus(pod) > 0 && !pod.spec.at("tolerations").unknown)
            // The value of the taint is the nodes' affair, which one pod does not tell.
            .filter(({ spec }) => !tolerates(spec.list("tolerations"), { key: gpuTaintKey, effect: "NoSchedule" }))
            .map(() => ({
                found: `GPUs requested, and no toleration of ${gpuTaintKey}:NoSchedule`,
                required: "a toleration of the taint",
                remedy: `Add { key: "${gpuTaintKey}", operator: "Exists", effect: "NoSchedule" }.`,
            })),
);

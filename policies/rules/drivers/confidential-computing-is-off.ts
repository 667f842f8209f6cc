/** The operator's confidential-computing and Kata managers are on by default and reset GPUs. */
import { chartOf } from "../../cluster";
import { HELM_RELEASE } from "../../resources";
import { resourceRule } from "../../rule";

export const confidentialComputingIsOff = resourceRule(
    {
        name: "confidential-computing-is-off",
        displayName: "Confidential computing and Kata are off",
        description:
            "Chart 26.7 turns ccManager and the Kata device plugin on. On machines without confidential computing the manager unbinds and resets GPUs for nothing, and its pod never becomes ready.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps: "Set ccManager.enabled and kataSandboxDevicePlugin.enabled to false; GpuOperator does.",
        url: "https://github.com/NVIDIA/gpu-operator/blob/main/deployments/gpu-operator/values.yaml",
        appliesTo: [HELM_RELEASE],
    },
    (subject) =>
        chartOf(subject) !== "gpu-operator"
            ? []
            : ["ccManager", "kataSandboxDevicePlugin"]
                  .filter(
                      (part) =>
                          !subject.props.at(`values.${part}.enabled`).unknown &&
                          subject.props.flag(`values.${part}.enabled`) !== false,
                  )
                  .map((part) => ({
                      found: `${part}.enabled ${String(subject.props.flag(`values.${part}.enabled`) ?? "not set, which means true")}`,
                      required: "false",
                      remedy: `Set ${part}.enabled to false.`,
                  })),
);

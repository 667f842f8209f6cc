/** Two NVIDIA device plugins on one node register the same GPUs twice. */
import { releasesOfChart } from "../../cluster";
import { stackRule } from "../../rule";

export const devicePluginHasOneOwner = stackRule(
    {
        name: "device-plugin-has-one-owner",
        displayName: "The NVIDIA device plugin has one owner",
        description:
            "The GPU operator brings the device plugin. A second one from its own chart re-registers nvidia.com/gpu at every restart; the kubelet then counts GPUs wrongly and pods fail with UnexpectedAdmissionError.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps: "Remove the chart nvidia-device-plugin, or set devicePlugin.enabled to false.",
        url: "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html",
    },
    (subjects) =>
        releasesOfChart(subjects, "gpu-operator").some(
            ({ props }) =>
                !props.at("values.devicePlugin.enabled").unknown && props.flag("values.devicePlugin.enabled") !== false,
        )
            ? releasesOfChart(subjects, "nvidia-device-plugin").map((about) => ({
                  about,
                  found: "nvidia-device-plugin beside gpu-operator",
                  required: "one device plugin",
                  remedy: "Remove the chart: the operator installs the plugin.",
              }))
            : [],
);

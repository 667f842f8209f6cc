/** Without honorLabels, Prometheus renames the pod label of every GPU metric to exported_pod. */
import { chartOf } from "../../cluster";
import { HELM_RELEASE } from "../../resources";
import { resourceRule } from "../../rule";

export const gpuMetricsKeepPodLabels = resourceRule(
    {
        name: "gpu-metrics-keep-pod-labels",
        displayName: "GPU metrics keep their pod labels",
        description:
            "DCGM's metrics name the pod that uses the GPU. A ServiceMonitor without honorLabels overwrites that by the exporter's own pod: every alert and bill by team reads the wrong one, in silence.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps: "Set dcgmExporter.serviceMonitor.honorLabels to true.",
        url: "https://github.com/NVIDIA/dcgm-exporter/issues/85",
        appliesTo: [HELM_RELEASE],
    },
    (subject) => {
        const chart = chartOf(subject);
        const monitor =
            chart === "gpu-operator"
                ? subject.props.at("values.dcgmExporter.serviceMonitor")
                : chart === "dcgm-exporter"
                  ? subject.props.at("values.serviceMonitor")
                  : undefined;
        const wrong =
            monitor !== undefined &&
            monitor.flag("enabled") === true &&
            !monitor.at("honorLabels").unknown &&
            monitor.flag("honorLabels") !== true;
        return wrong
            ? [
                  {
                      found: "serviceMonitor.enabled without honorLabels",
                      required: "honorLabels true",
                      remedy: "Set honorLabels to true.",
                  },
              ]
            : [];
    },
);

/** Configuration of kube-state-metrics, generated from the metric catalogue. */
import { metricCatalog, metricsOf } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";
import type { ChartValues } from "../../helm-chart";

/** `nodes=[kilogpu.dev/capacity-group,…]`: labels that become labels of kube_<resource>_labels. */
export function metricLabelsAllowlist(catalog: MetricCatalog = metricCatalog): string[] {
    const labels = new Map<string, string[]>();
    for (const entry of metricsOf("kube-state-metrics", catalog)) {
        for (const [resource, names] of Object.entries(entry.enable.metricLabels ?? {})) {
            labels.set(resource, [...(labels.get(resource) ?? []), ...names]);
        }
    }
    return [...labels].map(([resource, names]) => `${resource}=[${[...new Set(names)].join(",")}]`);
}

/**
 * Custom-resource state for TrainJob: `status.trainerStatus` as metrics, so that loss is in Prometheus without a line of code in
 * the job. Values there are strings; kube-state-metrics parses them, "NaN" included.
 */
export function trainJobState(): ChartValues {
    const resource = {
        groupVersionKind: { group: "trainer.kubeflow.org", version: "v1alpha1", kind: "TrainJob" },
        metricNamePrefix: "kube_customresource",
        labelsFromPath: { name: ["metadata", "name"], namespace: ["metadata", "namespace"] },
        metrics: [
            {
                name: "trainjob_metric",
                help: "Values of status.trainerStatus.metrics by name.",
                each: {
                    type: "Gauge",
                    gauge: {
                        path: ["status", "trainerStatus", "metrics"],
                        labelsFromPath: { metric: ["name"] },
                        valueFrom: ["value"],
                        nilIsZero: false,
                    },
                },
            },
            {
                name: "trainjob_progress",
                help: "status.trainerStatus.progressPercentage.",
                each: {
                    type: "Gauge",
                    gauge: { path: ["status", "trainerStatus", "progressPercentage"], nilIsZero: false },
                },
            },
        ],
    };
    return { kind: "CustomResourceStateMetrics", spec: { resources: [resource] } };
}

/** Values of the kube-state-metrics subchart. */
export function kubeStateMetricsValues(): ChartValues {
    return {
        metricLabelsAllowlist: metricLabelsAllowlist(),
        customResourceState: { enabled: true, config: trainJobState() },
        rbac: {
            extraRules: [
                { apiGroups: ["trainer.kubeflow.org"], resources: ["trainjobs"], verbs: ["list", "watch"] },
                {
                    apiGroups: ["apiextensions.k8s.io"],
                    resources: ["customresourcedefinitions"],
                    verbs: ["list", "watch"],
                },
            ],
        },
        // Labels of the objects win over those of the exporter's own pod.
        prometheus: { monitor: { honorLabels: true } },
    };
}

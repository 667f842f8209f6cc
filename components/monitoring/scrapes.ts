/** What Prometheus is told to scrape besides the chart's own targets, as plain objects. Pure. */
import { metricCatalog } from "../../catalog/metrics";
import type { ChartValues } from "../helm-chart";

/** A custom resource without its Pulumi wrapping. */
export interface ScrapeObject {
    apiVersion: string;
    kind: string;
    name: string;
    spec: ChartValues;
}

const monitoringApi = "monitoring.coreos.com/v1";
const interval = (exporter: string): string =>
    `${(metricCatalog.exporters[exporter]?.intervalSeconds ?? 30).toString()}s`;
const node = { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node", action: "replace" };

/** Controllers serve metrics over https with a certificate of their own, and check the caller's token. */
function controller(name: string, namespace: string, labels: { [key: string]: string }): ScrapeObject {
    return {
        apiVersion: monitoringApi,
        kind: "ServiceMonitor",
        name: `kilogpu-${name}`,
        spec: {
            namespaceSelector: { matchNames: [namespace] },
            selector: { matchLabels: labels },
            endpoints: [
                {
                    path: "/metrics",
                    port: "https",
                    scheme: "https",
                    interval: interval(name),
                    honorLabels: true,
                    bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
                    tlsConfig: { insecureSkipVerify: true },
                },
            ],
        },
    };
}

/** The DCGM exporter. Its labels win (`honorLabels`), so that `pod` is the training pod; `node` is Kubernetes' name of the node. */
function dcgm(standalone: boolean): ScrapeObject {
    return {
        apiVersion: monitoringApi,
        kind: "ServiceMonitor",
        name: "kilogpu-dcgm",
        spec: {
            namespaceSelector: { matchNames: ["gpu-operator"] },
            selector: {
                matchLabels: standalone
                    ? { "app.kubernetes.io/name": "dcgm-exporter" }
                    : { app: "nvidia-dcgm-exporter" },
            },
            endpoints: [
                {
                    port: standalone ? "metrics" : "gpu-metrics",
                    interval: interval("dcgm"),
                    honorLabels: true,
                    relabelings: [node],
                    // Older exporters write Hostname; one name everywhere.
                    metricRelabelings: [
                        { sourceLabels: ["Hostname"], regex: "(.+)", targetLabel: "hostname", action: "replace" },
                        { regex: "Hostname|exported_(pod|namespace|container)", action: "labeldrop" },
                    ],
                },
            ],
        },
    };
}

/**
 * Training pods: they need not declare a port, so the address is put together from the pod's. One target per pod: the main
 * container is always called `node`.
 */
function training(port: number): ScrapeObject {
    const keep = (label: string, regex: string): ChartValues => ({ sourceLabels: [label], regex, action: "keep" });
    const take = (label: string, targetLabel: string): ChartValues => ({
        sourceLabels: [label],
        targetLabel,
        action: "replace",
    });
    return {
        apiVersion: "monitoring.coreos.com/v1alpha1",
        kind: "ScrapeConfig",
        name: "kilogpu-training",
        spec: {
            kubernetesSDConfigs: [{ role: "Pod", selectors: [{ role: "Pod", label: "kilogpu.dev/training=true" }] }],
            scrapeInterval: interval("training"),
            honorLabels: true,
            relabelings: [
                keep("__meta_kubernetes_pod_container_name", "node"),
                keep("__meta_kubernetes_pod_phase", "Running"),
                {
                    sourceLabels: ["__meta_kubernetes_pod_ip"],
                    regex: "(.+)",
                    replacement: `$1:${port.toString()}`,
                    targetLabel: "__address__",
                    action: "replace",
                },
                take("__meta_kubernetes_namespace", "namespace"),
                take("__meta_kubernetes_pod_name", "pod"),
                take("__meta_kubernetes_pod_node_name", "node"),
                take("__meta_kubernetes_pod_label_jobset_sigs_k8s_io_jobset_name", "job_name"),
            ],
        },
    };
}

/** All objects. */
export function scrapeObjects(options: { standaloneGpuExporter: boolean; trainingPort: number }): ScrapeObject[] {
    return [
        dcgm(options.standaloneGpuExporter),
        controller("kueue", "kueue-system", {
            "app.kubernetes.io/name": "kueue",
            "app.kubernetes.io/component": "metrics-service",
        }),
        controller("jobset", "jobset-system", { "app.kubernetes.io/name": "jobset" }),
        training(options.trainingPort),
    ];
}

/** Configuration of the DCGM exporter, generated from the metric catalogue. */
import { deployedName, deployedSince, metricCatalog, metricsOf } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";
import { deployedVersions } from "../../../catalog/metric-versions";
import type { ChartValues } from "../../helm-chart";

/**
 * The counters file of the exporter: the complete list, because the chart's list is replaced and not extended. Names are those
 * of the exporter's DCGM version.
 */
export function dcgmCounters(version: string | undefined, catalog: MetricCatalog = metricCatalog): string {
    const lines = metricsOf("dcgm", catalog)
        .filter((entry) => deployedSince(entry, version))
        .map((entry) => `${deployedName(entry, version)}, ${entry.type}, ${entry.help.replaceAll(",", ";")}`);
    return [
        "# Generated from catalog/data/metrics.json; the complete list.",
        ...lines,
        "DCGM_FI_DRIVER_VERSION, label, Driver version.",
        "",
    ].join("\n");
}

/** ConfigMap with the counters file, and its key: names that the GPU operator expects. */
export const countersConfig = { name: "kilogpu-dcgm-counters", key: "dcgm-metrics.csv" } as const;

/**
 * `dcgmExporter` values of the gpu-operator chart: the chart creates the ConfigMap in its own namespace. The component that installs
 * the operator merges them into its values; scraping is the business of Monitoring's own ServiceMonitor.
 */
export function operatorCounters(): { config: { name: string; create: boolean; data: string } } {
    return { config: { name: countersConfig.name, create: true, data: dcgmCounters(deployedVersions().dcgm) } };
}

/** Values of the dcgm-exporter chart, for clusters without the GPU operator. */
export function standaloneExporterValues(tolerations: { [key: string]: string }[]): ChartValues {
    return {
        customMetrics: dcgmCounters(deployedVersions().dcgm),
        serviceMonitor: { enabled: false },
        tolerations,
        // Profiling counters need it.
        securityContext: { capabilities: { add: ["SYS_ADMIN"] }, runAsNonRoot: false, runAsUser: 0 },
    };
}

/** Configuration of the DCGM exporter, generated from the metric catalogue. */
import { deployedName, deployedSince, metricCatalog, metricsOf } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";

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

/** Flags of the node exporter, generated from the metric catalogue. */
import { metricCatalog, metricsOf } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";

/** Folder on each node below which others leave text files: NCCL Inspector its own, the EFA reader its own. */
export const textfileRoot = "/var/lib/kilogpu/textfile";

/** Collectors that the exporter runs only when asked to. */
const offByDefault = ["ethtool"];

/** Name under which the exporter publishes an ethtool statistic (its own rule: rx and tx are written out). */
export function ethtoolMetric(statistic: string): string {
    const words = statistic.toLowerCase().replace(/[^a-z0-9_]/g, "_");
    return `node_ethtool_${words.replace(/(^|_)rx(_|$)/g, "$1received$2").replace(/(^|_)tx(_|$)/g, "$1transmitted$2")}`;
}

/** Extra arguments of the node exporter. `rootMount` is where it sees the node's root. */
export function nodeExporterArguments(rootMount: string, catalog: MetricCatalog = metricCatalog): string[] {
    const entries = metricsOf("node", catalog);
    const collectors = new Set(entries.map((entry) => entry.enable.collector));
    const statistics = entries.flatMap((entry) =>
        entry.enable.statistic === undefined ? [] : [entry.enable.statistic],
    );
    return [
        ...offByDefault.filter((collector) => collectors.has(collector)).map((collector) => `--collector.${collector}`),
        ...(statistics.length === 0 ? [] : [`--collector.ethtool.metrics-include=^(${statistics.join("|")})$`]),
        // Pods' veth pairs would multiply the series of a node.
        "--collector.ethtool.device-include=^(e(n|th)|ib).*$",
        "--collector.netdev.device-exclude=^(veth|cali|lxc|eni).*$",
        "--collector.netclass.ignored-devices=^(veth|cali|lxc|eni).*$",
        `--collector.textfile.directory=${rootMount}${textfileRoot}/*`,
    ];
}

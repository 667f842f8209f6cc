/**
 * How much Prometheus a cluster needs: series from the metric catalogue and the declared hardware, memory and disk from the
 * series. Shown in the plan, and watched afterwards by PrometheusSeriesOverPlan.
 */
import { alertThresholds } from "../../catalog/alerts";
import { metricCatalog, metricsOf } from "../../catalog/metrics";
import type { GroupFacts } from "./infrastructure";
import { totalGpus } from "./infrastructure";

/** What Prometheus is given. Plain data. */
export interface MonitoringSize {
    gpus: number;
    nodes: number;
    /** Series at a time, everything together. */
    series: number;
    /** Share of the series that grows with each GPU. */
    seriesPerGpu: number;
    /** Memory of one Prometheus, GiB. */
    memoryGib: number;
    /** Disk of one Prometheus for the retention, GiB. */
    storageGib: number;
    retentionDays: number;
    /** All of it in one sentence, for the plan. */
    sentence: string;
}

/** Samples a second of one GPU's and one node's series would differ by exporter; the fastest interval is the safe side. */
const intervalSeconds = Math.min(...Object.values(metricCatalog.exporters).map((exporter) => exporter.intervalSeconds));

/** Series of one node besides its GPUs and ports. */
function seriesPerPort(group: GroupFacts): number {
    const node = metricsOf("node");
    const infiniband = node.filter((entry) => entry.enable.collector === "infiniband").length;
    const ethtool = node.filter((entry) => entry.enable.collector === "ethtool").length;
    return group.rdmaPorts * (infiniband + ethtool) + group.efaPerNode * metricsOf("efa").length;
}

/** Series that one GPU adds: its own, its rank's, and its collectives' (six message sizes, two metrics). */
export function seriesPerGpu(): number {
    const rank = metricsOf("training").filter((entry) => /rank|gpu_memory|resident/.test(entry.name)).length;
    return metricsOf("dcgm").length + rank + 6 * metricsOf("nccl-inspector").length;
}

/** What Prometheus needs for these groups. Pure. */
export function monitoringSize(groups: readonly GroupFacts[], retentionDays: number): MonitoringSize {
    const { perNode, perPod, fixed, bytesPerHeadSeries, bytesPerSample } = alertThresholds.series;
    const nodes = groups.reduce((sum, group) => sum + group.nodes, 0);
    const gpus = totalGpus(groups);
    const perGpu = seriesPerGpu();
    const ports = groups.reduce((sum, group) => sum + group.nodes * seriesPerPort(group), 0);
    // Daemons of a node and one training pod: about eight pods.
    const series = fixed + gpus * perGpu + ports + nodes * (perNode + 8 * perPod);
    // Twice the head: compaction, queries and rule evaluation need as much again.
    const memoryGib = Math.max(4, Math.ceil((2 * series * bytesPerHeadSeries) / 2 ** 30));
    const samples = (series / intervalSeconds) * 86_400 * retentionDays;
    // A fifth more for the write-ahead log and compaction.
    const storageGib = Math.max(20, Math.ceil((1.2 * samples * bytesPerSample) / 2 ** 30));
    return {
        gpus,
        nodes,
        series,
        seriesPerGpu: perGpu,
        memoryGib,
        storageGib,
        retentionDays,
        sentence: `Prometheus: ${series.toString()} series (${gpus.toString()} GPUs × ${perGpu.toString()}, ${nodes.toString()} nodes), ${memoryGib.toString()} GiB memory, ${storageGib.toString()} GiB disk for ${retentionDays.toString()} days.`,
    };
}

/** Series of every catalogued metric for two nodes with two GPUs each, as OpenMetrics text: what Prometheus is filled with. */
import { deployedName, deployedSince, metricCatalog, seriesLabels } from "../../catalog/metrics";
import type { Metric } from "../../catalog/metrics";
import { deployedVersions } from "../../catalog/metric-versions";

const stepSeconds = 30;
const buckets = ["1", "30", "+Inf"];

/** Series `index` of four: two nodes, two of everything that a node has. */
function labelValue(label: string, entry: Metric, index: number): string {
    const node = index >> 1;
    const half = index & 1;
    const values: { [label: string]: string } = {
        node: `gpu-00${node.toString()}`,
        hostname: `gpu-00${node.toString()}`,
        gpu: half.toString(),
        UUID: `GPU-${node.toString()}-${half.toString()}`,
        device: entry.name.startsWith("node_network") ? `eth${half.toString()}` : `rail${half.toString()}`,
        namespace: "research",
        pod: `trial-${node.toString()}`,
        job_name: "trial",
        jobset_name: "trial",
        name: "trial",
        rank: index.toString(),
        port: "1",
        phase: "Running",
        condition: "Ready",
        status: entry.exporter !== "kueue" ? "true" : half === 0 ? "active" : "inadmissible",
        resource: entry.exporter === "kueue" ? "nvidia.com/gpu" : "nvidia_com_gpu",
        label_kilogpu_dev_capacity_group: "h200",
        xid: "79",
        cluster_queue: half === 0 ? "research" : "pretrain",
        preempting_cluster_queue: half === 0 ? "research" : "pretrain",
        collective: half === 0 ? "AllReduce" : "AllGather",
        n_nodes: "2",
        file: "/textfile/nccl/nccl_inspector_metrics_GPU-0.prom",
        log_class: half === 0 ? "xid" : "nccl-timeout",
        role: half === 0 ? "root" : "cascade",
        metric: half === 0 ? "loss" : "accuracy",
        instance: `10.0.0.${index.toString()}:9400`,
        job: entry.exporter,
    };
    return values[label] ?? `${label.toLowerCase()}-a`;
}

/** Value of a series: what a query that filters by value asks for, else a counter that grows or a gauge that moves. */
function valueAt(entry: Metric, index: number, seconds: number, end: number): number {
    const { name } = entry;
    const elapsed = seconds - (end - 86_400);
    const fixed: [RegExp, number][] = [
        [/boot_time_seconds$/, end - 86_400],
        // Written after the blocks end, so that it is of now for as long as the test runs.
        [/mtime_seconds$/, end + 1800],
        [/last_success_timestamp/, seconds - 60],
        [/^kilogpu_log_first_seconds$/, end - 120 + 0.5 * index],
        [/state_id$/, 4],
        [/^kube_node_spec_unschedulable$/, 0],
        [/^kube_(node_labels|node_status_condition|pod_status_phase|node_spec_taint|pod_info)$/, 1],
        [/^kube_.*(allocatable|capacity)$/, 4],
        [/^kube_.*requests$/, 3],
        [/nominal_quota|checkpoint_interval/, 256],
        [/^train_checkpoint_last_step$/, 1000],
        [/available_bytes$|avail_bytes$|MemAvailable/, 1e12 - 1e6 * elapsed],
        [/size_bytes$|capacity_bytes$|MemTotal/, 2e12],
    ];
    const known = fixed.find(([pattern]) => pattern.test(name));
    if (known !== undefined) {
        return known[1];
    }
    const wave = 1 + 0.1 * Math.sin(seconds / 300 + index);
    if (name === "DCGM_FI_PROF_GR_ENGINE_ACTIVE" && index >> 1 === 1) {
        return 0.01;
    }
    if (entry.type === "counter" || entry.type === "histogram" || /^train_step$/.test(name)) {
        return elapsed * (0.1 + 0.02 * index);
    }
    if (entry.type === "untyped") {
        return elapsed * 100 * (index + 1);
    }
    const scale: { [unit: string]: number } = { ratio: 0.6, "1": 2, celsius: 62, W: 640, MHz: 1700, bytes: 6e10 };
    return (scale[entry.unit] ?? 10) * wave;
}

/** Every metric of the catalogue under its deployed name, over `minutes` until `end` (seconds since 1970). */
export function syntheticSeries(end: number, minutes: number): { text: string; metrics: number; series: number } {
    const versions = deployedVersions();
    const lines: string[] = [];
    let series = 0;
    let metrics = 0;
    for (const entry of metricCatalog.metrics) {
        const version = versions[entry.exporter];
        if (!deployedSince(entry, version)) {
            continue;
        }
        metrics += 1;
        const histogram = entry.type === "histogram";
        const name = deployedName(entry, version) + (histogram && !entry.name.endsWith("_bucket") ? "_bucket" : "");
        const names = seriesLabels(entry).filter((label) => label !== "le");
        const sets = new Map<string, number>();
        for (let index = 0; index < 4; index++) {
            const labels = names.map((label) => `${label}="${labelValue(label, entry, index)}"`).join(",");
            sets.set(labels, sets.get(labels) ?? index);
        }
        lines.push(`# TYPE ${name} unknown`);
        for (const [labels, index] of sets) {
            for (const [rank, le] of (histogram ? buckets : [undefined]).entries()) {
                series += 1;
                const suffix = le === undefined ? "" : `,le="${le}"`;
                for (let at = end - minutes * 60; at <= end; at += stepSeconds) {
                    const value = valueAt(entry, index, at, end) * (rank + 1);
                    lines.push(`${name}{${labels}${suffix}} ${value.toString()} ${at.toString()}`);
                }
            }
        }
    }
    return { text: `${lines.join("\n")}\n# EOF\n`, metrics, series };
}

/** What a rule case is, and the series that many of them share. Series and label names are the catalogue's. */

/** One situation and what the alert does in it. Times are durations from the start, as promtool takes them. */
export interface RuleCase {
    alert: string;
    /** What happens, for the report. */
    name: string;
    /** Example infrastructure. Defaults to `efa`. */
    infrastructure?: string;
    /** Series and their values in promtool's notation. */
    series: { [series: string]: string };
    /** Time between two values, and between two evaluations. Defaults to `1m`. */
    interval?: string;
    /** It fires. */
    fires?: {
        /** When it must fire. */
        at: string;
        /** When it must not fire yet. */
        notBefore: string;
        /** Labels of each alert that fires; the same keys in each. */
        labels: { [label: string]: string }[];
    };
    /** When it must not fire. */
    silentAt?: string[];
}

/** Series of one declared node that is Ready and was booted long ago. */
export function readyNode(node: string, group: string): { [series: string]: string } {
    return {
        [`kube_node_labels{node="${node}",label_kilogpu_dev_capacity_group="${group}"}`]: "1x3000",
        [`kube_node_status_condition{node="${node}",condition="Ready",status="true"}`]: "1x3000",
        [`node_boot_time_seconds{node="${node}"}`]: "-100000x3000",
    };
}

/** DCGM series of all GPUs of a node: `values(gpu)` for each. */
export function gpus(
    metric: string,
    node: string,
    count: number,
    values: (gpu: number) => string,
    labels = "",
): { [series: string]: string } {
    return Object.fromEntries(
        Array.from({ length: count }, (_, gpu) => [
            `${metric}{node="${node}",gpu="${gpu.toString()}",UUID="GPU-${node}-${gpu.toString()}"${labels}}`,
            values(gpu),
        ]),
    );
}

/** One DCGM series. */
export function gpu(metric: string, node: string, index: number, labels = ""): string {
    return `${metric}{node="${node}",gpu="${index.toString()}",UUID="GPU-${node}-${index.toString()}"${labels}}`;
}

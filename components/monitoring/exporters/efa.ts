/**
 * EFA counters: the driver writes them below /sys/class/infiniband/<device>/ports/<port>/hw_counters, where the node exporter's
 * InfiniBand collector does not look. A shell loop on each EFA node turns them into text files.
 */
import { metricCatalog, metricsOf } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";
import { textfileRoot } from "./node";

const prefix = "node_amazonefa_";

/** The script. `output` is the folder as the container sees it. */
export function efaReader(output: string, catalog: MetricCatalog = metricCatalog): string {
    const counters = metricsOf("efa", catalog).map((entry) => entry.name.slice(prefix.length));
    const seconds = catalog.exporters["efa"]?.intervalSeconds ?? 15;
    return [
        "set -eu",
        `mkdir -p ${output}`,
        "while true; do",
        "  {",
        `    for counter in ${counters.join(" ")}; do`,
        `      echo "# TYPE ${prefix}\${counter} counter"`,
        "      for file in /sys/class/infiniband/*/ports/*/hw_counters/${counter}; do",
        '        [ -r "$file" ] || continue',
        "        path=${file#/sys/class/infiniband/}; device=${path%%/*}; rest=${path#*/ports/}; port=${rest%%/*}",
        `        echo "${prefix}\${counter}{device=\\"\${device}\\",port=\\"\${port}\\"} $(cat "$file")"`,
        "      done",
        "    done",
        // The exporter must never read half a file.
        `  } > ${output}/.efa.tmp && mv ${output}/.efa.tmp ${output}/efa.prom`,
        `  sleep ${seconds.toString()}`,
        "done",
    ].join("\n");
}

/** Folder on the node that the script writes to. */
export const efaFolder = `${textfileRoot}/efa`;

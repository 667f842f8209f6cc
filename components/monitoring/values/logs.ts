/** Values of the loki chart: one binary with its own disk, and a ruler that counts log classes. */
import type { ChartValues } from "../../helm-chart";
import { prometheusReplica, prometheusReplicas } from "./prometheus";

/** ConfigMap with the ruler's rules, and where Loki sees it. */
export const lokiRulesConfig = "kilogpu-log-classes";

/** What the values depend on. */
export interface LogOptions {
    retentionDays: number;
    /** Disk, GiB. */
    storageGib: number;
    /** Nodes whose pods write to it. */
    nodes: number;
    storageClass?: string;
}

/** Containers of a node that write: a dozen daemons, some with helpers beside them, and the training pod. */
const streamsPerNode = 40;

/** What a node's pods leave in Loki a day, GiB, compressed: an estimate, a training pod and a dozen daemons. */
const gibPerNodeAndDay = 0.04;

/** Disk for the logs, GiB. */
export function logStorageGib(nodes: number, retentionDays: number): number {
    return Math.max(20, Math.ceil(nodes * gibPerNodeAndDay * retentionDays));
}

/** Values of the loki chart. */
export function lokiValues(options: LogOptions): ChartValues {
    return {
        deploymentMode: "SingleBinary",
        loki: {
            auth_enabled: false,
            commonConfig: { replication_factor: 1 },
            storage: { type: "filesystem" },
            schemaConfig: {
                configs: [
                    {
                        from: "2024-04-01",
                        store: "tsdb",
                        object_store: "filesystem",
                        schema: "v13",
                        index: { prefix: "index_", period: "24h" },
                    },
                ],
            },
            limits_config: {
                retention_period: `${(options.retentionDays * 24).toString()}h`,
                ingestion_rate_mb: 50,
                ingestion_burst_size_mb: 100,
                allow_structured_metadata: true,
                // Loki's own limits are those of a shared service: 5,000 streams, which 200 nodes exceed, and 500 series in an answer, which
                // a job of 512 nodes exceeds at the moment when all of its ranks time out.
                max_global_streams_per_user: Math.max(5000, options.nodes * streamsPerNode),
                max_query_series: Math.max(500, options.nodes * streamsPerNode),
            },
            compactor: { retention_enabled: true, delete_request_store: "filesystem" },
            rulerConfig: {
                enable_api: true,
                rule_path: "/tmp/rules",
                storage: { type: "local", local: { directory: "/etc/loki/rules" } },
                remote_write: {
                    enabled: true,
                    // Each replica by its own name: the Service would give the counts to one of them, and the other would know nothing.
                    clients: Object.fromEntries(
                        Array.from({ length: prometheusReplicas }, (_, index) => [
                            `prometheus-${index.toString()}`,
                            { url: `http://${prometheusReplica(index)}:9090/api/v1/write` },
                        ]),
                    ),
                },
            },
        },
        singleBinary: {
            replicas: 1,
            persistence: {
                size: `${options.storageGib.toString()}Gi`,
                // The size follows the number of nodes, and Kubernetes refuses it in a StatefulSet that stands: the chart's hook makes it anew.
                enableStatefulSetRecreationForSizeChange: true,
                // The chart's own default takes the logs away with the StatefulSet (grafana-community/helm-charts#638).
                enableStatefulSetAutoDeletePVC: false,
                ...(options.storageClass === undefined ? {} : { storageClass: options.storageClass }),
            },
            // Without tenants the ruler reads the folder of the tenant called fake.
            extraVolumes: [{ name: "rules", configMap: { name: lokiRulesConfig } }],
            extraVolumeMounts: [{ name: "rules", mountPath: "/etc/loki/rules/fake", readOnly: true }],
        },
        backend: { replicas: 0 },
        read: { replicas: 0 },
        write: { replicas: 0 },
        chunksCache: { enabled: false },
        resultsCache: { enabled: false },
        lokiCanary: { enabled: false },
        test: { enabled: false },
    };
}

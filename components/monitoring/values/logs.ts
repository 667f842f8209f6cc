/** Values of Loki and Alloy: one binary with its own disk, a ruler that counts log classes, and a collector on each node. */
import type { ChartValues } from "../../helm-chart";

/** ConfigMap with the ruler's rules, and where Loki sees it. */
export const lokiRulesConfig = "kilogpu-log-classes";

/** What the values depend on. */
export interface LogOptions {
    retentionDays: number;
    /** Disk, GiB. */
    storageGib: number;
    storageClass?: string;
}

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
            },
            compactor: { retention_enabled: true, delete_request_store: "filesystem" },
            rulerConfig: {
                enable_api: true,
                rule_path: "/tmp/rules",
                storage: { type: "local", local: { directory: "/etc/loki/rules" } },
                remote_write: {
                    enabled: true,
                    clients: {
                        prometheus: { url: "http://kube-prometheus-stack-prometheus.monitoring.svc:9090/api/v1/write" },
                    },
                },
            },
        },
        singleBinary: {
            replicas: 1,
            persistence: {
                size: `${options.storageGib.toString()}Gi`,
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

const pipeline = `
discovery.kubernetes "pods" {
  role = "pod"
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)
  }
}
discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_node_name"]
    target_label  = "node"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_label_kilogpu_dev_training"]
    regex         = "true"
    replacement   = "true"
    target_label  = "training"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_label_jobset_sigs_k8s_io_jobset_name"]
    target_label  = "job_name"
  }
}
loki.source.kubernetes "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.write.default.receiver]
}
loki.source.journal "kernel" {
  matches    = "_TRANSPORT=kernel"
  labels     = {training = "true", namespace = "kernel", pod = constants.hostname, node = constants.hostname}
  forward_to = [loki.write.default.receiver]
}
loki.write "default" {
  endpoint {
    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"
  }
}
`;

/** Values of the alloy chart. */
export function alloyValues(): ChartValues {
    return {
        alloy: {
            configMap: { content: pipeline },
            enableReporting: false,
            // The name of the node, for the field selector; and the kernel's journal, where XIDs are.
            extraEnv: [{ name: "HOSTNAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
            mounts: { varlog: true },
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        },
        controller: { type: "daemonset", tolerations: [{ operator: "Exists" }] },
    };
}

/**
 * Values of the alloy chart, twice: one collector on each node for the files of its pods and the kernel's journal, and a single one for the
 * cluster's events, where image pulls and preemptions are told. Both give the labels that the log rules ask for.
 */
import type { ChartValues } from "../../helm-chart";
import { trainerNode } from "../../kubeflow/training-runtime";

/** Helm release of the collector of events. */
export const eventsRelease = "alloy-events";

/** Where a collector remembers how far it has read; on the node, so that a restart reads nothing twice. */
const positions = "/var/lib/kilogpu/alloy";

const write = `
loki.write "default" {
  endpoint {
    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"
  }
}
`;

// Files, not the API server's log endpoint: with a thousand nodes that would be ten thousand open streams through the control plane.
const node = `
discovery.kubernetes "pods" {
  role = "pod"
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + sys.env("HOSTNAME")
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
  rule {
    source_labels = ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"]
    separator     = "/"
    replacement   = "/var/log/pods/*$1/*.log"
    target_label  = "__path__"
  }
}
local.file_match "pods" {
  path_targets = discovery.relabel.pods.output
}
loki.source.file "pods" {
  targets    = local.file_match.pods.targets
  forward_to = [loki.process.pods.receiver]
}
loki.process "pods" {
  stage.cri {}
  // A container that starts again writes another file; its stream is the same.
  stage.label_drop {
    values = ["filename"]
  }
  forward_to = [loki.write.default.receiver]
}
loki.source.journal "kernel" {
  path       = "/var/log/journal"
  matches    = "_TRANSPORT=kernel"
  labels     = {training = "true", namespace = "kernel", pod = sys.env("HOSTNAME"), node = sys.env("HOSTNAME")}
  forward_to = [loki.write.default.receiver]
}
`;

/** Kueue's Workload of a TrainJob is called `trainjob-<job>-<five hexadecimal digits>`, a pod of it `<job>-node-<index>-<index>-<random>`. */
const events = (namespaces: readonly string[]): string => `
loki.source.kubernetes_events "jobs" {
  log_format = "json"
  namespaces = ${JSON.stringify(namespaces)}
  forward_to = [loki.process.events.receiver]
}
loki.process "events" {
  stage.json {
    expressions = {kind = "kind", pod = "name", msg = "msg"}
  }
  stage.labels {
    values = {kind = "", pod = ""}
  }
  stage.match {
    selector = "{kind=\\"Workload\\"}"
    stage.regex {
      source     = "pod"
      expression = "^(?:trainjob|jobset|job|pod)-(?P<job_name>.+)-[0-9a-f]{5}$"
    }
  }
  stage.match {
    selector = "{kind=\\"Pod\\"}"
    stage.regex {
      source     = "pod"
      expression = "^(?P<job_name>.+)-${trainerNode}-[0-9]+-[0-9]+(?:-[a-z0-9]{5})?$"
    }
  }
  stage.match {
    selector = "{kind=~\\"TrainJob|JobSet\\"}"
    stage.regex {
      source     = "pod"
      expression = "^(?P<job_name>.+)$"
    }
  }
  stage.labels {
    values = {job_name = ""}
  }
  stage.static_labels {
    values = {training = "true"}
  }
  // They name the collector, and would make each of its restarts another stream.
  stage.label_drop {
    values = ["instance", "job", "kind"]
  }
  stage.output {
    source = "msg"
  }
  forward_to = [loki.write.default.receiver]
}
`;

const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } };

/** Values of the collector on each node. The chart itself sets HOSTNAME to the node's name. */
export function alloyValues(): ChartValues {
    return {
        alloy: {
            configMap: { content: node + write },
            enableReporting: false,
            storagePath: positions,
            mounts: { varlog: true, extra: [{ name: "positions", mountPath: positions }] },
            resources,
        },
        controller: {
            type: "daemonset",
            tolerations: [{ operator: "Exists" }],
            volumes: { extra: [{ name: "positions", hostPath: { path: positions, type: "DirectoryOrCreate" } }] },
        },
    };
}

/**
 * Values of the collector of events: one pod, because each would read all of them. `namespaces` are those of the teams; all where there
 * are none.
 */
export function alloyEventsValues(namespaces: readonly string[]): ChartValues {
    return {
        alloy: { configMap: { content: events(namespaces) + write }, enableReporting: false, resources },
        controller: { type: "deployment", replicas: 1 },
        // The collector on the nodes has brought them.
        crds: { create: false },
    };
}

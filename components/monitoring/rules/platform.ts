/** Storage, control plane, and the monitoring itself. */
import type { RuleSource, Runbook } from "./rule";

const storageBook = (meaning: string, act: string[]): Runbook => ({
    meaning,
    look: ["`kubectl get pvc -A`, `df -h` on the node", "The storage provider's own metrics"],
    act,
    healing: "None.",
});
const platformBook = (meaning: string, look: string[], act: string[]): Runbook => ({
    meaning,
    look,
    act,
    healing: "Controllers restart by themselves; the rest is a person's.",
});

export const storage: RuleSource = {
    name: "storage",
    title: "Storage",
    alerts: () => [
        {
            name: "VolumeFilling",
            severity: "warning",
            for: "30m",
            expr: `predict_linear(kubelet_volume_stats_available_bytes[6h], 86400) < 0
  and kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.3`,
            summary: "Volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} will be full within a day.",
            description: "Trend in a day: {{ $value | humanize1024 }}B free.",
            runbook: storageBook("Checkpoints will fail.", ["Delete old checkpoints; enlarge the volume."]),
        },
        {
            name: "VolumeFull",
            severity: "critical",
            for: "5m",
            expr: `kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.03`,
            summary: "Volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is full.",
            description: "{{ $value | humanizePercentage }} is free.",
            runbook: storageBook("The next checkpoint fails.", ["Free space now: the oldest checkpoints first."]),
        },
        {
            name: "NodeDiskFilling",
            severity: "warning",
            for: "15m",
            expr: `max by (node, mountpoint) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs"}) > 0.9`,
            summary: "{{ $labels.mountpoint }} of {{ $labels.node }} is almost full.",
            description: "{{ $value | humanizePercentage }} used: images, local caches, core dumps.",
            runbook: storageBook("The kubelet evicts pods under disk pressure.", [
                "Remove core dumps and stale caches; larger root volume in the pool.",
            ]),
        },
        {
            name: "FilesystemReadOnly",
            severity: "critical",
            for: "2m",
            expr: `max by (node, mountpoint) (node_filesystem_readonly{fstype=~"ext4|xfs|lustre|nfs.*"}) == 1 and on (node) sum by (node) (node:kilogpu_expected_gpus)`,
            summary: "{{ $labels.mountpoint }} of {{ $labels.node }} has become read-only.",
            description: "Flag {{ $value }}: the kernel does that after errors.",
            runbook: storageBook("Everything that writes there fails.", ["dmesg; replace the disk or the node."]),
        },
    ],
};

export const controlPlane: RuleSource = {
    name: "control-plane",
    title: "Control plane and monitoring",
    alerts: () => [
        {
            name: "ApiServerErrors",
            severity: "critical",
            for: "5m",
            expr: `sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m])) > 0.03`,
            summary: "The API server fails.",
            description: "{{ $value | humanizePercentage }} of requests end with a server error.",
            runbook: platformBook(
                "Nothing is scheduled or repaired.",
                ["`kubectl get --raw /readyz?verbose`"],
                ["EKS: AWS support. Own control plane: etcd's disk first."],
            ),
        },
        {
            name: "ApiServerSlow",
            severity: "warning",
            for: "10m",
            expr: `histogram_quantile(0.99, sum by (verb, le) (rate(apiserver_request_duration_seconds_bucket{verb=~"POST|PUT|PATCH|DELETE",scope!="cluster"}[5m]))) > 2`,
            summary: "Writes to the API server are slow.",
            description: "{{ $labels.verb }}: 99th percentile {{ $value }} s.",
            runbook: platformBook(
                "Starting a thousand pods takes minutes.",
                ["Webhooks with long timeouts: `kubectl get validatingwebhookconfigurations`"],
                ["Mend the slow webhook."],
            ),
        },
        {
            name: "ApiServerStorageLarge",
            severity: "warning",
            for: "30m",
            expr: `max(apiserver_storage_size_bytes) > 6e9`,
            summary: "The cluster's database is almost full.",
            description: "{{ $value | humanize1024 }}B of usually 8 GiB.",
            runbook: platformBook(
                "At the limit the API server refuses every write.",
                ["Number of objects by type: `apiserver_storage_objects`"],
                ["Delete finished Jobs and Workloads; set ttlSecondsAfterFinished."],
            ),
        },
        {
            name: "TrainingControllerDown",
            severity: "critical",
            for: "5m",
            expr: `max by (namespace, deployment) (kube_deployment_status_replicas_available{namespace=~"kueue-system|jobset-system|kubeflow-system|gpu-operator"})
  == 0 and on (namespace, deployment) max by (namespace, deployment) (kube_deployment_spec_replicas) > 0`,
            summary: "{{ $labels.deployment }} in {{ $labels.namespace }} has no replica.",
            description: "{{ $value }} replicas are available: jobs are not admitted, created or restarted.",
            runbook: platformBook(
                "Running jobs go on; nothing new starts and no failure is repaired.",
                ["`kubectl -n <namespace> describe deployment <name>`"],
                ["Logs of the last pod; webhooks block others while it is down."],
            ),
        },
        {
            name: "KubeStateMetricsMissing",
            severity: "critical",
            for: "5m",
            expr: `absent(kube_node_info)`,
            summary: "kube-state-metrics is gone: expectations are unknown, and every alert that needs them is blind.",
            description: "No node is seen (absent: {{ $value }}).",
            runbook: platformBook(
                "Missing GPUs, ports and nodes go unnoticed.",
                ["`kubectl -n monitoring get pods -l app.kubernetes.io/name=kube-state-metrics`"],
                ["Memory: at ten thousand pods it needs more than the default."],
            ),
        },
        {
            name: "NodeExporterMissing",
            severity: "warning",
            for: "10m",
            expr: `sum by (node) (node:kilogpu_expected_gpus) unless on (node) (max by (node) (node_boot_time_seconds)) and on (node) node:kilogpu_in_service`,
            summary: "No node exporter on GPU node {{ $labels.node }}: its fabric is not watched.",
            description: "The node has {{ $value }} GPUs.",
            runbook: platformBook(
                "Fabric and memory alerts are blind there.",
                ["`kubectl -n monitoring get pods -o wide | grep <node>`"],
                ["Taints: the exporter must tolerate everything."],
            ),
        },
        {
            name: "ScrapeTargetsDown",
            severity: "warning",
            for: "10m",
            expr: `count by (job) (up == 0) / count by (job) (up) > 0.1`,
            summary: "More than a tenth of the targets of {{ $labels.job }} cannot be scraped.",
            description: "{{ $value | humanizePercentage }} are down.",
            runbook: platformBook(
                "Alerts on their metrics are blind.",
                ["Prometheus / Status / Targets"],
                ["Network policies; the exporter's own limits."],
            ),
        },
        {
            name: "PrometheusSeriesOverPlan",
            severity: "warning",
            for: "30m",
            expr: `max(prometheus_tsdb_head_series) > on () 1.2 * cluster:kilogpu_planned_series`,
            summary: "Prometheus holds more series than it was sized for.",
            description: "{{ $value }} series; memory will not suffice for long.",
            runbook: platformBook(
                "It ends by the kernel's hand, and alerting with it.",
                ["Prometheus / Status / TSDB: the largest metrics"],
                ["Drop what nobody reads, or raise `seriesPerGpu` and apply."],
            ),
        },
        {
            name: "RuleEvaluationFailing",
            severity: "warning",
            for: "5m",
            expr: `sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{rule_group=~".*kilogpu.*"}[5m])) > 0`,
            summary: "Rules of {{ $labels.rule_group }} fail.",
            description: "{{ $value }} evaluations within five minutes: those alerts are dead.",
            runbook: platformBook(
                "Usually two series where one is expected.",
                ["Prometheus / Status / Rules shows the error"],
                ["Report it with the error: this group has tests that it must pass."],
            ),
        },
        {
            name: "RuleEvaluationSlow",
            severity: "warning",
            for: "15m",
            expr: `max by (rule_group) (prometheus_rule_group_last_duration_seconds{rule_group=~".*kilogpu.*"}) > on (rule_group) max by (rule_group) (prometheus_rule_group_interval_seconds{rule_group=~".*kilogpu.*"})`,
            summary: "{{ $labels.rule_group }} takes longer than its interval.",
            description: "{{ $value }} s: alerts come late.",
            runbook: platformBook(
                "Evaluations are skipped.",
                ["CPU of Prometheus"],
                ["More CPU; fewer ranks exporting `train_rank_*`."],
            ),
        },
        {
            name: "AlertDeliveryFailing",
            severity: "critical",
            for: "5m",
            expr: `sum by (integration) (rate(alertmanager_notifications_failed_total[5m])) / sum by (integration) (rate(alertmanager_notifications_total[5m])) > 0.1`,
            summary: "Notifications by {{ $labels.integration }} do not arrive.",
            description: "{{ $value | humanizePercentage }} fail.",
            runbook: platformBook("Nobody is told.", ["Logs of Alertmanager"], ["Address and secret of the receiver."]),
        },
    ],
};

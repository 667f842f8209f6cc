/** Cases of the groups storage and control-plane. */
import { readyNode } from "../case";
import type { RuleCase } from "../case";

const volume = (metric: string): string =>
    `kubelet_volume_stats_${metric}{namespace="research",persistentvolumeclaim="checkpoints",node="n1"}`;
const claim = [{ namespace: "research", persistentvolumeclaim: "checkpoints" }];
const disk = (metric: string, mountpoint: string, fstype = "ext4", node = "n1"): string =>
    `node_filesystem_${metric}{node="${node}",mountpoint="${mountpoint}",fstype="${fstype}",device="/dev/x"}`;

export const storageCases: RuleCase[] = [
    {
        alert: "VolumeFilling",
        name: "empty within ten hours",
        interval: "5m",
        series: { [volume("available_bytes")]: "300e9-2e9x140", [volume("capacity_bytes")]: "1000e9x200" },
        fires: { at: "4h", notBefore: "25m", labels: claim },
    },
    {
        alert: "VolumeFilling",
        name: "half full, and one that is almost full for ever",
        interval: "5m",
        series: {
            [volume("available_bytes")]: "600e9-5e8x140",
            [volume("capacity_bytes")]: "1000e9x200",
            [`kubelet_volume_stats_available_bytes{namespace="data",persistentvolumeclaim="set",node="n1"}`]:
                "1e11x200",
            [`kubelet_volume_stats_capacity_bytes{namespace="data",persistentvolumeclaim="set",node="n1"}`]: "1e12x200",
        },
        silentAt: ["4h", "10h"],
    },
    {
        alert: "VolumeFull",
        name: "two per cent free",
        series: { [volume("available_bytes")]: "20e9x30", [volume("capacity_bytes")]: "1000e9x30" },
        fires: { at: "5m", notBefore: "4m", labels: claim },
    },
    {
        alert: "VolumeFull",
        name: "ten per cent free",
        series: { [volume("available_bytes")]: "100e9x30", [volume("capacity_bytes")]: "1000e9x30" },
        silentAt: ["20m"],
    },
    {
        alert: "NodeDiskFilling",
        name: "95% used",
        series: { [disk("avail_bytes", "/")]: "5e9x30", [disk("size_bytes", "/")]: "100e9x30" },
        fires: { at: "15m", notBefore: "14m", labels: [{ node: "n1", mountpoint: "/" }] },
    },
    {
        alert: "NodeDiskFilling",
        name: "half used, and a full tmpfs",
        series: {
            [disk("avail_bytes", "/")]: "50e9x30",
            [disk("size_bytes", "/")]: "100e9x30",
            [disk("avail_bytes", "/run", "tmpfs")]: "0x30",
            [disk("size_bytes", "/run", "tmpfs")]: "1e9x30",
        },
        silentAt: ["25m"],
    },
    {
        alert: "FilesystemReadOnly",
        name: "after an error",
        series: { ...readyNode("n1", "h200"), [disk("readonly", "/scratch", "xfs")]: "0x9 1x30" },
        fires: { at: "13m", notBefore: "11m", labels: [{ node: "n1", mountpoint: "/scratch" }] },
    },
    {
        alert: "FilesystemReadOnly",
        name: "an image that is always so, and a node without GPUs",
        series: {
            ...readyNode("n1", "h200"),
            [disk("readonly", "/snap", "squashfs")]: "1x30",
            [disk("readonly", "/", "ext4", "cpu-1")]: "1x30",
        },
        silentAt: ["20m"],
    },
];

const requests = (code: string, values: string): { [series: string]: string } => ({
    [`apiserver_request_total{verb="GET",resource="pods",code="${code}"}`]: values,
});
const latency = (le: string, values: string, verb = "POST"): { [series: string]: string } => ({
    [`apiserver_request_duration_seconds_bucket{verb="${verb}",resource="pods",scope="namespace",le="${le}"}`]: values,
});
const deployment = (metric: string): string =>
    `kube_deployment_${metric}{namespace="kueue-system",deployment="kueue-controller-manager"}`;
const group = `{rule_group="/etc/prometheus/rules/x;kilogpu.fabric"}`;

export const controlPlaneCases: RuleCase[] = [
    {
        alert: "ApiServerErrors",
        name: "a tenth fails",
        series: { ...requests("200", "0+540x30"), ...requests("500", "0+60x30") },
        fires: { at: "8m", notBefore: "4m", labels: [{ alertname: "ApiServerErrors" }] },
    },
    {
        alert: "ApiServerErrors",
        name: "one in a thousand; a restart; many 404",
        series: {
            ...requests("200", "0+999x15 0+999x30"),
            ...requests("500", "0+1x15 0+1x30"),
            ...requests("404", "0+400x15 0+400x30"),
        },
        silentAt: ["10m", "18m", "40m"],
    },
    {
        alert: "ApiServerSlow",
        name: "a webhook takes five seconds",
        series: { ...latency("1", "0x60"), ...latency("5", "0+60x60"), ...latency("+Inf", "0+60x60") },
        fires: { at: "15m", notBefore: "9m", labels: [{ verb: "POST" }] },
    },
    {
        alert: "ApiServerSlow",
        name: "fast writes, slow lists",
        series: {
            ...latency("1", "0+60x60"),
            ...latency("5", "0+60x60"),
            ...latency("+Inf", "0+60x60"),
            ...latency("1", "0x60", "LIST"),
            ...latency("+Inf", "0+60x60", "LIST"),
        },
        silentAt: ["40m"],
    },
    {
        alert: "ApiServerStorageLarge",
        name: "7 of 8 GiB",
        series: { [`apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}`]: "7e9x60" },
        fires: { at: "30m", notBefore: "29m", labels: [{ alertname: "ApiServerStorageLarge" }] },
    },
    {
        alert: "ApiServerStorageLarge",
        name: "2 GiB, and large until it is compacted",
        series: { [`apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}`]: "7e9x20 2e9x40" },
        silentAt: ["31m", "50m"],
    },
    {
        alert: "TrainingControllerDown",
        name: "no replica",
        series: { [deployment("status_replicas_available")]: "2x9 0x30", [deployment("spec_replicas")]: "2x40" },
        fires: { at: "15m", notBefore: "14m", labels: [{ deployment: "kueue-controller-manager" }] },
    },
    {
        alert: "TrainingControllerDown",
        name: "a rollout, scaled to none, and another namespace",
        series: {
            [deployment("status_replicas_available")]: "2x9 0x2 2x30",
            [deployment("spec_replicas")]: "2x40",
            [`kube_deployment_status_replicas_available{namespace="jobset-system",deployment="j"}`]: "0x40",
            [`kube_deployment_spec_replicas{namespace="jobset-system",deployment="j"}`]: "0x40",
            [`kube_deployment_status_replicas_available{namespace="web",deployment="w"}`]: "0x40",
            [`kube_deployment_spec_replicas{namespace="web",deployment="w"}`]: "1x40",
        },
        silentAt: ["12m", "30m"],
    },
    {
        alert: "KubeStateMetricsMissing",
        name: "gone",
        series: { [`kube_node_info{node="n1"}`]: "1x9 stale" },
        fires: { at: "16m", notBefore: "13m", labels: [{ alertname: "KubeStateMetricsMissing" }] },
    },
    {
        alert: "KubeStateMetricsMissing",
        name: "a rollout of two minutes",
        series: { [`kube_node_info{node="n1"}`]: "1x9 stale _x2 1x60" },
        silentAt: ["12m", "14m", "40m"],
    },
    {
        alert: "NodeExporterMissing",
        name: "gone on a GPU node",
        series: { ...readyNode("n1", "h200"), [`node_boot_time_seconds{node="n1"}`]: "-100000x9 stale" },
        fires: { at: "22m", notBefore: "19m", labels: [{ node: "n1" }] },
    },
    {
        alert: "NodeExporterMissing",
        name: "there; and gone on a node without GPUs",
        series: {
            ...readyNode("n1", "h200"),
            [`kube_node_status_condition{node="cpu-1",condition="Ready",status="true"}`]: "1x60",
        },
        silentAt: ["40m"],
    },
    {
        alert: "ScrapeTargetsDown",
        name: "two of ten",
        series: Object.fromEntries(
            Array.from({ length: 10 }, (_, index) => [
                `up{job="dcgm",instance="n${index.toString()}"}`,
                index < 2 ? "0x40" : "1x40",
            ]),
        ),
        fires: { at: "11m", notBefore: "9m", labels: [{ job: "dcgm" }] },
    },
    {
        alert: "ScrapeTargetsDown",
        name: "one of twenty is replaced",
        series: Object.fromEntries(
            Array.from({ length: 20 }, (_, index) => [
                `up{job="dcgm",instance="n${index.toString()}"}`,
                index < 1 ? "0x40" : "1x40",
            ]),
        ),
        silentAt: ["30m"],
    },
    {
        alert: "PrometheusSeriesOverPlan",
        name: "twice the plan",
        series: { "prometheus_tsdb_head_series{}": "400000x60" },
        fires: { at: "32m", notBefore: "29m", labels: [{ alertname: "PrometheusSeriesOverPlan" }] },
    },
    {
        alert: "PrometheusSeriesOverPlan",
        name: "a tenth over it",
        series: { "prometheus_tsdb_head_series{}": "220000x60" },
        silentAt: ["50m"],
    },
    {
        alert: "RuleEvaluationFailing",
        name: "each minute",
        series: { [`prometheus_rule_evaluation_failures_total${group}`]: "0+1x30" },
        fires: { at: "8m", notBefore: "4m", labels: [{ alertname: "RuleEvaluationFailing" }] },
    },
    {
        alert: "RuleEvaluationFailing",
        name: "an old failure, and somebody else's",
        series: {
            [`prometheus_rule_evaluation_failures_total${group}`]: "3x30",
            [`prometheus_rule_evaluation_failures_total{rule_group="other"}`]: "0+1x30",
        },
        silentAt: ["20m"],
    },
    {
        alert: "RuleEvaluationSlow",
        name: "70 of 60 seconds",
        series: {
            [`prometheus_rule_group_last_duration_seconds${group}`]: "70x40",
            [`prometheus_rule_group_interval_seconds${group}`]: "60x40",
        },
        fires: { at: "15m", notBefore: "14m", labels: [{ alertname: "RuleEvaluationSlow" }] },
    },
    {
        alert: "RuleEvaluationSlow",
        name: "one second, and slow once after a restart",
        series: {
            [`prometheus_rule_group_last_duration_seconds${group}`]: "90x3 1x40",
            [`prometheus_rule_group_interval_seconds${group}`]: "60x40",
        },
        silentAt: ["10m", "30m"],
    },
    {
        alert: "AlertDeliveryFailing",
        name: "half is lost",
        series: {
            [`alertmanager_notifications_failed_total{integration="webhook",reason="other"}`]: "0+5x30",
            [`alertmanager_notifications_total{integration="webhook"}`]: "0+10x30",
        },
        fires: { at: "8m", notBefore: "4m", labels: [{ integration: "webhook" }] },
    },
    {
        alert: "AlertDeliveryFailing",
        name: "none is lost, and none was sent",
        series: {
            [`alertmanager_notifications_failed_total{integration="webhook",reason="other"}`]: "3x30",
            [`alertmanager_notifications_total{integration="webhook"}`]: "0+10x15 150x30",
        },
        silentAt: ["10m", "28m"],
    },
];

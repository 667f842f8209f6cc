/** Cases of the group queues. */
import { readyNode } from "../case";
import type { RuleCase } from "../case";

const queue = [{ cluster_queue: "research" }];
const kueue = (metric: string, more = ""): string => `kueue_${metric}{cluster_queue="research"${more}}`;
const reserved = kueue("cluster_queue_resource_reservation", `,resource="nvidia.com/gpu",flavor="h200",cohort="all"`);
const nominal = kueue("cluster_queue_nominal_quota", `,resource="nvidia.com/gpu",flavor="h200",cohort="all"`);
const offered = (node: string, count: number): { [series: string]: string } => ({
    [`kube_node_status_allocatable{node="${node}",resource="nvidia_com_gpu"}`]: `${count.toString()}x3000`,
});
const podOn = (node: string, count: string): { [series: string]: string } => ({
    [`kube_pod_container_resource_requests{namespace="research",pod="p-${node}",container="node",node="${node}",resource="nvidia_com_gpu"}`]:
        count,
    [`kube_pod_status_phase{namespace="research",pod="p-${node}",phase="Running"}`]: "1x3000",
});
const nodes = (count: number): { [series: string]: string } =>
    Object.assign({}, ...Array.from({ length: count }, (_, index) => readyNode(`n${index.toString()}`, "h200"))) as {
        [series: string]: string;
    };

function churn(alert: string, series: string, labels: { [label: string]: string }[]): RuleCase[] {
    return [
        {
            alert,
            name: "twenty within an hour",
            series: { [series]: "0+1x20 20x100" },
            fires: { at: "20m", notBefore: "4m", labels },
        },
        {
            alert,
            name: "three within an hour, and the controller's rollout",
            series: { [series]: "40x20 0x20 3x100" },
            silentAt: ["15m", "25m", "90m"],
        },
    ];
}

export const queueCases: RuleCase[] = [
    {
        alert: "QueueInactive",
        name: "its flavor is gone",
        series: { [kueue("cluster_queue_status", `,status="active"`)]: "1x9 0x30" },
        fires: { at: "15m", notBefore: "14m", labels: queue },
    },
    {
        alert: "QueueInactive",
        name: "Kueue is rolled out",
        series: { [kueue("cluster_queue_status", `,status="active"`)]: "1x9 0x2 1x40" },
        silentAt: ["11m", "30m"],
    },
    {
        alert: "QueueStuck",
        name: "one that can never be admitted",
        series: { [kueue("pending_workloads", `,status="inadmissible"`)]: "1x90" },
        fires: { at: "61m", notBefore: "59m", labels: queue },
    },
    {
        alert: "QueueStuck",
        name: "full for half an hour; active ones wait",
        series: {
            [kueue("pending_workloads", `,status="inadmissible"`)]: "3x30 0x90",
            [kueue("pending_workloads", `,status="active"`)]: "9x120",
        },
        silentAt: ["31m", "70m", "110m"],
    },
    {
        alert: "QueueNothingAdmitted",
        name: "free quota, and nothing moves",
        series: {
            [kueue("pending_workloads", `,status="active"`)]: "2x90",
            [kueue("admitted_workloads_total", `,priority_class="normal"`)]: "7x90",
            [reserved]: "0x90",
            [nominal]: "64x90",
        },
        fires: { at: "35m", notBefore: "29m", labels: queue },
    },
    {
        alert: "QueueNothingAdmitted",
        name: "the quota is used up",
        series: {
            [kueue("pending_workloads", `,status="active"`)]: "2x90",
            [kueue("admitted_workloads_total", `,priority_class="normal"`)]: "7x90",
            [reserved]: "64x90",
            [nominal]: "64x90",
        },
        silentAt: ["80m"],
    },
    {
        alert: "QueueWaitLong",
        name: "most wait ten hours",
        interval: "5m",
        series: {
            [kueue("admission_wait_time_seconds_bucket", `,priority_class="normal",le="3600"`)]: "0x200",
            [kueue("admission_wait_time_seconds_bucket", `,priority_class="normal",le="36000"`)]: "0+1x200",
            [kueue("admission_wait_time_seconds_bucket", `,priority_class="normal",le="+Inf"`)]: "0+1x200",
        },
        fires: { at: "50m", notBefore: "25m", labels: queue },
    },
    {
        alert: "QueueWaitLong",
        name: "all start within an hour",
        interval: "5m",
        series: {
            [kueue("admission_wait_time_seconds_bucket", `,priority_class="normal",le="3600"`)]: "0+1x200",
            [kueue("admission_wait_time_seconds_bucket", `,priority_class="normal",le="+Inf"`)]: "0+1x200",
        },
        silentAt: ["5h"],
    },
    ...churn(
        "PreemptionChurn",
        `kueue_preempted_workloads_total{preempting_cluster_queue="research",reason="InCohortReclamation"}`,
        [{ preempting_cluster_queue: "research" }],
    ),
    ...churn(
        "EvictionChurn",
        `kueue_evicted_workloads_total{cluster_queue="research",reason="PodsReadyTimeout"}`,
        queue,
    ),
    {
        alert: "QuotaLeak",
        name: "64 reserved, 8 used",
        series: { [reserved]: "64x60", ...podOn("n1", "8x60") },
        fires: { at: "31m", notBefore: "29m", labels: [{ alertname: "QuotaLeak" }] },
    },
    {
        alert: "QuotaLeak",
        name: "pods are there; and ten minutes while they start",
        series: { [reserved]: "8x80", ...podOn("n1", "_x10 8x80") },
        silentAt: ["9m", "20m", "60m"],
    },
    {
        alert: "GpusFragmented",
        name: "four nodes with four free each",
        series: {
            ...nodes(4),
            ...offered("n0", 8),
            ...offered("n1", 8),
            ...offered("n2", 8),
            ...offered("n3", 8),
            ...podOn("n0", "4x90"),
            ...podOn("n1", "4x90"),
            ...podOn("n2", "4x90"),
            ...podOn("n3", "4x90"),
        },
        fires: { at: "32m", notBefore: "29m", labels: [{ alertname: "GpusFragmented" }] },
    },
    {
        alert: "GpusFragmented",
        name: "a whole node is free",
        series: {
            ...nodes(4),
            ...offered("n0", 8),
            ...offered("n1", 8),
            ...offered("n2", 8),
            ...offered("n3", 8),
            ...podOn("n0", "4x90"),
            ...podOn("n1", "4x90"),
            ...podOn("n2", "4x90"),
        },
        silentAt: ["60m"],
    },
    {
        alert: "CapacityForecastShort",
        name: "two GPUs more each day, and little room",
        interval: "10m",
        series: { ...offered("n1", 64), ...podOn("n1", "30+0.02x2000") },
        fires: { at: "84h", notBefore: "70h", labels: [{ alertname: "CapacityForecastShort" }] },
    },
    {
        alert: "CapacityForecastShort",
        name: "constant use for nine days",
        interval: "10m",
        series: { ...offered("n1", 64), ...podOn("n1", "40x2000") },
        silentAt: ["20h", "200h"],
    },
    {
        alert: "CapacityForecastShort",
        name: "a steep first day says nothing yet",
        interval: "10m",
        series: { ...offered("n1", 64), ...podOn("n1", "10+0.3x144") },
        silentAt: ["12h", "23h"],
    },
    {
        alert: "NodesMissing",
        name: "two of 64",
        series: nodes(2),
        fires: { at: "33m", notBefore: "29m", labels: [{ capacity_group: "h200" }] },
    },
    {
        alert: "NodesMissing",
        name: "none: the capacity block has not begun",
        series: { [`kube_node_labels{node="cpu-1"}`]: "1x90" },
        silentAt: ["80m"],
    },
    {
        alert: "GpuNodeNotReady",
        name: "silent for four minutes",
        series: {
            ...readyNode("n1", "h200"),
            [`kube_node_status_condition{node="n1",condition="Ready",status="true"}`]: "1x9 0x30",
        },
        fires: { at: "14m", notBefore: "12m", labels: [{ node: "n1" }] },
    },
    {
        alert: "GpuNodeNotReady",
        name: "two minutes; and a node without GPUs",
        series: {
            ...readyNode("n1", "h200"),
            [`kube_node_status_condition{node="n1",condition="Ready",status="true"}`]: "1x9 0x1 1x30",
            [`kube_node_status_condition{node="cpu-1",condition="Ready",status="true"}`]: "0x40",
        },
        silentAt: ["12m", "14m", "30m"],
    },
    {
        alert: "GpuNodesCordoned",
        name: "one of four for over an hour",
        series: {
            ...nodes(4),
            [`kube_node_spec_unschedulable{node="n1"}`]: "1x90",
            [`kube_node_spec_unschedulable{node="n2"}`]: "0x90",
        },
        fires: { at: "63m", notBefore: "59m", labels: [{ alertname: "GpuNodesCordoned" }] },
    },
    {
        alert: "GpuNodesCordoned",
        name: "a rollout of half an hour",
        series: { ...nodes(4), [`kube_node_spec_unschedulable{node="n1"}`]: "1x30 0x90" },
        silentAt: ["40m", "100m"],
    },
];

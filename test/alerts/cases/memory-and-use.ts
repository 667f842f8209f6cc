/** Cases of the groups gpu-memory and gpu-use. */
import { gpu, gpus, readyNode } from "../case";
import type { RuleCase } from "../case";

const pod = `,namespace="research",pod="gpt2-0"`;
const inPod = `{namespace="research",pod="gpt2-0"`;
const job = [{ namespace: "research", pod: "gpt2-0" }];
const rank = `{namespace="research",job_name="gpt2",pod="gpt2-0",node="n1",rank="0"}`;
const run = [{ namespace: "research", job_name: "gpt2" }];
const used = (values: string): { [series: string]: string } => ({
    [gpu("DCGM_FI_DEV_FB_USED", "n1", 3, pod)]: values,
});
const requests = {
    [`kube_pod_container_resource_requests${inPod},container="node",node="n1",resource="nvidia_com_gpu"}`]: "8x900",
};
const oldPod = { [`kube_pod_start_time${inPod}}`]: "-10000x900" };

export const gpuMemoryCases: RuleCase[] = [
    {
        alert: "GpuMemoryNearFull",
        name: "99% for ten minutes",
        series: { ...used("79000x40"), [gpu("DCGM_FI_DEV_FB_FREE", "n1", 3, pod)]: "800x40" },
        fires: { at: "10m", notBefore: "9m", labels: job },
    },
    {
        alert: "GpuMemoryNearFull",
        name: "90%, and a GPU that no pod holds",
        series: {
            ...used("72000x40"),
            [gpu("DCGM_FI_DEV_FB_FREE", "n1", 3, pod)]: "8000x40",
            [gpu("DCGM_FI_DEV_FB_USED", "n1", 4)]: "80000x40",
            [gpu("DCGM_FI_DEV_FB_FREE", "n1", 4)]: "0x40",
        },
        silentAt: ["30m"],
    },
    {
        alert: "GpuMemoryLeak",
        name: "300 MiB a minute towards 80 GiB",
        series: { ...oldPod, ...used("30000+300x200"), [gpu("DCGM_FI_DEV_FB_FREE", "n1", 3, pod)]: "50000-300x200" },
        fires: { at: "100m", notBefore: "40m", labels: job },
    },
    {
        alert: "GpuMemoryLeak",
        name: "a new pod fills its allocator, then stays",
        series: {
            [`kube_pod_start_time${inPod}}`]: "0x300",
            ...used("10000+1000x59 70000x200"),
            [gpu("DCGM_FI_DEV_FB_FREE", "n1", 3, pod)]: "70000-1000x59 10000x200",
        },
        silentAt: ["50m", "75m", "95m", "150m", "200m"],
    },
    {
        alert: "GpuAllocatorFragmented",
        name: "40% reserved in vain",
        series: {
            [`train_gpu_memory_reserved_bytes${rank}`]: "78e9x60",
            [`train_gpu_memory_allocated_bytes${rank}`]: "45e9x60",
            [`train_gpu_memory_total_bytes${rank}`]: "80e9x60",
        },
        fires: { at: "15m", notBefore: "14m", labels: run },
    },
    {
        alert: "GpuAllocatorFragmented",
        name: "full of tensors",
        series: {
            [`train_gpu_memory_reserved_bytes${rank}`]: "78e9x60",
            [`train_gpu_memory_allocated_bytes${rank}`]: "74e9x60",
            [`train_gpu_memory_total_bytes${rank}`]: "80e9x60",
        },
        silentAt: ["40m"],
    },
    {
        alert: "HostMemoryExhausting",
        name: "1 GB a minute, little left",
        series: {
            ...readyNode("n1", "h200"),
            [`node_memory_MemAvailable_bytes{node="n1"}`]: "100e9-1e9x90",
            [`node_memory_MemTotal_bytes{node="n1"}`]: "200e9x90",
        },
        fires: { at: "76m", notBefore: "60m", labels: [{ node: "n1" }] },
    },
    {
        alert: "HostMemoryExhausting",
        name: "page cache fills, and a node without GPUs",
        series: {
            ...readyNode("n1", "h200"),
            [`node_memory_MemAvailable_bytes{node="n1"}`]: "190e9-1e9x30 160e9x60",
            [`node_memory_MemTotal_bytes{node="n1"}`]: "200e9x90",
            [`node_memory_MemAvailable_bytes{node="cpu-1"}`]: "60e9-1e9x59",
            [`node_memory_MemTotal_bytes{node="cpu-1"}`]: "200e9x90",
        },
        silentAt: ["25m", "55m", "80m"],
    },
    {
        alert: "TrainingRankMemoryLeak",
        name: "5% an hour",
        series: { [`train_process_resident_bytes${rank}`]: "20e9+17e6x400" },
        fires: { at: "250m", notBefore: "119m", labels: run },
    },
    {
        alert: "TrainingRankMemoryLeak",
        name: "grows at the start, then holds",
        series: { [`train_process_resident_bytes${rank}`]: "20e9+5e8x20 30e9x400" },
        silentAt: ["100m", "180m", "300m"],
    },
    {
        alert: "TrainingOomKilled",
        name: "killed and restarted",
        series: {
            ...requests,
            [`kube_pod_container_status_last_terminated_reason${inPod},container="node",reason="OOMKilled"}`]:
                "_x9 1x40",
            [`kube_pod_container_status_restarts_total${inPod},container="node"}`]: "0x9 1x40",
        },
        fires: { at: "12m", notBefore: "9m", labels: job },
    },
    {
        alert: "TrainingOomKilled",
        name: "a rank's pod, which does not restart in place",
        series: {
            ...requests,
            [`kube_pod_container_status_terminated_reason${inPod},container="node",reason="OOMKilled"}`]: "_x10 1x40",
        },
        fires: { at: "12m", notBefore: "9m", labels: job },
    },
    {
        alert: "TrainingOomKilled",
        name: "a job that has ended for good keeps its pods",
        series: {
            ...requests,
            [`kube_pod_container_status_terminated_reason${inPod},container="node",reason="OOMKilled"}`]: "_x10 1x60",
        },
        silentAt: ["9m", "30m", "60m"],
    },
    {
        alert: "TrainingOomKilled",
        name: "long ago, and a pod without GPUs",
        series: {
            ...requests,
            [`kube_pod_container_status_last_terminated_reason${inPod},container="node",reason="OOMKilled"}`]: "1x60",
            [`kube_pod_container_status_restarts_total${inPod},container="node"}`]: "3x60",
            [`kube_pod_container_status_last_terminated_reason{namespace="web",pod="w",container="c",reason="OOMKilled"}`]:
                "1x60",
            [`kube_pod_container_status_restarts_total{namespace="web",pod="w",container="c"}`]: "0+1x60",
        },
        silentAt: ["20m", "50m"],
    },
];

const engine = "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
const tensor = "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE";
const wanted = (count: number): { [series: string]: string } => ({
    [`kube_pod_container_resource_requests${inPod},container="node",node="n1",resource="nvidia_com_gpu"}`]: `${count.toString()}x900`,
    [`kube_pod_status_phase${inPod},phase="Running"}`]: "1x900",
});
const offered = { [`kube_node_status_allocatable{node="n1",resource="nvidia_com_gpu"}`]: "8x900" };
const waiting = `kube_pod_container_status_waiting_reason${inPod},container="node",reason="ImagePullBackOff"}`;

export const gpuUseCases: RuleCase[] = [
    {
        alert: "GpuAllocatedIdle",
        name: "eight GPUs, nothing runs",
        series: { ...oldPod, ...gpus(engine, "n1", 8, () => "0.01x90", pod) },
        fires: { at: "12m", notBefore: "9m", labels: job },
    },
    {
        alert: "GpuAllocatedIdle",
        name: "starts, loads data for half an hour, then works",
        series: { [`kube_pod_start_time${inPod}}`]: "0x300", ...gpus(engine, "n1", 8, () => "0.01x30 0.9x200", pod) },
        silentAt: ["20m", "45m", "70m", "120m"],
    },
    {
        alert: "GpuTensorCoresIdle",
        name: "busy in fp32",
        series: { ...gpus(engine, "n1", 2, () => "0.9x90", pod), ...gpus(tensor, "n1", 2, () => "0.01x90", pod) },
        fires: { at: "31m", notBefore: "29m", labels: job },
    },
    {
        alert: "GpuTensorCoresIdle",
        name: "trains in bf16; another is idle",
        series: {
            ...gpus(engine, "n1", 2, () => "0.9x90", pod),
            ...gpus(tensor, "n1", 2, () => "0.4x90", pod),
            [gpu(engine, "n2", 0, `,namespace="a",pod="b"`)]: "0x90",
            [gpu(tensor, "n2", 0, `,namespace="a",pod="b"`)]: "0x90",
        },
        silentAt: ["80m"],
    },
    {
        alert: "GpuScaleOut",
        name: "full for an hour, and sixteen are asked for",
        series: { ...offered, ...wanted(16), ...gpus(engine, "n1", 8, () => "0.96x120", pod) },
        fires: { at: "60m", notBefore: "29m", labels: [{ alertname: "GpuScaleOut" }] },
    },
    {
        alert: "GpuScaleOut",
        name: "full, and nobody waits",
        series: { ...offered, ...wanted(8), ...gpus(engine, "n1", 8, () => "0.96x120", pod) },
        silentAt: ["100m"],
    },
    {
        alert: "FleetUnderused",
        name: "two of eight for seven hours",
        interval: "5m",
        series: { ...offered, ...wanted(2) },
        fires: { at: "6h10m", notBefore: "5h50m", labels: [{ alertname: "FleetUnderused" }] },
    },
    {
        alert: "FleetUnderused",
        name: "a cluster without GPUs, and one that is used",
        interval: "5m",
        series: { ...offered, ...wanted(6) },
        silentAt: ["8h"],
    },
    {
        alert: "GpuPodImageStuck",
        name: "the image does not come",
        series: { ...wanted(8), [waiting]: "1x60" },
        fires: { at: "15m", notBefore: "14m", labels: job },
    },
    {
        alert: "GpuPodImageStuck",
        name: "a rollout: it comes at the second try",
        series: { ...wanted(8), [waiting]: "1x9 0x60" },
        silentAt: ["12m", "40m"],
    },
];

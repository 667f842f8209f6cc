/** Cases of the group nccl. */
import { gpu, gpus, readyNode } from "../case";
import type { RuleCase } from "../case";

const collective = (metric: string, index: number, size = "1073741824", nodes = "4", node = "n1"): string =>
    `${metric}{slurm_job_id="research/gpt2",comm_name="world",collective="AllReduce",message_size="${size}",algo_proto="ring_simple",n_nodes="${nodes}",nranks="32",gpu="${index.toString()}",node="${node}"}`;
const times = "nccl_collective_exec_time_microseconds";
const bandwidth = "nccl_bus_bandwidth_gbs";
const comm = [{ slurm_job_id: "research/gpt2" }];
const pod = `,namespace="research",pod="gpt2-0"`;
const requests = {
    [`kube_pod_container_resource_requests{namespace="research",pod="gpt2-0",container="node",node="n1",resource="nvidia_com_gpu"}`]:
        "8x100",
};
const ranks = (values: (rank: number) => string): { [series: string]: string } =>
    Object.fromEntries(Array.from({ length: 8 }, (_, index) => [collective(times, index), values(index)]));
const textfile = `node_textfile_mtime_seconds{node="n1",file="/var/lib/kilogpu/textfile/nccl/nccl_inspector_metrics_GPU-1.prom"}`;

export const ncclCases: RuleCase[] = [
    {
        alert: "NcclAllReduceSlow",
        name: "twice the time of the hour before",
        series: ranks(() => "1000x80 2000x60"),
        fires: { at: "90m", notBefore: "80m", labels: comm },
    },
    {
        alert: "NcclAllReduceSlow",
        name: "a tenth more, and a burst of three minutes",
        series: ranks(() => "1000x80 1100x20 2500x2 1100x60"),
        silentAt: ["90m", "104m", "120m"],
    },
    {
        alert: "NcclAllReduceSlow",
        name: "inside one node",
        series: { [collective(times, 0, "1", "1")]: "1000x80 9000x60" },
        silentAt: ["95m"],
    },
    {
        alert: "NcclBusBandwidthLow",
        name: "100 GB/s where 300 is declared",
        series: {
            ...readyNode("n1", "h200"),
            [collective(bandwidth, 0)]: "100x40",
            [collective(bandwidth, 0, "1024")]: "1x40",
        },
        fires: { at: "11m", notBefore: "9m", labels: comm },
    },
    {
        alert: "NcclBusBandwidthLow",
        name: "small messages are slow, large ones are not",
        series: {
            ...readyNode("n1", "h200"),
            [collective(bandwidth, 0)]: "240x40",
            [collective(bandwidth, 0, "1024")]: "1x40",
        },
        silentAt: ["30m"],
    },
    {
        alert: "NcclStraggler",
        name: "rank 5 arrives last: its own time is the shortest",
        series: ranks((rank) => (rank === 5 ? "300x40" : "1000x40")),
        fires: { at: "6m", notBefore: "4m", labels: [{ node: "n1", gpu: "5" }] },
    },
    {
        alert: "NcclStraggler",
        name: "the longest time is no straggler",
        series: ranks((rank) => (rank === 5 ? "3000x40" : "1000x40")),
        silentAt: ["30m"],
    },
    {
        alert: "NcclHang",
        name: "eight GPUs spin",
        series: {
            ...requests,
            ...gpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 8, () => "1x60", pod),
            ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 8, () => "0.4x9 0x60", pod),
        },
        fires: { at: "21m", notBefore: "18m", labels: [{ namespace: "research", pod: "gpt2-0" }] },
    },
    {
        alert: "NcclHang",
        name: "one GPU spins in a checkpoint, and all train on",
        series: {
            ...requests,
            ...gpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 8, () => "1x60", pod),
            ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 8, (index) => (index === 0 ? "0x60" : "0.4x60"), pod),
        },
        silentAt: ["40m"],
    },
    {
        alert: "NcclHang",
        name: "idle GPUs do not spin",
        series: {
            ...requests,
            ...gpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 8, () => "0x60", pod),
            ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 8, () => "0x60", pod),
        },
        silentAt: ["40m"],
    },
    {
        alert: "NcclTelemetryStale",
        name: "the last file is old while GPUs train",
        series: { [textfile]: "0+60x9 540x60", [gpu("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 0)]: "0.4x60" },
        fires: { at: "26m", notBefore: "22m", labels: [{ node: "n1" }] },
    },
    {
        alert: "NcclTelemetryStale",
        name: "no job runs",
        series: { [textfile]: "0x60", [gpu("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 0)]: "0x60" },
        silentAt: ["40m"],
    },
];

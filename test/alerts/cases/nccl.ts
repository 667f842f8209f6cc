/** Cases of the group nccl. */
import { gpu, gpus, readyNode } from "../case";
import type { RuleCase } from "../case";

const collective = (metric: string, index: number, size = "1073741824", nodes = "4", node = "n1"): string =>
    `${metric}{slurm_job_id="research/gpt2",comm_name="world",collective="AllReduce",message_size="${size}",algo_proto="ring_simple",n_nodes="${nodes}",nranks="32",gpu="${index.toString()}",node="${node}"}`;
const times = "nccl_collective_exec_time_microseconds";
const bandwidth = "nccl_bus_bandwidth_gbs";
const comm = [{ slurm_job_id: "research/gpt2" }];
const pod = `,namespace="research",pod="gpt2-node-0-0-x7k2p"`;
const otherPod = `,namespace="research",pod="gpt2-node-0-1-b9c4d"`;
const ranks = (values: (rank: number) => string): { [series: string]: string } =>
    Object.fromEntries(Array.from({ length: 8 }, (_, index) => [collective(times, index), values(index)]));
/** A file of now; promtool's clock begins at 0. */
const textfile = `node_textfile_mtime_seconds{node="n1",file="/var/lib/kilogpu/textfile/nccl/nccl_inspector_metrics_GPU-1.prom"}`;

const fresh = { [textfile]: "0+60x200" };
const live = (values: (rank: number) => string): { [series: string]: string } => ({ ...fresh, ...ranks(values) });
const hangs = (engine: (index: number) => string, tensor: string, dram: string): { [series: string]: string } => ({
    ...gpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 8, engine, pod),
    ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 8, () => tensor, pod),
    ...gpus("DCGM_FI_PROF_DRAM_ACTIVE", "n1", 8, () => dram, pod),
    ...gpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n2", 8, engine, otherPod),
    ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n2", 8, () => tensor, otherPod),
    ...gpus("DCGM_FI_PROF_DRAM_ACTIVE", "n2", 8, () => dram, otherPod),
});

export const ncclCases: RuleCase[] = [
    {
        alert: "NcclAllReduceSlow",
        name: "twice the time of the hour before",
        series: live(() => "1000x80 2000x60"),
        fires: { at: "90m", notBefore: "80m", labels: comm },
    },
    {
        alert: "NcclAllReduceSlow",
        name: "a tenth more, and a burst of three minutes",
        series: live(() => "1000x80 1100x20 2500x2 1100x60"),
        silentAt: ["90m", "104m", "120m"],
    },
    {
        alert: "NcclAllReduceSlow",
        name: "inside one node",
        series: { ...fresh, [collective(times, 0, "1", "1")]: "1000x80 9000x60" },
        silentAt: ["95m"],
    },
    {
        alert: "NcclBusBandwidthLow",
        name: "100 GB/s where 300 is declared",
        series: {
            ...readyNode("n1", "h200"),
            ...fresh,
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
            ...fresh,
            [collective(bandwidth, 0)]: "240x40",
            [collective(bandwidth, 0, "1024")]: "1x40",
        },
        silentAt: ["30m"],
    },
    {
        alert: "NcclStraggler",
        name: "rank 5 arrives last: its own time is the shortest",
        series: live((rank) => (rank === 5 ? "300x40" : "1000x40")),
        fires: { at: "6m", notBefore: "4m", labels: [{ node: "n1", gpu: "5" }] },
    },
    {
        alert: "NcclStraggler",
        name: "the longest time is no straggler",
        series: live((rank) => (rank === 5 ? "3000x40" : "1000x40")),
        silentAt: ["30m"],
    },
    {
        alert: "NcclHang",
        name: "both pods spin: one alert for the job",
        series: hangs(() => "0.99x60", "0.4x9 0x60", "0.4x9 0.002x60"),
        fires: { at: "21m", notBefore: "18m", labels: [{ namespace: "research", job_name: "gpt2" }] },
    },
    {
        alert: "NcclHang",
        name: "two ranks never came: their GPUs idle, the others wait for them",
        series: hangs((index) => (index === 3 ? "0x60" : "0.99x60"), "0x60", "0.002x60"),
        fires: { at: "21m", notBefore: "9m", labels: [{ namespace: "research", job_name: "gpt2" }] },
    },
    {
        alert: "NcclHang",
        name: "one GPU spins in a checkpoint, and all train on",
        series: {
            ...hangs(() => "0.99x60", "0x60", "0.002x60"),
            ...gpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "n1", 8, (index) => (index === 0 ? "0x60" : "0.4x60"), pod),
        },
        silentAt: ["40m"],
    },
    {
        alert: "NcclHang",
        name: "work without tensor cores reads and writes memory",
        series: hangs(() => "0.99x60", "0x60", "0.5x60"),
        silentAt: ["40m"],
    },
    {
        alert: "NcclHang",
        name: "idle GPUs do not spin",
        series: hangs(() => "0x60", "0x60", "0x60"),
        silentAt: ["40m"],
    },
    {
        alert: "NcclStraggler",
        name: "the files of a job that was killed half an hour ago",
        series: { ...ranks((rank) => (rank === 5 ? "300x60" : "1000x60")), [textfile]: "0x60" },
        silentAt: ["20m", "40m"],
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

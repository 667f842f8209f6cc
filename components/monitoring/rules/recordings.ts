/**
 * Recorded series that alerts and dashboards share: expectations from the declaration, and what is seen of it. An expectation is
 * a series per node, joined on the node's own label, so that a cluster without GPUs has none of them and every alert stays silent.
 */
import { alertThresholds, pcieReplaysPerMinute } from "../../../catalog/alerts";
import type { GroupFacts } from "../infrastructure";
import { totalGpus } from "../infrastructure";
import { jobOfPod } from "./job-of-pod";
import type { Recording, RuleSource } from "./rule";

/** Prometheus' name of a node label in kube_node_labels. */
export function promLabel(label: string): string {
    return `label_${label.replace(/[^a-zA-Z0-9]/g, "_")}`;
}

function expectation(
    record: string,
    help: string,
    groups: readonly GroupFacts[],
    value: (group: GroupFacts) => number,
): Recording[] {
    return groups
        .filter((group) => value(group) > 0)
        .map((group) => ({
            record,
            expr: `max by (node) (kube_node_labels{${promLabel(group.label)}="${group.labelValue}"}) * ${value(group).toString()}`,
            labels: { capacity_group: group.name },
            help,
        }));
}

/** Expectations from the declared infrastructure. */
export const expectations: RuleSource = {
    name: "expectations",
    title: "What was declared",
    recordings: ({ groups, plannedSeries }) => [
        ...expectation(
            "node:kilogpu_expected_gpus",
            "GPUs that the node was bought with.",
            groups,
            (group) => group.gpusPerNode,
        ),
        ...expectation(
            "node:kilogpu_expected_schedulable_gpus",
            "nvidia.com/gpu that the node should offer to pods.",
            groups,
            (group) => group.schedulableGpusPerNode,
        ),
        ...expectation(
            "node:kilogpu_expected_rdma_ports",
            "InfiniBand or RoCE ports of the node.",
            groups,
            (group) => group.rdmaPorts,
        ),
        ...expectation(
            "node:kilogpu_expected_port_rate_bytes",
            "Rate of one RDMA port, bytes a second.",
            groups,
            (group) => (group.portGbps * 1e9) / 8,
        ),
        ...expectation(
            "node:kilogpu_expected_efa",
            "EFA interfaces that the node should offer to pods.",
            groups,
            (group) => group.efaPerNode,
        ),
        ...expectation(
            "node:kilogpu_expected_pcie_generation",
            "PCIe generation of the GPUs' links.",
            groups,
            (group) => group.pcieGeneration,
        ),
        ...expectation("node:kilogpu_expected_pcie_width", "Lanes of the GPUs' links.", groups, (group) =>
            group.pcieGeneration > 0 ? alertThresholds.pcie.lanes : 0,
        ),
        ...expectation(
            "node:kilogpu_expected_pcie_replays",
            "PCIe replays a minute that are still healthy.",
            groups,
            (group) => (group.pcieGeneration > 0 ? pcieReplaysPerMinute(group.pcieGeneration) : 0),
        ),
        ...expectation(
            "node:kilogpu_expected_bus_bandwidth_gbs",
            "Floor of all_reduce bus bandwidth over many nodes, GB/s.",
            groups,
            (group) => group.busBandwidthFloorGBs,
        ),
        ...expectation(
            "node:kilogpu_usd_per_hour",
            "What the node costs, USD an hour.",
            groups,
            (group) => group.usdPerHour,
        ),
        ...expectation(
            "node:kilogpu_gpu_power_watts",
            "Peak power of one GPU, W.",
            groups,
            (group) => group.gpuPowerWatts,
        ),
        ...groups.map((group) => ({
            record: "group:kilogpu_declared_nodes",
            expr: `vector(${group.nodes.toString()})`,
            labels: { capacity_group: group.name },
            help: "Nodes that were declared.",
        })),
        {
            record: "cluster:kilogpu_declared_gpus",
            expr: `vector(${totalGpus(groups).toString()})`,
            help: "GPUs that were declared.",
        },
        {
            record: "cluster:kilogpu_planned_series",
            expr: `vector(${plannedSeries.toString()})`,
            help: "Series that Prometheus was sized for.",
        },
    ],
};

/** Every expectation there is. What was not declared (a price, a bandwidth, PCIe where NVLink-C2C is) has no series. */
export const expectationNames = [
    "node:kilogpu_expected_gpus",
    "node:kilogpu_expected_schedulable_gpus",
    "node:kilogpu_expected_rdma_ports",
    "node:kilogpu_expected_port_rate_bytes",
    "node:kilogpu_expected_efa",
    "node:kilogpu_expected_pcie_generation",
    "node:kilogpu_expected_pcie_width",
    "node:kilogpu_expected_pcie_replays",
    "node:kilogpu_expected_bus_bandwidth_gbs",
    "node:kilogpu_usd_per_hour",
    "node:kilogpu_gpu_power_watts",
] as const;

/** What ranks of this minute say of AllReduce over nodes. */
const acrossNodes = `nccl_collective_exec_time_microseconds{collective="AllReduce",n_nodes!="1"} and on (node) node:kilogpu_nccl_fresh`;

/** A node counts once it is Ready and its boot is ten minutes ago: a reboot or a new node must not page. */
export const observations: RuleSource = {
    name: "observations",
    title: "What is seen",
    recordings: () => [
        {
            record: "node:kilogpu_in_service",
            expr: `max by (node) (kube_node_status_condition{condition="Ready",status="true"} == 1)
  unless on (node) (time() - max by (node) (node_boot_time_seconds) < 600)`,
            help: "1 for nodes that are Ready and have been up for ten minutes.",
        },
        {
            record: "node:kilogpu_gpus_visible",
            expr: "count by (node) (count by (node, UUID) (DCGM_FI_DEV_GPU_TEMP))",
            help: "GPUs that answer DCGM.",
        },
        {
            record: "node:kilogpu_tensor_active",
            expr: "avg by (node) (DCGM_FI_PROF_PIPE_TENSOR_ACTIVE)",
            help: "Share of cycles in which tensor cores work, mean of the node's GPUs.",
        },
        {
            record: "node:kilogpu_engine_active",
            expr: "avg by (node) (DCGM_FI_PROF_GR_ENGINE_ACTIVE)",
            help: "Share of time in which GPUs work at all, mean of the node's GPUs.",
        },
        {
            record: "job:kilogpu_engine_active:avg",
            expr: `avg by (namespace, job_name) (${jobOfPod('DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""}')})`,
            help: "Share of time in which GPUs work at all, mean of the job's GPUs.",
        },
        {
            record: "job:kilogpu_tensor_active:max",
            expr: `max by (namespace, job_name) (${jobOfPod('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{pod!=""}')})`,
            help: "Share of cycles in which tensor cores work, on the job's busiest GPU.",
        },
        {
            record: "job:kilogpu_dram_active:max",
            expr: `max by (namespace, job_name) (${jobOfPod('DCGM_FI_PROF_DRAM_ACTIVE{pod!=""}')})`,
            help: "Share of cycles in which GPU memory is read or written, on the job's busiest GPU.",
        },
        {
            record: "cluster:kilogpu_engine_active",
            expr: `avg(DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""})`,
            help: "Share of time in which allocated GPUs work.",
        },
        {
            record: "cluster:kilogpu_gpus_allocatable",
            expr: `sum(kube_node_status_allocatable{resource="nvidia_com_gpu"} unless on (node) (kube_node_spec_unschedulable == 1))`,
            help: "GPUs that pods can have, cordoned nodes left out.",
        },
        {
            record: "node:kilogpu_gpus_requested",
            expr: `sum by (node) (
  kube_pod_container_resource_requests{resource="nvidia_com_gpu",node!=""}
  and on (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Running"} == 1)
)`,
            help: "GPUs that pods on the node hold.",
        },
        {
            record: "cluster:kilogpu_gpus_requested",
            expr: `sum(
  kube_pod_container_resource_requests{resource="nvidia_com_gpu"}
  and on (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Running"} == 1)
)`,
            help: "GPUs that pods hold or wait for.",
        },
        {
            record: "node:kilogpu_rdma_transmit_bytes:rate5m",
            expr: `sum by (node) (rate(node_infiniband_port_data_transmitted_bytes_total[5m]))
  or sum by (node) (rate(node_amazonefa_tx_bytes[5m]))`,
            help: "Bytes a second that leave the node by RDMA.",
        },
        {
            record: "node:kilogpu_tcp_transmit_bytes:rate5m",
            expr: `sum by (node) (rate(node_network_transmit_bytes_total{device=~"e(n|th).*|bond.*"}[5m]))`,
            help: "Bytes a second that leave the node by its network devices; RDMA bypasses them.",
        },
        {
            record: "port:kilogpu_rdma_transmit_bytes:rate5m",
            expr: `sum by (node, device, port) (rate(node_infiniband_port_data_transmitted_bytes_total[5m]))
  or sum by (node, device, port) (rate(node_amazonefa_tx_bytes[5m]))`,
            help: "Bytes a second that leave one RDMA port.",
        },
        {
            record: "node:kilogpu_nccl_fresh",
            // A job that is killed leaves its last files behind, and the node exporter serves them until the next job overwrites them.
            expr: `time() - max by (node) (node_textfile_mtime_seconds{file=~".*nccl_inspector_metrics.*"}) < 120`,
            help: "Age of NCCL Inspector's newest file, seconds, where it is of now: four of its intervals.",
        },
        {
            record: "comm:nccl_allreduce_us:avg",
            expr: `avg by (slurm_job_id, comm_name, message_size, algo_proto) (${acrossNodes})`,
            help: "Time of an AllReduce over nodes, mean of the ranks, microseconds.",
        },
        {
            record: "comm:nccl_allreduce_us:median",
            expr: `quantile by (slurm_job_id, comm_name, message_size, algo_proto) (0.5, ${acrossNodes})`,
            help: "Time of an AllReduce over nodes, median of the ranks, microseconds.",
        },
    ],
};

/**
 * A job's series by what its pods serve, else by what it wrote into its TrainJob's status (`named` there). Statistics are the same for
 * both, so that a job without a line of code for it is watched too.
 */
function ofJob(metric: string, named: string, trainJobStatus = false): string {
    const served = `max by (namespace, job_name) (${metric})`;
    return trainJobStatus
        ? `${served}
  or on (namespace, job_name) max by (namespace, job_name) (label_replace(kube_customresource_trainjob_metric{metric=~"${named}"}, "job_name", "$1", "name", "(.+)"))`
        : served;
}

/** Statistics of a job's loss and gradients; the last minute is left out, so that an outlier does not judge itself. */
export const trainingStatistics: RuleSource = {
    name: "training-statistics",
    title: "Statistics of training",
    interval: "30s",
    recordings: ({ trainJobStatus }) => [
        {
            record: "job:train_loss",
            expr: ofJob("train_loss", "loss|train_loss", trainJobStatus),
            help: "Loss of the job; rank 0 alone exports it.",
        },
        {
            record: "job:train_step",
            expr: ofJob("train_step", "step|global_step", trainJobStatus),
            help: "Step of the job.",
        },
        {
            record: "job:train_grad_norm",
            expr: ofJob("train_grad_norm", "grad_norm", trainJobStatus),
            help: "Gradient norm of the job.",
        },
        {
            record: "job:train_loss:mean30m",
            expr: "avg_over_time(job:train_loss[30m] offset 1m)",
            help: "Moving average of the loss.",
        },
        {
            record: "job:train_loss:deviation30m",
            expr: "stddev_over_time(job:train_loss[30m] offset 1m)",
            help: "Standard deviation of the loss around its moving average.",
        },
        {
            record: "job:train_loss:median30m",
            expr: "quantile_over_time(0.5, job:train_loss[30m] offset 1m)",
            help: "Median of the loss.",
        },
        {
            record: "job:train_loss:robust_deviation30m",
            // 0.6745 standard deviations lie between median and lower quartile. The upper quartile is left out: a jump upwards
            // reaches it when it fills a quarter of the window, the median only when it fills half of it.
            expr: `(quantile_over_time(0.5, job:train_loss[30m] offset 1m) - quantile_over_time(0.25, job:train_loss[30m] offset 1m)) / 0.6745`,
            help: "Deviation of the loss, from median and lower quartile: half of the window may be outliers.",
        },
        {
            record: "job:train_grad_norm:median1h",
            expr: "quantile_over_time(0.5, job:train_grad_norm[1h] offset 1m)",
            help: "Median of the gradient norm.",
        },
        {
            record: "job:train_tokens:rate5m",
            expr: "sum by (namespace, job_name) (rate(train_tokens_total[5m]))",
            help: "Tokens a second.",
        },
    ],
};

/** The seven dashboards. Queries use catalogue names; build.ts checks them and puts in the names that are deployed. */
import type { Infrastructure } from "../infrastructure";
import type { DashboardSource, Panel } from "./panel";

const job = 'namespace="$namespace",job_name="$job"';
const node = 'node="$node"';
const jobVariables = [
    { name: "namespace", metric: "train_step", label: "namespace" },
    { name: "job", metric: "train_step", label: "job_name" },
];

const dollars = (used: string): string => `sum(node:kilogpu_usd_per_hour * on (node) ${used})`;

function fleet(): DashboardSource {
    return {
        name: "fleet",
        title: "kilogpu / fleet",
        rows: [
            {
                title: "Now",
                panels: [
                    {
                        title: "GPUs declared",
                        kind: "stat",
                        width: 4,
                        queries: [{ expr: "cluster:kilogpu_declared_gpus", legend: "" }],
                    },
                    {
                        title: "GPUs seen",
                        kind: "stat",
                        width: 4,
                        queries: [{ expr: "sum(node:kilogpu_gpus_visible)", legend: "" }],
                    },
                    {
                        title: "GPUs held by pods",
                        kind: "stat",
                        width: 4,
                        queries: [{ expr: "cluster:kilogpu_gpus_requested", legend: "" }],
                    },
                    {
                        title: "Nodes not in service",
                        kind: "stat",
                        width: 4,
                        queries: [
                            {
                                expr: "count(node:kilogpu_expected_gpus) - count(node:kilogpu_in_service and on (node) node:kilogpu_expected_gpus)",
                                legend: "",
                            },
                        ],
                    },
                    {
                        title: "USD an hour, working",
                        kind: "stat",
                        unit: "currencyUSD",
                        width: 4,
                        help: "Price of the nodes times the share of their GPUs that pods hold.",
                        queries: [
                            {
                                expr: dollars(
                                    "(node:kilogpu_gpus_requested / on (node) sum by (node) (node:kilogpu_expected_schedulable_gpus))",
                                ),
                                legend: "",
                            },
                        ],
                    },
                    {
                        title: "USD an hour, idle",
                        kind: "stat",
                        unit: "currencyUSD",
                        width: 4,
                        queries: [
                            {
                                expr: dollars(
                                    "(1 - (node:kilogpu_gpus_requested / on (node) sum by (node) (node:kilogpu_expected_schedulable_gpus) or on (node) 0 * node:kilogpu_expected_gpus))",
                                ),
                                legend: "",
                            },
                        ],
                    },
                ],
            },
            {
                title: "Use",
                panels: [
                    {
                        title: "GPUs",
                        width: 12,
                        queries: [
                            { expr: "cluster:kilogpu_gpus_allocatable", legend: "allocatable" },
                            { expr: "cluster:kilogpu_gpus_requested", legend: "held or asked for" },
                        ],
                    },
                    {
                        title: "Engine and tensor cores",
                        unit: "percentunit",
                        width: 12,
                        queries: [
                            { expr: "cluster:kilogpu_engine_active", legend: "engine" },
                            { expr: "avg(node:kilogpu_tensor_active)", legend: "tensor cores" },
                        ],
                    },
                    {
                        title: "Power",
                        unit: "watt",
                        width: 12,
                        queries: [
                            { expr: "sum(DCGM_FI_DEV_POWER_USAGE)", legend: "drawn" },
                            {
                                expr: "sum(node:kilogpu_gpu_power_watts * on (node) node:kilogpu_gpus_visible)",
                                legend: "limit of the GPUs seen",
                            },
                        ],
                    },
                    {
                        title: "Energy",
                        unit: "watt",
                        width: 12,
                        queries: [
                            {
                                expr: "sum(rate(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION[5m])) / 1000",
                                legend: "mean power by the energy counter",
                            },
                        ],
                    },
                ],
            },
            {
                title: "Health",
                panels: [
                    {
                        title: "Alerts that fire",
                        kind: "table",
                        width: 12,
                        queries: [
                            {
                                expr: 'count by (alertname, severity, node, namespace) (ALERTS{alertstate="firing"})',
                                legend: "",
                            },
                        ],
                    },
                    {
                        title: "XIDs in the last window",
                        width: 12,
                        queries: [
                            { expr: "sum by (node, xid) (DCGM_EXP_XID_ERRORS_COUNT)", legend: "{{node}} XID {{xid}}" },
                        ],
                    },
                    {
                        title: "Hottest GPU by node",
                        unit: "celsius",
                        width: 12,
                        queries: [{ expr: "topk(10, max by (node) (DCGM_FI_DEV_GPU_TEMP < 150))", legend: "{{node}}" }],
                    },
                    {
                        title: "Rows remapped",
                        width: 12,
                        queries: [
                            {
                                expr: "sum by (node) (DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS) > 0",
                                legend: "{{node}} uncorrectable",
                            },
                            {
                                expr: "sum by (node) (DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS) > 0",
                                legend: "{{node}} correctable",
                            },
                        ],
                    },
                ],
            },
        ],
    };
}

function nodeBoard(): DashboardSource {
    const perGpu = (title: string, metric: string, unit?: string): Panel => ({
        title,
        ...(unit === undefined ? {} : { unit }),
        queries: [{ expr: `max by (gpu) (${metric}{${node}})`, legend: "GPU {{gpu}}" }],
    });
    return {
        name: "node",
        title: "kilogpu / node",
        variables: [{ name: "node", metric: "DCGM_FI_DEV_GPU_TEMP", label: "node" }],
        rows: [
            {
                title: "GPUs",
                panels: [
                    perGpu("Engine", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "percentunit"),
                    perGpu("Tensor cores", "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "percentunit"),
                    perGpu("Memory bandwidth", "DCGM_FI_PROF_DRAM_ACTIVE", "percentunit"),
                    perGpu("Memory used", "DCGM_FI_DEV_FB_USED", "decmbytes"),
                    perGpu("Temperature", "DCGM_FI_DEV_GPU_TEMP", "celsius"),
                    perGpu("Memory temperature", "DCGM_FI_DEV_MEMORY_TEMP", "celsius"),
                    perGpu("Power", "DCGM_FI_DEV_POWER_USAGE", "watt"),
                    perGpu("SM clock", "DCGM_FI_DEV_SM_CLOCK", "rotmhz"),
                    {
                        title: "Throttled",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_THERMAL_VIOLATION{${node}}[5m])) / 1e9`,
                                legend: "GPU {{gpu}} heat",
                            },
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_POWER_VIOLATION{${node}}[5m])) / 1e9`,
                                legend: "GPU {{gpu}} power",
                            },
                        ],
                    },
                    perGpu("NVLink sent", "DCGM_FI_PROF_NVLINK_TX_BYTES", "Bps"),
                    perGpu("NVLink received", "DCGM_FI_PROF_NVLINK_RX_BYTES", "Bps"),
                    {
                        title: "PCIe replays a minute",
                        queries: [
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER{${node}}[5m])) * 60`,
                                legend: "GPU {{gpu}}",
                            },
                            { expr: `max(node:kilogpu_expected_pcie_replays{${node}})`, legend: "limit" },
                        ],
                    },
                ],
            },
            {
                title: "Machine",
                panels: [
                    {
                        title: "Memory available",
                        unit: "bytes",
                        queries: [{ expr: `node_memory_MemAvailable_bytes{${node}}`, legend: "available" }],
                    },
                    {
                        title: "Disks free",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `min by (mountpoint) (node_filesystem_avail_bytes{${node}} / node_filesystem_size_bytes{${node}})`,
                                legend: "{{mountpoint}}",
                            },
                        ],
                    },
                    {
                        title: "Network",
                        unit: "Bps",
                        queries: [
                            {
                                expr: `sum by (device) (rate(node_network_receive_bytes_total{${node}}[5m]))`,
                                legend: "{{device}} in",
                            },
                            {
                                expr: `sum by (device) (rate(node_network_transmit_bytes_total{${node}}[5m]))`,
                                legend: "{{device}} out",
                            },
                        ],
                    },
                    {
                        title: "Taints",
                        kind: "table",
                        width: 12,
                        queries: [{ expr: `max by (key, value, effect) (kube_node_spec_taint{${node}})`, legend: "" }],
                    },
                    {
                        title: "Pods",
                        kind: "table",
                        width: 12,
                        queries: [{ expr: `max by (namespace, pod) (kube_pod_info{${node}})`, legend: "" }],
                    },
                ],
            },
        ],
    };
}

function jobBoard(): DashboardSource {
    const one = (title: string, metric: string, unit?: string): Panel => ({
        title,
        ...(unit === undefined ? {} : { unit }),
        queries: [{ expr: `max(${metric}{${job}})`, legend: title.toLowerCase() }],
    });
    const productive = `sum(increase(train_productive_seconds_total{${job}}[1h]))`;
    return {
        name: "job",
        title: "kilogpu / job",
        variables: jobVariables,
        rows: [
            {
                title: "Learning",
                panels: [
                    {
                        title: "Loss",
                        width: 12,
                        help: "The band of the robust rule is the median and six deviations above it.",
                        queries: [
                            { expr: `max(train_loss{${job}})`, legend: "loss" },
                            { expr: `max(job:train_loss:median30m{${job}})`, legend: "median of 30 minutes" },
                            {
                                expr: `max(job:train_loss:median30m{${job}} + 6 * job:train_loss:robust_deviation30m{${job}})`,
                                legend: "limit",
                            },
                            {
                                expr: `max(job:train_loss:mean30m{${job}} + 3 * job:train_loss:deviation30m{${job}})`,
                                legend: "three sigma",
                            },
                        ],
                    },
                    {
                        title: "Gradient norm",
                        width: 12,
                        queries: [
                            { expr: `max(train_grad_norm{${job}})`, legend: "norm" },
                            { expr: `max(job:train_grad_norm:median1h{${job}})`, legend: "median of an hour" },
                        ],
                    },
                    one("Learning rate", "train_learning_rate"),
                    one("Loss scale", "train_amp_loss_scale"),
                    {
                        title: "Anomalies, rollbacks, skipped steps",
                        queries: [
                            { expr: `sum(increase(train_anomalies_total{${job}}[10m]))`, legend: "anomalies" },
                            { expr: `sum(increase(train_rollbacks_total{${job}}[10m]))`, legend: "rollbacks" },
                            {
                                expr: `sum(increase(train_amp_skipped_steps_total{${job}}[10m]))`,
                                legend: "steps the scaler skipped",
                            },
                        ],
                    },
                    {
                        title: "Reported by the TrainJob itself",
                        queries: [
                            {
                                expr: 'max by (metric) (kube_customresource_trainjob_metric{namespace="$namespace",name="$job"})',
                                legend: "{{metric}}",
                            },
                        ],
                    },
                    {
                        title: "Progress",
                        kind: "stat",
                        unit: "percent",
                        queries: [
                            {
                                expr: 'max(kube_customresource_trainjob_progress{namespace="$namespace",name="$job"})',
                                legend: "",
                            },
                        ],
                    },
                    one("Step", "train_step"),
                ],
            },
            {
                title: "Speed",
                panels: [
                    {
                        title: "Tokens a second",
                        queries: [{ expr: `sum(job:train_tokens:rate5m{${job}})`, legend: "tokens" }],
                    },
                    one("Model FLOPs utilisation", "train_mfu_ratio", "percentunit"),
                    {
                        title: "Effective training time",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `${productive} / (${productive} + sum(increase(train_lost_seconds_total{${job}}[1h])))`,
                                legend: "of the last hour",
                            },
                        ],
                    },
                    {
                        title: "Where the time goes",
                        unit: "percentunit",
                        width: 16,
                        help: "The largest besides compute is the root cause of a slow job.",
                        queries: [
                            { expr: `max by (cause) (job:kilogpu_slow_cause:share{${job}})`, legend: "{{cause}}" },
                        ],
                    },
                    one("World size", "train_world_size"),
                    {
                        title: "Waiting for data",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `sum(rate(train_data_wait_seconds_total{${job}}[5m])) / sum(rate(train_step_seconds_total{${job}}[5m]))`,
                                legend: "share of the step",
                            },
                        ],
                    },
                    {
                        title: "Slowest ranks",
                        unit: "s",
                        queries: [
                            {
                                expr: `topk(5, train_rank_compute_seconds{${job}})`,
                                legend: "rank {{rank}} on {{node}}",
                            },
                        ],
                    },
                    {
                        title: "Restarts",
                        queries: [{ expr: `max(train_restarts_total{${job}})`, legend: "since the first start" }],
                    },
                ],
            },
            {
                title: "Checkpoints",
                panels: [
                    {
                        title: "Age of the last one",
                        unit: "s",
                        queries: [
                            {
                                expr: `time() - max(train_checkpoint_last_success_timestamp_seconds{${job}})`,
                                legend: "age",
                            },
                            { expr: `max(train_checkpoint_interval_seconds{${job}})`, legend: "interval" },
                        ],
                    },
                    one("Time to storage", "train_checkpoint_write_seconds", "s"),
                    {
                        title: "Steps at risk",
                        queries: [
                            {
                                expr: `max(train_step{${job}}) - max(train_checkpoint_last_step{${job}})`,
                                legend: "steps",
                            },
                        ],
                    },
                ],
            },
            {
                title: "Memory",
                panels: [
                    {
                        title: "GPU memory of tensors",
                        unit: "bytes",
                        queries: [
                            {
                                expr: `max by (rank) (train_gpu_memory_allocated_bytes{${job}})`,
                                legend: "rank {{rank}}",
                            },
                        ],
                    },
                    {
                        title: "GPU memory of the allocator",
                        unit: "bytes",
                        queries: [
                            {
                                expr: `max by (rank) (train_gpu_memory_reserved_bytes{${job}})`,
                                legend: "rank {{rank}}",
                            },
                        ],
                    },
                    {
                        title: "Host memory",
                        unit: "bytes",
                        queries: [
                            { expr: `max by (rank) (train_process_resident_bytes{${job}})`, legend: "rank {{rank}}" },
                        ],
                    },
                ],
            },
            {
                title: "Logs",
                panels: [
                    {
                        title: "Lines by class",
                        width: 12,
                        queries: [
                            {
                                expr: 'sum by (log_class, role) (kilogpu_log_lines{namespace="$namespace"})',
                                legend: "{{log_class}} ({{role}})",
                            },
                        ],
                    },
                    {
                        title: "Error lines without a class",
                        width: 12,
                        queries: [
                            {
                                expr: 'sum(kilogpu_log_unclassified_lines{namespace="$namespace"})',
                                legend: "lines in five minutes",
                            },
                        ],
                    },
                ],
            },
        ],
    };
}

function fabricBoard({ losslessPriority }: Infrastructure): DashboardSource {
    const priority = losslessPriority.toString();
    const rail = (title: string, metric: string, unit?: string): Panel => ({
        title,
        ...(unit === undefined ? {} : { unit }),
        queries: [{ expr: `sum by (device) (rate(${metric}[5m]))`, legend: "{{device}}" }],
    });
    return {
        name: "fabric",
        title: "kilogpu / fabric",
        rows: [
            {
                title: "Rails",
                panels: [
                    {
                        title: "Sent by rail",
                        unit: "Bps",
                        width: 12,
                        help: "One device name is one rail; all should carry the same.",
                        queries: [
                            { expr: "sum by (device) (port:kilogpu_rdma_transmit_bytes:rate5m)", legend: "{{device}}" },
                        ],
                    },
                    rail("Received by rail", "node_infiniband_port_data_received_bytes_total", "Bps"),
                    {
                        title: "Ports active",
                        width: 12,
                        queries: [{ expr: "count by (device) (node_infiniband_state_id == 4)", legend: "{{device}}" }],
                    },
                    {
                        title: "Nodes by TCP traffic",
                        unit: "Bps",
                        width: 12,
                        queries: [{ expr: "topk(10, node:kilogpu_tcp_transmit_bytes:rate5m)", legend: "{{node}}" }],
                    },
                    {
                        title: "Nodes by RDMA traffic",
                        unit: "Bps",
                        width: 12,
                        queries: [{ expr: "topk(10, node:kilogpu_rdma_transmit_bytes:rate5m)", legend: "{{node}}" }],
                    },
                ],
            },
            {
                title: "InfiniBand and RoCE",
                panels: [
                    rail("Symbol errors", "node_infiniband_symbol_error_total"),
                    rail("Link downed", "node_infiniband_link_downed_total"),
                    rail("Waiting for credits, ticks", "node_infiniband_port_transmit_wait_total"),
                    rail("ECN-marked packets", "node_infiniband_np_ecn_marked_roce_packets_received_total"),
                    rail("CNP sent", "node_infiniband_np_cnp_packets_sent_total"),
                    rail("CNP handled", "node_infiniband_rp_cnp_packets_handled_total"),
                    rail("Out of sequence", "node_infiniband_out_of_sequence_packets_received_total"),
                    rail("Out of buffers", "node_infiniband_out_of_buffer_drops_total"),
                    rail("Acknowledgements lost", "node_infiniband_local_ack_timeout_errors_total"),
                    {
                        title: `Pauses on priority ${priority}`,
                        queries: [
                            {
                                expr: `sum by (device) (rate(node_ethtool_received_prio${priority}_pause[5m]))`,
                                legend: "{{device}} in",
                            },
                            {
                                expr: `sum by (device) (rate(node_ethtool_transmitted_prio${priority}_pause[5m]))`,
                                legend: "{{device}} out",
                            },
                        ],
                    },
                ],
            },
            {
                title: "EFA",
                panels: [
                    rail("Received", "node_amazonefa_rx_bytes", "Bps"),
                    rail("RDMA read", "node_amazonefa_rdma_read_bytes", "Bps"),
                    rail("RDMA written", "node_amazonefa_rdma_write_bytes", "Bps"),
                    rail("Sent again", "node_amazonefa_retrans_pkts"),
                    rail("Timeouts", "node_amazonefa_retrans_timeout_events"),
                    rail("Drops", "node_amazonefa_rx_drops"),
                ],
            },
        ],
    };
}

function ncclBoard(): DashboardSource {
    return {
        name: "nccl",
        title: "kilogpu / NCCL",
        rows: [
            {
                title: "Collectives over nodes",
                panels: [
                    {
                        title: "Bus bandwidth of AllReduce",
                        unit: "GBs",
                        width: 12,
                        queries: [
                            {
                                expr: 'max by (slurm_job_id, message_size) (nccl_bus_bandwidth_gbs{collective="AllReduce",n_nodes!="1"})',
                                legend: "{{slurm_job_id}} {{message_size}}",
                            },
                        ],
                    },
                    {
                        title: "Time of AllReduce, mean",
                        unit: "µs",
                        width: 12,
                        queries: [{ expr: "comm:nccl_allreduce_us:avg", legend: "{{slurm_job_id}} {{message_size}}" }],
                    },
                    {
                        title: "Share of the median: the shortest is the straggler",
                        unit: "percentunit",
                        width: 12,
                        queries: [
                            {
                                expr: 'bottomk(5, nccl_collective_exec_time_microseconds{collective="AllReduce",n_nodes!="1"} / on (slurm_job_id, comm_name, message_size, algo_proto) group_left () comm:nccl_allreduce_us:median)',
                                legend: "{{node}} GPU {{gpu}}",
                            },
                        ],
                    },
                    {
                        title: "Other collectives",
                        unit: "µs",
                        width: 12,
                        queries: [
                            {
                                expr: 'avg by (slurm_job_id, collective) (nccl_collective_exec_time_microseconds{collective!="AllReduce"})',
                                legend: "{{slurm_job_id}} {{collective}}",
                            },
                        ],
                    },
                    {
                        title: "Age of the text files",
                        unit: "s",
                        width: 12,
                        queries: [
                            {
                                expr: 'time() - max by (node) (node_textfile_mtime_seconds{file=~".*nccl.*"})',
                                legend: "{{node}}",
                            },
                        ],
                    },
                ],
            },
        ],
    };
}

function queueBoard(): DashboardSource {
    const gpus = 'resource="nvidia.com/gpu"';
    return {
        name: "queues",
        title: "kilogpu / queues",
        rows: [
            {
                title: "Shares",
                panels: [
                    {
                        title: "GPUs reserved",
                        width: 12,
                        queries: [
                            {
                                expr: `sum by (cluster_queue) (kueue_cluster_queue_resource_reservation{${gpus}})`,
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "GPUs used",
                        width: 12,
                        queries: [
                            {
                                expr: `sum by (cluster_queue) (kueue_cluster_queue_resource_usage{${gpus}})`,
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "GPUs owned",
                        queries: [
                            {
                                expr: `sum by (cluster_queue) (kueue_cluster_queue_nominal_quota{${gpus}})`,
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "GPUs borrowed",
                        queries: [
                            {
                                expr: `clamp_min(sum by (cluster_queue) (kueue_cluster_queue_resource_reservation{${gpus}}) - sum by (cluster_queue) (kueue_cluster_queue_nominal_quota{${gpus}}), 0)`,
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "May borrow",
                        queries: [
                            {
                                expr: `sum by (cluster_queue) (kueue_cluster_queue_borrowing_limit{${gpus}})`,
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "Weighted share",
                        queries: [
                            {
                                expr: "max by (cluster_queue) (kueue_cluster_queue_weighted_share)",
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                ],
            },
            {
                title: "Waiting",
                panels: [
                    {
                        title: "Workloads",
                        width: 12,
                        queries: [
                            {
                                expr: "sum by (cluster_queue, status) (kueue_pending_workloads)",
                                legend: "{{cluster_queue}} {{status}}",
                            },
                            {
                                expr: "sum by (cluster_queue) (kueue_admitted_active_workloads)",
                                legend: "{{cluster_queue}} running",
                            },
                        ],
                    },
                    {
                        title: "Wait until admission, ninetieth percentile",
                        unit: "s",
                        width: 12,
                        queries: [
                            {
                                expr: "histogram_quantile(0.9, sum by (cluster_queue, le) (rate(kueue_admission_wait_time_seconds_bucket[1h])))",
                                legend: "{{cluster_queue}}",
                            },
                        ],
                    },
                    {
                        title: "Preempted",
                        width: 12,
                        queries: [
                            {
                                expr: "sum by (preempting_cluster_queue, reason) (increase(kueue_preempted_workloads_total[1h]))",
                                legend: "by {{preempting_cluster_queue}}: {{reason}}",
                            },
                        ],
                    },
                    {
                        title: "Evicted",
                        width: 12,
                        queries: [
                            {
                                expr: "sum by (cluster_queue, reason) (increase(kueue_evicted_workloads_total[1h]))",
                                legend: "{{cluster_queue}}: {{reason}}",
                            },
                        ],
                    },
                    {
                        title: "Held and idle",
                        kind: "table",
                        width: 24,
                        help: "Pods whose GPUs did nothing for half an hour.",
                        queries: [
                            {
                                expr: 'avg by (namespace, pod) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""}[30m])) < 0.05',
                                legend: "",
                            },
                        ],
                    },
                ],
            },
        ],
    };
}

function capacityBoard(): DashboardSource {
    return {
        name: "capacity",
        title: "kilogpu / capacity",
        rows: [
            {
                title: "Forecast",
                panels: [
                    {
                        title: "GPUs",
                        width: 24,
                        queries: [
                            { expr: "cluster:kilogpu_gpus_requested", legend: "held or asked for" },
                            { expr: "cluster:kilogpu_gpus_allocatable", legend: "allocatable" },
                            {
                                expr: "predict_linear(cluster:kilogpu_gpus_requested[7d], 1209600)",
                                legend: "asked for in 14 days, by the trend of seven",
                            },
                        ],
                    },
                    {
                        title: "GPUs short in 14 days",
                        kind: "stat",
                        queries: [
                            {
                                expr: "clamp_min(predict_linear(cluster:kilogpu_gpus_requested[7d], 1209600) - cluster:kilogpu_gpus_allocatable, 0)",
                                legend: "",
                            },
                        ],
                    },
                    {
                        title: "Free, by node",
                        kind: "bargauge",
                        queries: [
                            {
                                expr: "sum by (node) (node:kilogpu_expected_schedulable_gpus) - on (node) node:kilogpu_gpus_requested",
                                legend: "{{node}}",
                            },
                        ],
                    },
                    {
                        title: "Nodes",
                        queries: [
                            {
                                expr: "count by (capacity_group) (node:kilogpu_expected_gpus)",
                                legend: "{{capacity_group}} joined",
                            },
                            {
                                expr: "sum by (capacity_group) (group:kilogpu_declared_nodes)",
                                legend: "{{capacity_group}} declared",
                            },
                        ],
                    },
                    {
                        title: "Checkpoint volumes, days left",
                        unit: "d",
                        width: 12,
                        queries: [
                            {
                                expr: "kubelet_volume_stats_available_bytes / clamp_min(-deriv(kubelet_volume_stats_available_bytes[6h]) * 86400, 1)",
                                legend: "{{namespace}}/{{persistentvolumeclaim}}",
                            },
                        ],
                    },
                    {
                        title: "Series of Prometheus",
                        width: 12,
                        queries: [
                            { expr: "max(prometheus_tsdb_head_series)", legend: "held" },
                            { expr: "cluster:kilogpu_planned_series", legend: "planned" },
                        ],
                    },
                ],
            },
        ],
    };
}

/** All dashboards of an infrastructure. */
export function dashboardSources(infrastructure: Infrastructure): DashboardSource[] {
    return [fleet(), nodeBoard(), jobBoard(), fabricBoard(infrastructure), ncclBoard(), queueBoard(), capacityBoard()];
}

/** Collectives as NCCL Inspector sees them, and the hang that needs no telemetry of NCCL's. */
import { alertThresholds } from "../../../catalog/alerts";
import { notRepaired } from "./healing";
import type { Alert, RuleSource, Runbook } from "./rule";

const limits = alertThresholds.nccl;
const collective = (meaning: string, act: string[], healing: string): Runbook => ({
    meaning,
    look: ["Dashboard kilogpu / NCCL", "Dashboard kilogpu / fabric, the job's nodes", "`py-spy dump` on the slow rank"],
    act,
    healing,
});

const busBandwidthLow: Alert = {
    name: "NcclBusBandwidthLow",
    severity: "warning",
    for: "10m",
    // Small messages never reach the floor: the best size of a communicator is what the fabric can do.
    expr: `max by (slurm_job_id, comm_name, node) (avg by (slurm_job_id, comm_name, message_size, node) (nccl_bus_bandwidth_gbs{collective="AllReduce",n_nodes!="1"} and on (node) node:kilogpu_nccl_fresh))
  < on (node) group_left () (${limits.trainingShareOfFloor.toString()} * max by (node) (node:kilogpu_expected_bus_bandwidth_gbs))`,
    summary: "AllReduce of {{ $labels.slurm_job_id }} on {{ $labels.node }} is far below the fabric's bandwidth.",
    description:
        "{{ $value }} GB/s at its best message size; the declared floor is what idle nodes must reach in nccl-tests, half of it what training must.",
    runbook: collective(
        "The fabric does not deliver, or RDMA is not used.",
        ["TransportFellBackToSocket?", "Run nccl-tests' all_reduce_perf over the job's nodes when it has ended."],
        "None: the job goes on at this speed.",
    ),
};

export const nccl: RuleSource = {
    name: "nccl",
    title: "Collectives",
    alerts: () => [
        {
            name: "NcclAllReduceSlow",
            severity: "warning",
            for: "5m",
            expr: `comm:nccl_allreduce_us:avg > ${limits.slowerThanBefore.toString()} * avg_over_time(comm:nccl_allreduce_us:avg[1h] offset 10m)`,
            summary: "AllReduce of {{ $labels.slurm_job_id }} takes half as long again as an hour ago.",
            description: "{{ $value }} µs for {{ $labels.message_size }} over {{ $labels.comm_name }}.",
            runbook: collective(
                "The same messages take longer: network, neighbours or one slow rank.",
                ["Fabric alerts of the job's nodes first.", "Then NcclStraggler."],
                "None.",
            ),
        },
        busBandwidthLow,
        {
            name: "NcclStraggler",
            severity: "warning",
            for: "5m",
            // The straggler comes last and waits for nobody: its time is the shortest, everyone else's contains the waiting.
            expr: `avg by (slurm_job_id, comm_name, message_size, algo_proto, node, gpu) (nccl_collective_exec_time_microseconds{collective="AllReduce",n_nodes!="1"} and on (node) node:kilogpu_nccl_fresh)
  < on (slurm_job_id, comm_name, message_size, algo_proto) group_left () (${limits.stragglerShareOfMedian.toString()} * comm:nccl_allreduce_us:median)`,
            summary: "GPU {{ $labels.gpu }} of {{ $labels.node }} holds {{ $labels.slurm_job_id }} up.",
            description:
                "Its AllReduce takes {{ $value }} µs, far less than the median: it arrives last, and the others' time contains the wait for it.",
            runbook: collective(
                "Every step waits for this rank.",
                [
                    "GPU throttled, PCIe degraded, CPU or data loader slow on that node?",
                    "Replace the node at the next checkpoint.",
                ],
                notRepaired,
            ),
        },
        {
            name: "NcclHang",
            severity: "critical",
            for: "10m",
            // NCCL spins while it waits: engines are full, but tensor cores and memory are at rest on every GPU of the job. Half of the
            // ranks may be those that are waited for, or have no telemetry any more. Memory tells a hang from work without tensor cores.
            expr: `job:kilogpu_engine_active:avg > ${limits.hang.engineActive.toString()}
  and on (namespace, job_name) job:kilogpu_tensor_active:max < ${limits.hang.tensorActive.toString()}
  and on (namespace, job_name) job:kilogpu_dram_active:max < ${limits.hang.dramActive.toString()}`,
            summary: "{{ $labels.namespace }}/{{ $labels.job_name }} hangs in a collective.",
            description:
                "The job's GPUs are at {{ $value | humanizePercentage }} engine activity without tensor work or memory traffic for ten minutes.",
            runbook: collective(
                "A rank is gone or did not enter the collective.",
                [
                    "The job's earliest error line is the root: dashboard kilogpu / job, log classes.",
                    "`TORCH_NCCL_TRACE_BUFFER_SIZE` dumps name the rank that is missing.",
                ],
                "NCCL's watchdog ends the job after its timeout; JobSet restarts it from the last checkpoint.",
            ),
        },
        {
            name: "NcclTelemetryStale",
            severity: "info",
            for: "10m",
            expr: `time() - max by (node) (node_textfile_mtime_seconds{file=~".*nccl_inspector_metrics.*"}) > 300
  and on (node) node:kilogpu_tensor_active > 0.1`,
            summary: "NCCL Inspector on {{ $labels.node }} writes no more.",
            description:
                "Last text file {{ $value | humanizeDuration }} ago while GPUs train: the figures of collectives are old.",
            runbook: collective(
                "The other NCCL alerts judge old numbers here.",
                ["Is the folder writable for the pod? Is the plugin in the image?"],
                "None.",
            ),
        },
    ],
};

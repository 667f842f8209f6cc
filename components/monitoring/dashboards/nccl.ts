/** Collectives over nodes, as NCCL Inspector sees them. */
import type { DashboardSource } from "./panel";

/** Its dashboard. */
export function ncclBoard(): DashboardSource {
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

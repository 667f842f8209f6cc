/** Queues and tenants: shares, borrowing, waiting. */
import type { DashboardSource } from "./panel";

/** Its dashboard. */
export function queuesBoard(): DashboardSource {
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

/** What there will be too little of, and when. */
import type { DashboardSource } from "./panel";

/** Its dashboard. */
export function capacityBoard(): DashboardSource {
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

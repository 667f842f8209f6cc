/** The whole fleet: what there is, what it is used for, what it costs, what is ill. */
import type { DashboardSource } from "./panel";

const dollars = (used: string): string => `sum(node:kilogpu_usd_per_hour * on (node) ${used})`;

/** Its dashboard. */
export function fleetBoard(): DashboardSource {
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

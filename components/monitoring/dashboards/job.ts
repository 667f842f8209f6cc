/** One job: is it learning, how fast, where does the time go, what is at risk. */
import type { Infrastructure } from "../infrastructure";
import type { DashboardSource, Panel } from "./panel";

const job = 'namespace="$namespace",job_name="$job"';
const jobVariables = [
    { name: "namespace", metric: "job:train_loss", label: "namespace" },
    { name: "job", metric: "job:train_loss", label: "job_name" },
];

/** What the job has written into its TrainJob's status. */
function statusPanels(): Panel[] {
    return [
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
    ];
}

/** Its dashboard. */
export function jobBoard({ trainJobStatus }: Infrastructure): DashboardSource {
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
                            { expr: `max(job:train_loss{${job}})`, legend: "loss" },
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
                            { expr: `max(job:train_grad_norm{${job}})`, legend: "norm" },
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
                    ...(trainJobStatus === true ? statusPanels() : []),
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
                        title: "What began the failure",
                        kind: "table",
                        width: 24,
                        help: "The earliest line of a root class within half an hour, as Unix time in milliseconds; an echo only where no root was written.",
                        unit: "dateTimeAsIso",
                        queries: [
                            {
                                expr: `1000 * max by (log_class, role, pod, node) (job:kilogpu_log_root:seconds{${job}})`,
                                legend: "{{log_class}} on {{pod}}",
                            },
                        ],
                    },
                    {
                        title: "Lines by class",
                        width: 12,
                        queries: [
                            {
                                expr: `sum by (log_class, role) (kilogpu_log_lines{${job}})`,
                                legend: "{{log_class}} ({{role}})",
                            },
                        ],
                    },
                    {
                        title: "Error lines without a class",
                        width: 12,
                        queries: [
                            {
                                expr: `sum(kilogpu_log_unclassified_lines{${job}})`,
                                legend: "lines in five minutes",
                            },
                        ],
                    },
                ],
            },
        ],
    };
}

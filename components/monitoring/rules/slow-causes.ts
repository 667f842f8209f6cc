/**
 * Where the time of a slow job goes: one family of series, a share of the step for each cause. The largest is the root cause.
 * What is left after data, checkpoints, the slowest rank and computation is communication.
 */
import type { Recording, RuleSource } from "./rule";

const step =
    "sum by (namespace, job_name) (rate(train_step_seconds_total[10m]) + rate(train_checkpoint_stall_seconds_total[10m]))";
const stepsPerSecond = "max by (namespace, job_name) (rate(train_step[10m]))";

function cause(name: string, expr: string, help: string): Recording {
    return { record: "job:kilogpu_slow_cause:share", labels: { cause: name }, expr, help };
}

export const slowCauses: RuleSource = {
    name: "slow-causes",
    title: "Where the time of a job goes",
    recordings: () => [
        cause(
            "data",
            `sum by (namespace, job_name) (rate(train_data_wait_seconds_total[10m])) / ${step}`,
            "Waiting for batches.",
        ),
        cause(
            "checkpoint",
            `sum by (namespace, job_name) (rate(train_checkpoint_stall_seconds_total[10m])) / ${step}`,
            "Standing still for checkpoints.",
        ),
        cause(
            "compute",
            `quantile by (namespace, job_name) (0.5, train_rank_compute_seconds) * on (namespace, job_name) ${stepsPerSecond}`,
            "Forward and backward of the median rank.",
        ),
        cause(
            "straggler",
            `(max by (namespace, job_name) (train_rank_compute_seconds) - quantile by (namespace, job_name) (0.5, train_rank_compute_seconds)) * on (namespace, job_name) ${stepsPerSecond}`,
            "Waiting for the slowest rank.",
        ),
        cause(
            "communication",
            `clamp_min(1 - sum by (namespace, job_name) (job:kilogpu_slow_cause:share{cause=~"data|checkpoint|compute|straggler"}), 0)`,
            "What is left: collectives that computation does not hide.",
        ),
    ],
};

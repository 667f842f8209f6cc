/** The training itself: loss, gradients, steps, checkpoints, data, lost time. */
import { alertThresholds } from "../../../catalog/alerts";
import { gracePeriodSeconds } from "../../kubeflow/training-runtime";
import { notRepaired } from "./healing";
import type { RuleSource, Runbook } from "./rule";

const t = alertThresholds.training;
const job = "{{ $labels.namespace }}/{{ $labels.job_name }}";

const model = (meaning: string, act: string[], healing: string): Runbook => ({
    meaning,
    look: [
        "Dashboard kilogpu / job: loss, gradient norm, learning rate",
        "`kubectl logs` of rank 0, lines of kind `anomaly`",
    ],
    act,
    healing,
});
const rollback =
    "The loop in the training pod decides on the same limits: it goes back to a checkpoint before the anomaly and skips the data around it, a bounded number of times.";
const settled = `and on (namespace, job_name) job:train_step > ${t.warnAfterStep.toString()}`;

export const training: RuleSource = {
    name: "training",
    title: "Training",
    interval: "30s",
    alerts: ({ checkpointSeconds }) => [
        {
            name: "TrainingLossAnomaly",
            severity: "warning",
            for: "1m",
            keepFiringFor: "10m",
            expr: `abs(job:train_loss - job:train_loss:mean30m) > ${t.sigma.toString()} * job:train_loss:deviation30m
  ${settled}`,
            summary: `Loss of ${job} is more than three standard deviations from its moving average.`,
            description:
                "Distance {{ $value }}. This rule masks itself: a lasting jump enters its own mean and deviation and is no anomaly any more after three to four minutes; hence one minute of patience and ten minutes of memory. TrainingLossSpike is the rule to trust.",
            runbook: model(
                "Something unusual in the loss; often nothing.",
                [
                    "Look whether TrainingLossSpike follows.",
                    "Compare with the learning rate schedule and the data's order.",
                ],
                "None.",
            ),
        },
        {
            name: "TrainingLossSpike",
            severity: "critical",
            for: "3m",
            expr: `job:train_loss - job:train_loss:median30m > ${t.robustSigma.toString()} * job:train_loss:robust_deviation30m
  and on (namespace, job_name) job:train_loss > ${t.medianRatio.toString()} * job:train_loss:median30m
  ${settled}`,
            summary: `Loss of ${job} has jumped and stays up.`,
            description:
                "{{ $value }} above the median of half an hour, six robust deviations or more. Median and quartiles keep pointing at a jump until it fills half of the window.",
            runbook: model(
                "The run diverges or has met bad data.",
                [
                    "Go back about a hundred steps and skip 200 to 500 batches (PaLM's recipe).",
                    "Again at the same data: filter it. Again elsewhere: learning rate or a GPU that computes wrongly.",
                ],
                rollback,
            ),
        },
        {
            name: "TrainingLossNonFinite",
            severity: "critical",
            // NaN is the only value that differs from itself.
            expr: `(job:train_loss != job:train_loss) or (abs(job:train_loss) == Inf) or sum by (namespace, job_name) (increase(train_nonfinite_steps_total[5m])) > 0`,
            summary: `Loss of ${job} is not a number.`,
            description: "Value {{ $value }}. All following steps are worthless.",
            runbook: model(
                "Overflow, division by zero, or a faulty GPU.",
                [
                    "Stop, go back to the last healthy checkpoint.",
                    "The same step again: data or code. Another: GPU; run `dcgmi diag -r 3`.",
                ],
                rollback,
            ),
        },
        {
            name: "TrainingGradientExploding",
            severity: "warning",
            for: "1m",
            keepFiringFor: "5m",
            expr: `job:train_grad_norm > ${t.explodeRatio.toString()} * job:train_grad_norm:median1h
  ${settled}`,
            summary: `Gradient norm of ${job} explodes.`,
            description: "{{ $value }}, ten times its median of an hour, before clipping.",
            runbook: model("A loss spike is likely to follow.", ["Clipping on? Learning rate just raised?"], rollback),
        },
        {
            name: "TrainingGradientVanishing",
            severity: "warning",
            for: "10m",
            expr: `(job:train_grad_norm < ${t.vanishRatio.toString()} * job:train_grad_norm:median1h or job:train_grad_norm < ${t.vanishAbsolute.toString()})
  ${settled}`,
            summary: `Gradient norm of ${job} vanishes.`,
            description: "{{ $value }}: the model learns nothing.",
            runbook: model(
                "Dead activations, an fp16 underflow, a detached graph, or a zero learning rate.",
                ["Loss scale, learning rate, last code change."],
                "None.",
            ),
        },
        {
            name: "TrainingAmpScaleCollapsed",
            severity: "warning",
            // resets() counts every decrease, of a gauge as well.
            expr: `max by (namespace, job_name) (train_amp_loss_scale) <= ${t.amp.floor.toString()} or max by (namespace, job_name) (resets(train_amp_loss_scale[10m])) > ${t.amp.drops.toString()}`,
            summary: `fp16 loss scale of ${job} collapses.`,
            description: "Scale or number of halvings within ten minutes: {{ $value }}.",
            runbook: model(
                "Gradients overflow in fp16 whatever the scale.",
                ["bf16 where the GPU has it.", "Otherwise look for the layer that overflows."],
                rollback,
            ),
        },
        {
            name: "TrainingStalled",
            severity: "critical",
            for: "5m",
            expr: `max by (namespace, job_name, pod) (changes(train_step{rank="0"}[15m])) == 0
  and on (namespace, pod) kube_pod_status_phase{phase="Running"} == 1
  and on (namespace, pod) (time() - max by (namespace, pod) (kube_pod_start_time) > 1800)
  and on (namespace, job_name) max by (namespace, job_name) (train_step{rank="0"} offset 15m) > 0`,
            summary: `${job} has made no step for 15 minutes.`,
            description: "{{ $value }} steps in 15 minutes while pod {{ $labels.pod }} runs.",
            runbook: model(
                "A hang, a lost rank, storage that does not answer.",
                ["NcclHang and fabric alerts first.", "`py-spy dump --pid 1` in the pods."],
                "NCCL's watchdog ends the job; JobSet restarts it.",
            ),
        },
        {
            name: "TrainingCheckpointStale",
            severity: "critical",
            for: "1m",
            expr: `time() - max by (namespace, job_name) (train_checkpoint_last_success_timestamp_seconds) > ${t.checkpointIntervals.toString()} * max by (namespace, job_name) (train_checkpoint_interval_seconds)`,
            summary: `${job} has written no checkpoint for three intervals.`,
            description: "The last one is {{ $value | humanizeDuration }} old. A failure now loses that much work.",
            runbook: model(
                "Work is at risk.",
                ["Storage full, slow or without permission?", "Do not drain nodes of this job now."],
                "The loop tries again at each interval.",
            ),
        },
        {
            name: "TrainingCheckpointFailing",
            severity: "warning",
            expr: `sum by (namespace, job_name) (increase(train_checkpoint_failures_total[30m])) > 0`,
            summary: `${job} failed to write a checkpoint.`,
            description: "{{ $value }} failures within half an hour.",
            runbook: model(
                "The previous checkpoint is still good; the next failure makes it stale.",
                ["The error line in rank 0's log; quota and credentials."],
                "The loop tries again at the next interval.",
            ),
        },
        {
            name: "TrainingCheckpointSlow",
            severity: "warning",
            for: "5m",
            expr: `max by (namespace, job_name) (train_checkpoint_write_seconds) > 0.5 * max by (namespace, job_name) (train_checkpoint_interval_seconds)`,
            summary: `Checkpoints of ${job} take half of their interval.`,
            description: "{{ $value | humanizeDuration }} to reach storage.",
            runbook: model(
                "Either much time or much work is lost.",
                ["Bandwidth of the storage; sharded, asynchronous checkpoints.", "Set the interval by Young and Daly."],
                "None.",
            ),
        },
        {
            name: "TrainingCheckpointOutlastsStop",
            severity: "warning",
            for: "5m",
            expr: `max by (namespace, job_name) (train_checkpoint_write_seconds) > ${checkpointSeconds.toString()}`,
            summary: `Checkpoints of ${job} take longer than was declared.`,
            description: `{{ $value | humanizeDuration }} to reach storage; ${checkpointSeconds.toString()} seconds were declared, and pods get ${gracePeriodSeconds(checkpointSeconds).toString()} to stop.`,
            runbook: model(
                "A pod that is preempted or drained may be killed in the middle of its last checkpoint.",
                [
                    "Raise training.checkpointSeconds, from which the pods' grace period follows.",
                    "Bandwidth of the storage; sharded, asynchronous checkpoints.",
                ],
                "The checkpoint before it is whole; the work since then is done again.",
            ),
        },
        {
            name: "TrainingDataStarved",
            severity: "warning",
            for: "10m",
            expr: `sum by (namespace, job_name) (rate(train_data_wait_seconds_total[10m])) / sum by (namespace, job_name) (rate(train_step_seconds_total[10m])) > ${t.dataWaitShare.toString()}`,
            summary: `${job} waits for data.`,
            description: "{{ $value | humanizePercentage }} of the step time.",
            runbook: model(
                "GPUs idle for want of batches.",
                ["More loader workers, larger prefetch, local cache of the data set."],
                "None.",
            ),
        },
        {
            name: "TrainingRankStraggler",
            severity: "warning",
            for: "10m",
            expr: `max by (namespace, job_name, pod, rank) (train_rank_compute_seconds)
  > on (namespace, job_name) group_left () (${t.rankSlower.toString()} * quantile by (namespace, job_name) (0.5, train_rank_compute_seconds))`,
            summary: `Rank {{ $labels.rank }} of ${job} computes slower than the others.`,
            description: "{{ $value }} s a step in pod {{ $labels.pod }}, collectives left out.",
            runbook: model(
                "Every step takes as long as this rank.",
                ["GPU alerts of its node; replace the node at the next checkpoint."],
                notRepaired,
            ),
        },
        {
            name: "TrainingThroughputDropped",
            severity: "warning",
            for: "10m",
            expr: `job:train_tokens:rate5m < ${t.throughputShare.toString()} * quantile_over_time(0.5, job:train_tokens:rate5m[2h] offset 15m)
  ${settled}`,
            summary: `${job} processes a third fewer tokens than before.`,
            description:
                "{{ $value }} tokens a second. The root cause panel of the job dashboard says where the time goes.",
            runbook: model(
                "Something has changed since: network, data, a slow rank, a checkpoint that stalls.",
                ["`job:kilogpu_slow_cause:share`: the largest is the cause."],
                "None.",
            ),
        },
        {
            name: "TrainingRestartLoop",
            severity: "critical",
            expr: `max by (namespace, job_name) (increase(train_restarts_total[1h])) > 3`,
            summary: `${job} restarts again and again.`,
            description: "{{ $value }} restarts within an hour.",
            runbook: model(
                "It meets the same fault each time.",
                ["Earliest root among the log classes.", "Same node each time? Cordon it."],
                "JobSet stops after its limit of restarts.",
            ),
        },
        {
            name: "TrainingRollbacks",
            severity: "warning",
            expr: `sum by (namespace, job_name) (increase(train_rollbacks_total[1d])) > 2`,
            summary: `${job} has gone back to earlier checkpoints several times today.`,
            description: "{{ $value }} rollbacks within a day.",
            runbook: model(
                "The anomaly comes back on other data: model or hardware.",
                ["Compare the ranks' losses; diagnose GPUs; lower the learning rate."],
                "The loop stops at its limit of rollbacks.",
            ),
        },
        {
            name: "TrainingEffectiveTimeLow",
            severity: "warning",
            for: "30m",
            expr: `sum by (namespace, job_name) (increase(train_productive_seconds_total[1d]))
  / (sum by (namespace, job_name) (increase(train_productive_seconds_total[1d])) + sum by (namespace, job_name) (increase(train_lost_seconds_total[1d]))) < ${t.effectiveTime.toString()}`,
            summary: `${job} moves forward less than 90% of the time.`,
            description: "Effective training time {{ $value | humanizePercentage }} over a day.",
            runbook: model(
                "Paid time goes to restarts, checkpoints and steps done twice.",
                ["Interval by Young and Daly, faster checkpoints, a spare node."],
                "None.",
            ),
        },
        {
            name: "TrainingJobFailed",
            severity: "critical",
            expr: `sum by (namespace, jobset_name) (increase(jobset_failed_total[10m])) > 0`,
            summary: "{{ $labels.namespace }}/{{ $labels.jobset_name }} has failed for good.",
            description: "{{ $value }} failures: its restarts are used up, or its failure policy gave up.",
            runbook: model(
                "Nothing restarts it any more.",
                ["Earliest root among the log classes; mend it; submit again: it resumes from its last checkpoint."],
                "None: it has already been tried.",
            ),
        },
    ],
};

/** Cases of the group training, the loss rules on curves with noise. */
import type { RuleCase } from "../case";
import { curve, values } from "../curves";
import type { Anomaly } from "../curves";

const labels = `{namespace="research",job_name="gpt2",pod="gpt2-0",node="n1",rank="0"}`;
const of = (metric: string, rank?: number): string =>
    rank === undefined
        ? `${metric}${labels}`
        : `${metric}{namespace="research",job_name="gpt2",pod="gpt2-${rank.toString()}",node="n1",rank="${rank.toString()}"}`;
/** What a job wrote into the status of its TrainJob. */
const ofStatus = (metric: string): string =>
    `kube_customresource_trainjob_metric{namespace="research",name="gpt2",metric="${metric}"}`;
const run = [{ namespace: "research", job_name: "gpt2" }];
const settled = { [of("train_step")]: "5000+10x2000" };
const early = { [of("train_step")]: "10+1x900" };

function loss(anomaly?: Anomaly, seed = 7): string {
    return values(
        curve({
            seed,
            samples: 240,
            start: 2.4,
            floor: 1.9,
            decay: 400,
            noise: 0.01,
            correlation: 0.3,
            ...(anomaly === undefined ? {} : { anomaly }),
        }),
    );
}

/** Anomalies begin at minute 100. */
const spike = (factor: number, length: number): Anomaly => ({ kind: "spike", at: 100, length, factor });
const step: Anomaly = { kind: "step", at: 100, length: 200, factor: 1.9 };

const lossCases: RuleCase[] = [
    {
        alert: "TrainingLossAnomaly",
        name: "a lasting step: it speaks within two minutes, and remembers",
        series: { ...settled, [of("train_loss")]: loss(step) },
        fires: { at: "103m", notBefore: "99m", labels: run },
    },
    {
        alert: "TrainingLossAnomaly",
        name: "it masks itself: the step of minute 100 is normal to it twenty minutes later",
        series: { ...settled, [of("train_loss")]: loss(step) },
        silentAt: ["125m", "180m"],
    },
    {
        alert: "TrainingLossAnomaly",
        name: "warm-up is steep",
        series: {
            ...early,
            [of("train_loss")]: values(
                curve({ seed: 3, samples: 100, start: 11, floor: 3, decay: 12, noise: 0.01, correlation: 0.3 }),
            ),
        },
        silentAt: ["20m", "40m", "60m"],
    },
    {
        alert: "TrainingLossSpike",
        name: "a lasting step is still pointed at ten minutes later, where three sigma has gone quiet",
        series: { ...settled, [of("train_loss")]: loss(step) },
        fires: { at: "111m", notBefore: "101m", labels: run },
    },
    {
        alert: "TrainingLossSpike",
        name: "a spike of six minutes",
        series: { ...settled, [of("train_loss")]: loss(spike(2.5, 6)) },
        fires: { at: "104m", notBefore: "101m", labels: run },
    },
    {
        alert: "TrainingLossSpike",
        name: "a loss that only the TrainJob's status tells",
        series: {
            [ofStatus("step")]: "2000+60x300",
            [ofStatus("loss")]: loss(step),
        },
        fires: { at: "111m", notBefore: "101m", labels: run },
    },
    {
        alert: "TrainingLossSpike",
        name: "noise for four hours, one outlier of a minute, and a drift of two per cent",
        series: { ...settled, [of("train_loss")]: loss(spike(2.5, 1)) },
        silentAt: ["60m", "90m", "101m", "104m", "150m", "230m"],
    },
    {
        alert: "TrainingLossSpike",
        name: "slow drift upwards of ten per cent in an hour",
        series: { ...settled, [of("train_loss")]: loss({ kind: "drift", at: 100, length: 60, factor: 1.1 }) },
        silentAt: ["110m", "130m", "150m"],
    },
    {
        alert: "TrainingLossNonFinite",
        name: "NaN",
        series: { ...settled, [of("train_loss")]: loss({ kind: "nan", at: 100, length: 200, factor: 1 }) },
        fires: { at: "100m", notBefore: "99m", labels: run },
    },
    {
        alert: "TrainingLossNonFinite",
        name: "the loop counts a non-finite step that the scrape missed",
        series: { [of("train_loss")]: "2x60", [of("train_nonfinite_steps_total")]: "0x19 1x40" },
        fires: { at: "21m", notBefore: "19m", labels: run },
    },
    {
        alert: "TrainingLossNonFinite",
        name: "finite, and a restart resets the counter",
        series: { [of("train_loss")]: loss(), [of("train_nonfinite_steps_total")]: "3x50 0x100" },
        silentAt: ["20m", "52m", "100m", "200m"],
    },
];

const norm = (anomaly?: Anomaly): string =>
    values(
        curve({
            seed: 11,
            samples: 240,
            start: 1.2,
            floor: 0.8,
            decay: 300,
            noise: 0.15,
            correlation: 0.2,
            ...(anomaly === undefined ? {} : { anomaly }),
        }),
    );
const gradientCases: RuleCase[] = [
    {
        alert: "TrainingGradientExploding",
        name: "thirty times the median",
        series: { ...settled, [of("train_grad_norm")]: norm(spike(30, 5)) },
        fires: { at: "103m", notBefore: "99m", labels: run },
    },
    {
        alert: "TrainingGradientExploding",
        name: "noise, and five times for a few minutes",
        series: { ...settled, [of("train_grad_norm")]: norm(spike(5, 5)) },
        silentAt: ["60m", "103m", "200m"],
    },
    {
        alert: "TrainingGradientVanishing",
        name: "a thousandth of the median",
        series: { ...settled, [of("train_grad_norm")]: norm(spike(0.001, 60)) },
        fires: { at: "115m", notBefore: "108m", labels: run },
    },
    {
        alert: "TrainingGradientVanishing",
        name: "a tenth of the median, and noise",
        series: { ...settled, [of("train_grad_norm")]: norm(spike(0.1, 60)) },
        silentAt: ["60m", "115m", "150m"],
    },
    {
        alert: "TrainingAmpScaleCollapsed",
        name: "halved to one",
        series: { [of("train_amp_loss_scale")]: "65536x9 4096x2 64x2 1x40" },
        fires: { at: "18m", notBefore: "12m", labels: run },
    },
    {
        alert: "TrainingAmpScaleCollapsed",
        name: "the search for a scale: up, down, up",
        series: { [of("train_amp_loss_scale")]: "65536x9 32768x5 65536x20 32768x20" },
        silentAt: ["10m", "16m", "40m"],
    },
];

const running = {
    [`kube_pod_status_phase{namespace="research",pod="gpt2-0",phase="Running"}`]: "1x300",
    [`kube_pod_start_time{namespace="research",pod="gpt2-0"}`]: "-10000x300",
};
const counterRun = (
    alert: string,
    metric: string,
    fires: string,
    quiet: string,
    at: string,
    notBefore: string,
    also: { [series: string]: string } = {},
): RuleCase[] => [
    {
        alert,
        name: `${metric} says so`,
        series: { ...also, [of(metric)]: fires },
        fires: { at, notBefore, labels: run },
    },
    {
        alert,
        name: "a restart resets the counter, and it stays quiet",
        series: { ...also, [of(metric)]: quiet },
        silentAt: [notBefore, at, "120m"],
    },
];

const progressCases: RuleCase[] = [
    {
        alert: "TrainingStalled",
        name: "the step stands still",
        series: { ...running, [of("train_step")]: "100+10x30 400x100" },
        fires: { at: "52m", notBefore: "46m", labels: run },
    },
    {
        alert: "TrainingStalled",
        name: "slow steps of twelve minutes; and a pod that has just started",
        series: { ...running, [of("train_step")]: "5x11 6x11 7x11 8x11 9x11 10x11 11x11" },
        silentAt: ["40m", "55m", "70m"],
    },
    {
        alert: "TrainingStalled",
        name: "a new pod compiles for twenty minutes",
        series: {
            ...running,
            [`kube_pod_start_time{namespace="research",pod="gpt2-0"}`]: "0x300",
            [of("train_step")]: "0x24 1+1x100",
        },
        silentAt: ["20m", "24m", "30m", "50m"],
    },
    {
        alert: "TrainingCheckpointStale",
        name: "half an hour where ten minutes are configured",
        series: {
            [of("train_checkpoint_last_success_timestamp_seconds")]: "0x60",
            [of("train_checkpoint_interval_seconds")]: "600x60",
        },
        fires: { at: "33m", notBefore: "30m", labels: run },
    },
    {
        alert: "TrainingCheckpointStale",
        name: "one every ten minutes",
        series: {
            [of("train_checkpoint_last_success_timestamp_seconds")]: "0x9 600x9 1200x9 1800x9 2400x9 3000x9",
            [of("train_checkpoint_interval_seconds")]: "600x60",
        },
        silentAt: ["20m", "35m", "55m"],
    },
    ...counterRun(
        "TrainingCheckpointFailing",
        "train_checkpoint_failures_total",
        "0x19 1x100",
        "2x19 0x120",
        "22m",
        "19m",
    ),
    {
        alert: "TrainingCheckpointSlow",
        name: "eight of ten minutes",
        series: {
            [of("train_checkpoint_write_seconds")]: "480x30",
            [of("train_checkpoint_interval_seconds")]: "600x30",
        },
        fires: { at: "5m", notBefore: "4m", labels: run },
    },
    {
        alert: "TrainingCheckpointSlow",
        name: "a tenth",
        series: {
            [of("train_checkpoint_write_seconds")]: "60x30",
            [of("train_checkpoint_interval_seconds")]: "600x30",
        },
        silentAt: ["20m"],
    },
    {
        alert: "TrainingCheckpointOutlastsStop",
        name: "a minute and a half where a minute was declared",
        series: { [of("train_checkpoint_write_seconds")]: "90x30" },
        fires: { at: "6m", notBefore: "4m", labels: run },
    },
    {
        alert: "TrainingCheckpointOutlastsStop",
        name: "within the minute",
        series: { [of("train_checkpoint_write_seconds")]: "55x30" },
        silentAt: ["20m"],
    },
    {
        alert: "TrainingDataStarved",
        name: "half of the step",
        series: { [of("train_data_wait_seconds_total")]: "0+30x60", [of("train_step_seconds_total")]: "0+60x60" },
        fires: { at: "13m", notBefore: "9m", labels: run },
    },
    {
        alert: "TrainingDataStarved",
        name: "a twentieth, and a slow start of an epoch",
        series: {
            [of("train_data_wait_seconds_total")]: "0+3x30 120+3x60",
            [of("train_step_seconds_total")]: "0+60x90",
        },
        silentAt: ["25m", "33m", "36m", "60m"],
    },
    {
        alert: "TrainingRankStraggler",
        name: "rank 2 takes half as long again",
        series: Object.fromEntries(
            [0, 1, 2, 3].map((rank) => [of("train_rank_compute_seconds", rank), rank === 2 ? "1.5x60" : "1x60"]),
        ),
        fires: { at: "11m", notBefore: "9m", labels: [{ namespace: "research", job_name: "gpt2", rank: "2" }] },
    },
    {
        alert: "TrainingRankStraggler",
        name: "a tenth slower, and all slow together",
        series: Object.fromEntries(
            [0, 1, 2, 3].map((rank) => [
                of("train_rank_compute_seconds", rank),
                rank === 2 ? "1.1x20 4.4x40" : "1x20 4x40",
            ]),
        ),
        silentAt: ["15m", "40m"],
    },
    {
        alert: "TrainingThroughputDropped",
        name: "half of before",
        series: { ...settled, [of("train_tokens_total")]: "0+60000x120 7200000+30000x80" },
        fires: { at: "150m", notBefore: "120m", labels: run },
    },
    {
        alert: "TrainingThroughputDropped",
        name: "a checkpoint of three minutes",
        series: { ...settled, [of("train_tokens_total")]: "0+60000x120 7260000x2 7320000+60000x80" },
        silentAt: ["124m", "128m", "180m"],
    },
    ...counterRun("TrainingRestartLoop", "train_restarts_total", "0x9 0+1x6 6x120", "1x19 2x120", "17m", "9m"),
    ...counterRun("TrainingRollbacks", "train_rollbacks_total", "0x9 0+1x4 4x200", "1x19 2x120", "17m", "9m"),
    {
        alert: "TrainingEffectiveTimeLow",
        name: "a fifth is lost",
        series: { [of("train_productive_seconds_total")]: "0+48x120", [of("train_lost_seconds_total")]: "0+12x120" },
        fires: { at: "35m", notBefore: "29m", labels: run },
    },
    {
        alert: "TrainingEffectiveTimeLow",
        name: "a twentieth",
        series: { [of("train_productive_seconds_total")]: "0+57x120", [of("train_lost_seconds_total")]: "0+3x120" },
        silentAt: ["100m"],
    },
    {
        alert: "TrainingJobFailed",
        name: "its restarts are used up",
        series: { [`jobset_failed_total{namespace="research",jobset_name="gpt2"}`]: "0x9 1x30" },
        fires: { at: "11m", notBefore: "9m", labels: [{ namespace: "research", jobset_name: "gpt2" }] },
    },
    {
        alert: "TrainingJobFailed",
        name: "an old failure, and the controller's rollout",
        series: { [`jobset_failed_total{namespace="research",jobset_name="gpt2"}`]: "1x20 0x30" },
        silentAt: ["15m", "22m", "40m"],
    },
];

export const trainingCases: RuleCase[] = [...lossCases, ...gradientCases, ...progressCases];

/** What a training pod would serve: the job's series from the pod of rank 0, the ranks' own from every pod. */
import { metricsOf } from "../../catalog/metrics";
import type { JobView, PodView } from "./cluster-view";
import { noise, Page } from "./exposition";
import { FaultKind } from "./faults";
import type { GpuContext } from "./gpu-series";
import type { NodeHardware } from "./hardware";

/** A step of a model that fills the cluster, seconds. */
const stepSeconds = 1.6;
/** Steps that the run had done before the drill: the statistics rules leave the first thousand out. */
const stepsBefore = 20_000;
/** Checkpoints every ten minutes of life. */
const checkpointSeconds = 600;
const tokensPerStepAndRank = 16_384;

interface Job {
    key: string;
    ranks: number;
    seconds: number;
    step: number;
    context: GpuContext;
}

/** Bell-shaped enough: the sum of three uniform values, standard deviation 1. */
function gaussian(key: string, tick: number): number {
    return noise(`${key}/a`, tick) + noise(`${key}/b`, tick) + noise(`${key}/c`, tick);
}

function loss(job: Job): number {
    const { faults } = job.context;
    if (faults.find(FaultKind.LossNan, { job: job.key }) !== undefined) {
        return NaN;
    }
    // A power law of the step, with the scatter of a large batch.
    const healthy = 1.7 + 6 * (1 + job.step / 100) ** -0.35;
    const scatter = 0.008 * gaussian(`${job.key}/loss`, job.step);
    const spike = faults.find(FaultKind.LossSpike, { job: job.key }) === undefined ? 1 : 1.6;
    return (healthy + scatter) * spike;
}

function checkpointAt(job: Job): number {
    const { faults, now, factor } = job.context;
    const stopped = faults.find(FaultKind.NoCheckpoints, { job: job.key })?.since;
    const interval = (checkpointSeconds / factor) * 1000;
    const end = stopped ?? now;
    return (Math.floor(end / interval) * interval) / 1000;
}

/** Series of the whole job, exported by rank 0. */
const ofJob: { [name: string]: (job: Job) => number | undefined } = {
    train_loss: loss,
    train_grad_norm: (job) =>
        (0.6 + 0.03 * gaussian(`${job.key}/grad`, job.step)) *
        (job.context.faults.find(FaultKind.VanishingGradients, { job: job.key }) === undefined ? 1 : 1e-4),
    // bf16 training has no loss scale.
    train_amp_loss_scale: () => undefined,
    train_learning_rate: () => 3e-4,
    train_step: (job) => job.step,
    train_world_size: (job) => job.ranks,
    train_mfu_ratio: (job) => 0.43 + 0.005 * noise(`${job.key}/mfu`, job.step),
    train_nonfinite_steps_total: (job) => {
        const since = job.context.faults.find(FaultKind.LossNan, { job: job.key })?.since;
        return since === undefined ? 0 : Math.ceil((job.context.now - since) / 1000 / stepSeconds);
    },
    train_amp_skipped_steps_total: () => 0,
    train_step_seconds_total: (job) => stepsBefore * stepSeconds + job.seconds,
    train_data_wait_seconds_total: (job) => 0.02 * (stepsBefore * stepSeconds + job.seconds),
    train_tokens_total: (job) => job.step * tokensPerStepAndRank * job.ranks,
    train_anomalies_total: () => 0,
    train_rollbacks_total: () => 0,
    train_restarts_total: () => 0,
    train_checkpoint_last_success_timestamp_seconds: checkpointAt,
    train_checkpoint_last_step: (job) => job.step - (job.step % 375),
    train_checkpoint_interval_seconds: (job) => checkpointSeconds / job.context.factor,
    train_checkpoint_write_seconds: (job) => 45 / job.context.factor,
    train_checkpoint_stall_seconds_total: (job) => 0.01 * (stepsBefore * stepSeconds + job.seconds),
    train_checkpoint_failures_total: () => 0,
    train_productive_seconds_total: (job) => 0.97 * (stepsBefore * stepSeconds + job.seconds),
    train_lost_seconds_total: (job) => 0.03 * (stepsBefore * stepSeconds + job.seconds),
};

interface Rank {
    job: Job;
    rank: number;
    hardware: NodeHardware;
}

/** Series that every rank exports. */
const ofRank: { [name: string]: (rank: Rank) => number } = {
    train_rank_compute_seconds: ({ job, rank }) =>
        1.1 *
        (1 + 0.02 * noise(`${job.key}/${rank.toString()}`, job.step)) *
        (job.context.faults.find(FaultKind.Straggler, { job: job.key, rank }) === undefined ? 1 : 1.7),
    train_gpu_memory_allocated_bytes: ({ hardware }) => hardware.gpuMemoryMib * 2 ** 20 * 0.62,
    train_gpu_memory_reserved_bytes: ({ hardware }) => hardware.gpuMemoryMib * 2 ** 20 * 0.69,
    train_gpu_memory_total_bytes: ({ hardware }) => hardware.gpuMemoryMib * 2 ** 20,
    train_process_resident_bytes: ({ job, rank }) =>
        24 * 2 ** 30 * (1 + 0.002 * noise(`${job.key}/rss/${rank.toString()}`, job.step)),
};

/** Metrics of the catalogue that no page here has a value for; empty, or a test fails. */
export function unservedTrainingMetrics(): string[] {
    return metricsOf("training")
        .map(({ name }) => name)
        .filter((name) => ofJob[name] === undefined && ofRank[name] === undefined);
}

/** The page of one pod of a running job. */
export function trainingPage(view: JobView, pod: PodView, hardware: NodeHardware, context: GpuContext): string {
    const page = new Page();
    const first = Math.min(...view.pods.map(({ startedAt }) => startedAt));
    const hang = context.faults.find(FaultKind.Hang, { job: view.key })?.since;
    const seconds = Math.max(0, ((hang ?? context.now) - first) / 1000);
    const ranks = view.pods.reduce((sum, { gpus }) => sum + gpus, 0);
    const job: Job = { key: view.key, ranks, seconds, step: stepsBefore + Math.floor(seconds / stepSeconds), context };
    if (pod.index === 0) {
        for (const [name, value] of Object.entries(ofJob)) {
            const measured = value(job);
            if (measured !== undefined) {
                page.add(name, measured, { rank: "0" });
            }
        }
    }
    for (let local = 0; local < pod.gpus; local++) {
        const rank = pod.index * pod.gpus + local;
        for (const [name, value] of Object.entries(ofRank)) {
            page.add(name, value({ job, rank, hardware }), { rank: rank.toString() });
        }
    }
    return page.text();
}

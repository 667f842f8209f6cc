/** The drills, as data: what is broken, which alert must come and whom it must name, what must happen by itself. */
import { FaultKind } from "./faults";

/** How a drill breaks something. */
export type Injection =
    /** Telemetry of one GPU of a node that runs the job. */
    | { on: "gpu"; kind: FaultKind }
    /** One RDMA port of a node that runs the job. */
    | { on: "port"; kind: FaultKind }
    /** The job. */
    | { on: "job"; kind: FaultKind }
    /** One rank of the job. */
    | { on: "rank"; kind: FaultKind }
    /** The node itself: its kubelet says NotReady. One that falls silent is noticed after a grace period that no drill can divide. */
    | { on: "node" };

/** The alert that must come. */
export interface Expected {
    alert: string;
    severity: "critical" | "warning";
}

export interface Drill {
    name: string;
    /** One sentence for `--list`. */
    what: string;
    inject: Injection;
    /** What must arrive, exactly once. On EFA the driver shows other counters than on InfiniBand and RoCE. */
    expect: Expected | { efa: Expected; rdma: Expected };
    /** What the notification must name. */
    names: "node" | "job";
    /** `job-whole`: Kueue moves the lost pod to a spare and the job runs whole again. */
    consequence?: "job-whole";
    /** Seconds of life that must have been seen before the fault, for rules that compare with the past. */
    historySeconds: number;
    /** Seconds of life that the job's pods must have run. */
    jobAgeSeconds: number;
    /** Seconds of life until the alert must have arrived; on top of them come the cluster's own delays. */
    withinSeconds: number;
}

const none = { historySeconds: 600, jobAgeSeconds: 0 };
const minute = 60;

export const drills: readonly Drill[] = [
    {
        name: "xid-79",
        what: "a GPU falls off the bus: XID 79, and its other series end",
        inject: { on: "gpu", kind: FaultKind.FallenOffBus },
        expect: { alert: "GpuXidFallenOffBus", severity: "critical" },
        names: "node",
        ...none,
        withinSeconds: 10 * minute,
    },
    {
        name: "double-bit-error",
        what: "an uncorrectable error in GPU memory: XID 48",
        inject: { on: "gpu", kind: FaultKind.DoubleBitError },
        expect: { alert: "GpuXidMemory", severity: "critical" },
        names: "node",
        ...none,
        withinSeconds: 10 * minute,
    },
    {
        name: "throttled-gpu",
        what: "a GPU is throttled by heat for two fifths of the time",
        inject: { on: "gpu", kind: FaultKind.Throttled },
        expect: { alert: "GpuThermalThrottle", severity: "warning" },
        names: "node",
        ...none,
        withinSeconds: 30 * minute,
    },
    {
        name: "half-rate-link",
        what: "one port runs at half of its rate",
        inject: { on: "port", kind: FaultKind.HalfRate },
        // EFA shows no link rate: there the rail that carries less than its neighbours tells.
        expect: {
            rdma: { alert: "RdmaRateDegraded", severity: "critical" },
            efa: { alert: "RdmaRailSkew", severity: "warning" },
        },
        names: "node",
        ...none,
        withinSeconds: 40 * minute,
    },
    {
        name: "dead-link",
        what: "one port is down; on EFA, peers do not answer it",
        inject: { on: "port", kind: FaultKind.DeadLink },
        expect: {
            rdma: { alert: "RdmaPortDown", severity: "critical" },
            efa: { alert: "EfaPeerUnreachable", severity: "critical" },
        },
        names: "node",
        ...none,
        withinSeconds: 20 * minute,
    },
    {
        name: "memory-leak",
        what: "GPU memory of one rank grows until it is full within the hour",
        inject: { on: "gpu", kind: FaultKind.MemoryLeak },
        expect: { alert: "GpuMemoryLeak", severity: "warning" },
        names: "node",
        historySeconds: 32 * minute,
        jobAgeSeconds: 92 * minute,
        withinSeconds: 60 * minute,
    },
    {
        name: "loss-spike",
        what: "the loss jumps by three fifths and stays up",
        inject: { on: "job", kind: FaultKind.LossSpike },
        expect: { alert: "TrainingLossSpike", severity: "critical" },
        names: "job",
        historySeconds: 30 * minute,
        jobAgeSeconds: 0,
        withinSeconds: 20 * minute,
    },
    {
        name: "loss-nan",
        what: "the loss is not a number any more",
        inject: { on: "job", kind: FaultKind.LossNan },
        expect: { alert: "TrainingLossNonFinite", severity: "critical" },
        names: "job",
        ...none,
        withinSeconds: 10 * minute,
    },
    {
        name: "vanishing-gradients",
        what: "the gradient norm falls to a ten-thousandth",
        inject: { on: "job", kind: FaultKind.VanishingGradients },
        expect: { alert: "TrainingGradientVanishing", severity: "warning" },
        names: "job",
        historySeconds: 30 * minute,
        jobAgeSeconds: 0,
        withinSeconds: 40 * minute,
    },
    {
        name: "straggler",
        what: "one rank takes seventy percent longer to compute",
        inject: { on: "rank", kind: FaultKind.Straggler },
        expect: { alert: "TrainingRankStraggler", severity: "warning" },
        names: "job",
        ...none,
        withinSeconds: 40 * minute,
    },
    {
        name: "checkpoint-stale",
        what: "checkpoints are not written any more",
        inject: { on: "job", kind: FaultKind.NoCheckpoints },
        expect: { alert: "TrainingCheckpointStale", severity: "critical" },
        names: "job",
        ...none,
        withinSeconds: 60 * minute,
    },
    {
        name: "hang",
        what: "every GPU of the job spins in a collective that never ends",
        inject: { on: "job", kind: FaultKind.Hang },
        expect: { alert: "NcclHang", severity: "critical" },
        names: "job",
        ...none,
        withinSeconds: 40 * minute,
    },
    {
        name: "lost-node",
        what: "a node goes NotReady; Kueue moves its pod to a spare",
        inject: { on: "node" },
        expect: { alert: "GpuNodeNotReady", severity: "critical" },
        names: "node",
        consequence: "job-whole",
        ...none,
        withinSeconds: 20 * minute,
    },
];

/** The drill, or undefined. */
export function findDrill(name: string): Drill | undefined {
    return drills.find((drill) => drill.name === name);
}

/** What a drill breaks in the simulated telemetry. Faults of the cluster itself (a node that is lost) go through the API server instead. */

/** Kinds of faults that the exporter plays. */
export const FaultKind = {
    /** A GPU falls off the bus: XID 79 in the exporter's window, again and again as the job retries, and none of its other series. */
    FallenOffBus: "fallen-off-bus",
    /** An uncorrectable memory error: XID 48 and a double-bit count. */
    DoubleBitError: "double-bit-error",
    /** A GPU is throttled by heat for a share of the time. */
    Throttled: "throttled",
    /** Memory of one GPU grows until it is full. */
    MemoryLeak: "memory-leak",
    /** A port runs at half of its rate. */
    HalfRate: "half-rate",
    /** A port is down, or on EFA its peers stop to answer. */
    DeadLink: "dead-link",
    /** The job's loss jumps and stays up. */
    LossSpike: "loss-spike",
    /** The job's loss is not a number. */
    LossNan: "loss-nan",
    /** The job's gradients vanish. */
    VanishingGradients: "vanishing-gradients",
    /** One rank computes slower than the others. */
    Straggler: "straggler",
    /** Checkpoints are not written any more. */
    NoCheckpoints: "no-checkpoints",
    /** All GPUs of the job spin in a collective. */
    Hang: "hang",
} as const;
export type FaultKind = (typeof FaultKind)[keyof typeof FaultKind];

/** One fault. Which of the places it needs depends on its kind. */
export interface Fault {
    kind: FaultKind;
    node?: string;
    gpu?: number;
    /** RDMA device. */
    device?: string;
    /** `<namespace>/<name>` of the job. */
    job?: string;
    rank?: number;
    /** When it began, ms. */
    since: number;
}

/** The faults that are on, asked in many ways. */
export class Faults {
    private list: Fault[] = [];

    all(): readonly Fault[] {
        return this.list;
    }

    add(fault: Fault): void {
        this.list = [...this.list, fault];
    }

    clear(): void {
        this.list = [];
    }

    /** The fault of a kind at a place; places that are not given match any. */
    find(kind: FaultKind, place: Partial<Omit<Fault, "kind" | "since">>): Fault | undefined {
        return this.list.find(
            (fault) =>
                fault.kind === kind &&
                (Object.keys(place) as (keyof typeof place)[]).every((key) => fault[key] === place[key]),
        );
    }
}

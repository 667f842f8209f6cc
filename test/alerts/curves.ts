/** Training curves from a seed: noise as training has it, with anomalies whose time is known. */

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function random(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
}

/** Standard normal numbers from a seed. */
export function normal(seed: number): () => number {
    const uniform = random(seed);
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** What goes wrong in a curve. */
export interface Anomaly {
    kind: "spike" | "step" | "drift" | "nan";
    /** Index of its first sample. */
    at: number;
    /** Samples that it lasts. */
    length: number;
    /** Factor on the value at its height. */
    factor: number;
}

/** How a curve is made. */
export interface CurveOptions {
    seed: number;
    samples: number;
    /** Value at the start, and what it falls towards. */
    start: number;
    floor: number;
    /** Samples in which the distance to the floor falls to 1/e. */
    decay: number;
    /** Standard deviation of the noise, as a share of the value. */
    noise: number;
    /** Correlation of one sample's noise with the next. */
    correlation: number;
    anomaly?: Anomaly;
}

/** Samples of a curve. */
export function curve(options: CurveOptions): number[] {
    const next = normal(options.seed);
    const spread = Math.sqrt(1 - options.correlation ** 2);
    let noise = next();
    return Array.from({ length: options.samples }, (_, index) => {
        noise = options.correlation * noise + spread * next();
        const trend = options.floor + (options.start - options.floor) * Math.exp(-index / options.decay);
        return trend * (1 + options.noise * noise) * factorAt(options.anomaly, index);
    });
}

/** Samples in promtool's notation. */
export function values(samples: readonly number[]): string {
    return samples.map((sample) => (Number.isNaN(sample) ? "NaN" : sample.toPrecision(8))).join(" ");
}

function factorAt(anomaly: Anomaly | undefined, index: number): number {
    if (anomaly === undefined || index < anomaly.at || index >= anomaly.at + anomaly.length) {
        return 1;
    }
    switch (anomaly.kind) {
        case "nan":
            return Number.NaN;
        case "drift":
            return 1 + ((anomaly.factor - 1) * (index - anomaly.at)) / anomaly.length;
        default:
            return anomaly.factor;
    }
}

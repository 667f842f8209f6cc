/** Reader of alert thresholds that come from specifications, vendors or measurements; all others follow from what was declared. */
import data from "./data/alerts.json";
import type { Source } from "./types";

/** Thresholds, each group with its source. */
export interface AlertThresholds {
    pcie: {
        /** Lanes between a data-centre GPU and its switch. */
        lanes: number;
        /** DCGM's own limit. */
        replaysPerMinutePerGigatransferAndLane: number;
        source: Source;
    };
    infiniband: { symbolErrorsPerHour: number; source: Source };
    /** XID codes by what they ask for. */
    xid: {
        reset: number[];
        restartNode: number[];
        restartMachine: number[];
        nvlink: number[];
        memory: number[];
        application: number[];
        source: Source;
    };
    nccl: {
        trainingShareOfFloor: number;
        stragglerShareOfMedian: number;
        slowerThanBefore: number;
        /** Shares of time and cycles: of a job that hangs, engines are above the first, tensor cores and memory below the others. */
        hang: { engineActive: number; tensorActive: number; dramActive: number };
        source: Source;
    };
    training: {
        sigma: number;
        robustSigma: number;
        medianRatio: number;
        warnAfterStep: number;
        explodeRatio: number;
        vanishRatio: number;
        vanishAbsolute: number;
        amp: { floor: number; drops: number };
        dataWaitShare: number;
        rankSlower: number;
        effectiveTime: number;
        checkpointIntervals: number;
        throughputShare: number;
        source: Source;
    };
    /** What series cost, for sizing. */
    series: {
        perNode: number;
        perPod: number;
        perRank: number;
        fixed: number;
        bytesPerHeadSeries: number;
        bytesPerSample: number;
        source: Source;
    };
}

/** The shipped thresholds. */
export const alertThresholds: AlertThresholds = data;

/** Replays a minute that DCGM still calls healthy: 16 for PCIe 4 x16, 31 for PCIe 5 x16. */
export function pcieReplaysPerMinute(generation: number): number {
    // A lane transfers 8 GT/s in PCIe 3, and each generation doubles it.
    const gigatransfers = 2 ** generation;
    const { lanes, replaysPerMinutePerGigatransferAndLane } = alertThresholds.pcie;
    return Math.ceil(gigatransfers * replaysPerMinutePerGigatransferAndLane * lanes);
}

/** A list of XIDs as a PromQL matcher: `46|62|64`. */
export function xidPattern(codes: readonly number[]): string {
    return codes.join("|");
}

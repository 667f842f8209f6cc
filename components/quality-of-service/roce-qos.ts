/**
 * RoCE quality of service as one object: which packets are lossless, when switches mark them, how large they are. Hosts, NCCL
 * and every switch dialect are rendered from it, and what they say is compared with it, so that they cannot disagree unseen.
 */
import { wholeNumber } from "../input";
import type { InputProblem } from "../input";

/** What a site may decide. All but `linkGbps` and `bufferKib` have defaults. */
export interface RoceQosArgs {
    /** DSCP of RDMA traffic, 0 to 63. Defaults to 26. */
    dscp?: number;
    /** Lossless priority, 0 to 7; also traffic class and queue. Defaults to 3. */
    priority?: number;
    /** DSCP of congestion notification packets. Defaults to 48. */
    cnpDscp?: number;
    /** Priority of congestion notification packets; strict, never paused. Defaults to 6. */
    cnpPriority?: number;
    /** IP MTU of hosts and switch ports, bytes. Defaults to 9000; RDMA then uses a path MTU of 4096. */
    mtu?: number;
    /** Link rate, Gbit/s. */
    linkGbps: number;
    /** Packet buffer of the shallowest switch, KiB. */
    bufferKib: number;
    /** Queue length at which marking starts, bytes. Defaults to `ecnThresholds`. */
    ecnMinBytes?: number;
    /** Queue length from which marking has full probability, bytes. Defaults to `ecnThresholds`. */
    ecnMaxBytes?: number;
    /** Marking probability at the upper threshold, percent. Defaults to 20. */
    ecnProbability?: number;
    /** Index of the RoCE v2 address in a port's table. Defaults to 3. */
    gidIndex?: number;
    /** How long a queue may be paused before the watchdog drops, ms. Defaults to 200. */
    watchdogMs?: number;
}

/** The same, complete. */
export interface RoceQos {
    dscp: number;
    priority: number;
    cnpDscp: number;
    cnpPriority: number;
    mtu: number;
    linkGbps: number;
    bufferKib: number;
    ecnMinBytes: number;
    ecnMaxBytes: number;
    ecnProbability: number;
    gidIndex: number;
    watchdogMs: number;
}

/** Marking starts at 100 KB and is full at 400 KB for each 25 Gbit/s: Li et al., HPCC, SIGCOMM 2019, section 5.1 (DCQCN's settings). */
const KMIN_BYTES_PER_25G = 100_000;
const KMAX_BYTES_PER_25G = 400_000;
/**
 * Dynamic threshold of a queue in a shared buffer: alpha times what is free (Choudhury and Hahne, 1998). With alpha = 1/8 one
 * congested queue settles at B·α/(1+α); past it PFC pauses, so marking must be at full strength before (Zhu et al., DCQCN,
 * SIGCOMM 2015, section 4: ECN before PFC).
 */
const ALPHA = 1 / 8;

/** ECN thresholds of a link: in proportion to its rate, both scaled down together where the buffer is too shallow for that. */
export function ecnThresholds(linkGbps: number, bufferKib: number): { minBytes: number; maxBytes: number } {
    const maxBytes = (KMAX_BYTES_PER_25G * linkGbps) / 25;
    const pause = (bufferKib * 1024 * ALPHA) / (1 + ALPHA);
    const scale = Math.min(1, pause / maxBytes);
    // Switches take any number of bytes, people prefer whole kilobytes.
    const whole = (bytes: number): number => Math.max(1000, Math.floor((bytes * scale) / 1000) * 1000);
    const minBytes = whole((KMIN_BYTES_PER_25G * linkGbps) / 25);
    return { minBytes, maxBytes: Math.max(whole(maxBytes), minBytes + 1000) };
}

/** Mistakes of the arguments, all of them. */
export function checkRoceQos(args: RoceQosArgs): InputProblem[] {
    const ranges = [
        ...wholeNumber("dscp", args.dscp ?? 26, { min: 0, max: 63 }),
        ...wholeNumber("priority", args.priority ?? 3, { min: 0, max: 7 }),
        ...wholeNumber("cnpDscp", args.cnpDscp ?? 48, { min: 0, max: 63 }),
        ...wholeNumber("cnpPriority", args.cnpPriority ?? 6, { min: 0, max: 7 }),
        ...wholeNumber("mtu", args.mtu ?? 9000, { min: 1500, max: 9216 }),
        ...wholeNumber("linkGbps", args.linkGbps, { min: 1, max: 1600 }),
        ...wholeNumber("bufferKib", args.bufferKib, { min: 1024, max: 1_073_741_824 }),
        ...wholeNumber("ecnProbability", args.ecnProbability ?? 20, { min: 1, max: 100 }),
        ...wholeNumber("gidIndex", args.gidIndex ?? 3, { min: 0, max: 255 }),
        ...wholeNumber("watchdogMs", args.watchdogMs ?? 200, { min: 100, max: 5000 }),
    ];
    return ranges.length > 0 ? ranges : checkRelations(args);
}

function checkRelations(args: RoceQosArgs): InputProblem[] {
    const qos = roceQos(args);
    const problems: InputProblem[] = [];
    if (qos.dscp === qos.cnpDscp) {
        problems.push({
            path: "cnpDscp",
            got: String(qos.cnpDscp),
            legal: "notifications need a DSCP of their own: in the data's queue they wait behind what they should slow down",
            remedy: "Give another DSCP, for example 48.",
        });
    }
    if (qos.priority === qos.cnpPriority) {
        problems.push({
            path: "cnpPriority",
            got: String(qos.cnpPriority),
            legal: "notifications need a priority that is never paused, other than the lossless one",
            remedy: "Give another priority, for example 6.",
        });
    }
    if (qos.ecnMinBytes >= qos.ecnMaxBytes) {
        problems.push({
            path: "ecnMinBytes",
            got: String(qos.ecnMinBytes),
            legal: `marking starts below ecnMaxBytes ${String(qos.ecnMaxBytes)}`,
            remedy: "Give a smaller lower threshold, or leave both to the formula.",
        });
    }
    return problems;
}

/** Fills in the defaults. */
export function roceQos(args: RoceQosArgs): RoceQos {
    const { minBytes, maxBytes } = ecnThresholds(args.linkGbps, args.bufferKib);
    return {
        dscp: args.dscp ?? 26,
        priority: args.priority ?? 3,
        cnpDscp: args.cnpDscp ?? 48,
        cnpPriority: args.cnpPriority ?? 6,
        mtu: args.mtu ?? 9000,
        linkGbps: args.linkGbps,
        bufferKib: args.bufferKib,
        ecnMinBytes: args.ecnMinBytes ?? minBytes,
        ecnMaxBytes: args.ecnMaxBytes ?? maxBytes,
        ecnProbability: args.ecnProbability ?? 20,
        gidIndex: args.gidIndex ?? 3,
        watchdogMs: args.watchdogMs ?? 200,
    };
}

/** The mistakes that a `CheckpointStorageArgs` can hold. Pure. */
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import type { CheckpointStorageArgs, CheckpointWriterArgs, LustreArgs } from "./checkpoint-storage-args";

/**
 * Unit of capacity of an EFA-enabled file system by throughput of one TiB, GiB (FSx for Lustre user guide, "Increasing storage
 * capacity"). It is the smallest file system too, up to 32 times the one without EFA.
 */
const EFA_CAPACITY_UNIT: { [throughput: string]: number } = {
    "125": 38_400,
    "250": 19_200,
    "500": 9_600,
    "1000": 4_800,
};

/** Unit of capacity without EFA, GiB; 1200 is legal besides (CreateFileSystem, PERSISTENT_2 on SSD). */
const CAPACITY_UNIT = 2400;
const SMALLEST = 1200;

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** All mistakes of the arguments. */
export function checkCheckpointStorage(args: CheckpointStorageArgs): InputProblem[] {
    const unknown = requirePlain({
        writers: args.writers,
        lustre: args.lustre,
        recoveryDays: args.recoveryDays,
        expireAfterDays: args.expireAfterDays,
        protect: args.protect,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...(args.writers.length > 0
            ? []
            : [
                  {
                      path: "writers",
                      got: "none",
                      legal: "a bucket that nobody writes to keeps no checkpoint",
                      remedy: "Name the namespace and service account of each team's jobs.",
                  },
              ]),
        ...args.writers.flatMap((writer, index) => checkWriter(args.writers, writer, index)),
        ...wholeNumber("recoveryDays", args.recoveryDays ?? 7, { min: 1, max: 365 }),
        ...wholeNumber("expireAfterDays", args.expireAfterDays ?? 1, { min: 1, max: 3650 }),
        ...(args.lustre === undefined ? [] : checkLustre(args.lustre)),
    ];
}

/** The prefix of a writer, ending with a slash. */
export function prefixOf(writer: CheckpointWriterArgs): string {
    return `${(writer.prefix ?? writer.namespace).replace(/\/+$/, "")}/`;
}

function checkWriter(writers: CheckpointWriterArgs[], writer: CheckpointWriterArgs, index: number): InputProblem[] {
    const path = `writers[${String(index)}]`;
    const problems: InputProblem[] = [];
    for (const field of ["namespace", "serviceAccount"] as const) {
        if (!DNS_LABEL.test(writer[field])) {
            problems.push({
                path: `${path}.${field}`,
                got: show(writer[field]),
                legal: "small letters, digits and hyphens are legal, at most 63",
                remedy: "Give the name as Kubernetes has it; a wildcard would let every pod in.",
            });
        }
    }
    if (writer.prefix !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)*\/?$/.test(writer.prefix)) {
        problems.push({
            path: `${path}.prefix`,
            got: show(writer.prefix),
            legal: "a prefix is one or more folders without wildcards, such as team-a/gpt2",
            remedy: "Leave it out to use the namespace.",
        });
    }
    const same = writers.findIndex(
        (other) => other.namespace === writer.namespace && other.serviceAccount === writer.serviceAccount,
    );
    if (same !== index) {
        problems.push({
            path,
            got: show(`${writer.namespace}/${writer.serviceAccount}`),
            legal: `a service account has one role, and writers[${String(same)}] is this one`,
            remedy: "Name it once.",
        });
    }
    const inside = writers.findIndex(
        (other, position) =>
            position !== index && other.namespace !== writer.namespace && prefixOf(writer).startsWith(prefixOf(other)),
    );
    if (inside >= 0) {
        problems.push({
            path: `${path}.prefix`,
            got: show(prefixOf(writer)),
            legal: `writers[${String(inside)}] of another namespace reaches everything below ${prefixOf(writers[inside] ?? writer)}`,
            remedy: "Give each namespace a prefix of its own.",
        });
    }
    return problems;
}

function checkLustre(lustre: LustreArgs): InputProblem[] {
    const tiers = Object.keys(EFA_CAPACITY_UNIT);
    const tier = oneOf("lustre.throughputPerTib", String(lustre.throughputPerTib), tiers);
    if (tier.length > 0) {
        return tier;
    }
    const unit = lustre.efa === true ? (EFA_CAPACITY_UNIT[String(lustre.throughputPerTib)] ?? 0) : CAPACITY_UNIT;
    const small = lustre.efa !== true && lustre.capacityGib === SMALLEST;
    if (small || (lustre.capacityGib > 0 && lustre.capacityGib % unit === 0)) {
        return [];
    }
    const next = Math.max(1, Math.ceil(lustre.capacityGib / unit)) * unit;
    return [
        {
            path: "lustre.capacityGib",
            got: String(lustre.capacityGib),
            legal:
                lustre.efa === true
                    ? `with EFA and ${String(lustre.throughputPerTib)} MB/s a TiB, capacity comes in units of ${String(unit)} GiB`
                    : `capacity is ${String(SMALLEST)} GiB or a multiple of ${String(unit)} GiB`,
            remedy:
                lustre.efa === true
                    ? `Give ${String(next)}, a higher throughput (its unit is smaller), or efa: false.`
                    : `Give ${String(next)}.`,
        },
    ];
}

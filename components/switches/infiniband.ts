/** InfiniBand: partitions and adaptive routing for OpenSM, which UFM embeds, so that one pair of files serves both. Pure. */
import { wholeNumber } from "../input";
import type { InputProblem } from "../input";

/** One partition: nodes that may talk to one another. */
export interface Partition {
    name: string;
    /** 15-bit key, 1 to 0x7ffe; 0x7fff is the default partition. */
    pkey: number;
    /** Port GUIDs of members, `0x0002c903000e0b72`. */
    guids: string[];
}

/** What of the subnet a site decides. */
export interface SubnetManagerArgs {
    partitions: Partition[];
    /** GUIDs of the switches of the top tier: without them the manager guesses the roots of the tree. */
    rootGuids: string[];
    /** Whether SHARP aggregation in switches is on. Defaults to off. */
    sharp?: boolean;
}

/** Mistakes of the partitions: keys out of range or twice, GUIDs that are none, a port twice in one partition. */
export function checkSubnetManager(args: SubnetManagerArgs): InputProblem[] {
    const seen = new Map<number, string>();
    return args.partitions.flatMap((partition, index) => {
        const path = `partitions[${String(index)}]`;
        const problems = wholeNumber(`${path}.pkey`, partition.pkey, { min: 1, max: 0x7ffe });
        const other = seen.get(partition.pkey);
        if (other !== undefined) {
            problems.push({
                path: `${path}.pkey`,
                got: hex(partition.pkey),
                legal: `partition "${other}" has that key`,
                remedy: "Give each partition a key of its own.",
            });
        }
        seen.set(partition.pkey, partition.name);
        const members = new Set<string>();
        partition.guids.forEach((guid, place) => {
            const wrong = !/^0x[0-9a-f]{16}$/.test(guid);
            if (wrong || members.has(guid)) {
                problems.push({
                    path: `${path}.guids[${String(place)}]`,
                    got: `"${guid}"`,
                    legal: wrong ? "a port GUID is 0x and 16 hexadecimal digits" : "each port is listed once",
                    remedy: wrong ? "Copy the GUID from ibstat." : "Remove one of the two.",
                });
            }
            members.add(guid);
        });
        return problems;
    });
}

function hex(value: number): string {
    return `0x${value.toString(16).padStart(4, "0")}`;
}

/**
 * partitions.conf. Nodes are limited members of the default partition: they reach the managers and switches (full members), not
 * one another, unless a partition of their own joins them.
 */
export function partitionsConf(args: SubnetManagerArgs): string {
    const own = args.partitions.map(
        (partition) =>
            `${partition.name}=${hex(partition.pkey)}, ipoib, defmember=full : ${partition.guids.join(", ")};`,
    );
    const member = args.partitions.length > 0 ? "limited" : "full";
    return [`Default=0x7fff, ipoib : ALL=${member}, ALL_SWITCHES=full, SELF=full;`, ...own, ""].join("\n");
}

/**
 * Lines for opensm.conf: fat-tree routing with adaptive routing on every service level, up-down where the tree is not one
 * (a lost spine), and the roots named.
 */
export function opensmConf(args: SubnetManagerArgs, rootGuidFile = "/etc/opensm/root_guids.conf"): string {
    return [
        "routing_engine ar_ftree,ar_updn",
        `root_guid_file ${rootGuidFile}`,
        "enable_ar_by_device_cap TRUE",
        "ar_sl_mask 0xFFFF",
        // Self-healing: switches route around a dead link before the manager has recomputed.
        "shield_mode 1",
        "use_ucast_cache TRUE",
        "part_enforce both",
        `sharp_enabled ${args.sharp === true ? "2" : "0"}`,
        "",
    ].join("\n");
}

/** root_guids.conf. */
export function rootGuidsConf(args: SubnetManagerArgs): string {
    return `${args.rootGuids.join("\n")}\n`;
}

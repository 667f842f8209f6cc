/** SONiC: the tables of config_db.json that carry quality of service. SONiC holds every value as a string. Pure. */
import type { RoceQos } from "../quality-of-service";
import type { SwitchSpec } from "./ports";

/** Name of all maps and profiles of ours. */
export const SONIC_NAME = "KILOGPU";
/** Detection needs two polls (sonic-swss pfcwd). */
const POLLS = 2;
/** Polling intervals that sonic-pfcwd.yang allows, ms. */
const POLL_MS = { min: 100, max: 1000 };

/** config_db.json: table, key, field, value. */
export interface ConfigDb {
    [table: string]: { [key: string]: { [field: string]: string } };
}

/** The tables, to be merged into the switch's own config_db.json (`config load`). */
export function sonicConfig(spec: SwitchSpec, qos: RoceQos): ConfigDb {
    const priority = String(qos.priority);
    const identity = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [String(index), String(index)]));
    const classes = Object.fromEntries(
        Array.from({ length: 64 }, (_, dscp) => [
            String(dscp),
            String(dscp === qos.dscp ? qos.priority : dscp === qos.cnpDscp ? qos.cnpPriority : bestEffort(qos)),
        ]),
    );
    const each = <T>(value: (name: string, peer: string) => T): { [port: string]: T } =>
        Object.fromEntries(spec.ports.map((port) => [port.name, value(port.name, port.peer)]));
    return {
        DEVICE_METADATA: { localhost: { hostname: spec.hostname } },
        DSCP_TO_TC_MAP: { [SONIC_NAME]: classes },
        TC_TO_QUEUE_MAP: { [SONIC_NAME]: identity },
        TC_TO_PRIORITY_GROUP_MAP: { [SONIC_NAME]: identity },
        MAP_PFC_PRIORITY_TO_QUEUE: { [SONIC_NAME]: identity },
        WRED_PROFILE: {
            [SONIC_NAME]: {
                ecn: "ecn_all",
                ...Object.fromEntries(
                    ["green", "yellow", "red"].flatMap((colour) => [
                        [`wred_${colour}_enable`, "true"],
                        [`${colour}_min_threshold`, String(qos.ecnMinBytes)],
                        [`${colour}_max_threshold`, String(qos.ecnMaxBytes)],
                        [`${colour}_drop_probability`, String(qos.ecnProbability)],
                    ]),
                ),
            },
        },
        SCHEDULER: { "kilogpu.lossless": { type: "DWRR", weight: "50" }, "kilogpu.strict": { type: "STRICT" } },
        QUEUE: Object.fromEntries(
            spec.ports.flatMap((port) => [
                [`${port.name}|${priority}`, { scheduler: "kilogpu.lossless", wred_profile: SONIC_NAME }],
                [`${port.name}|${String(qos.cnpPriority)}`, { scheduler: "kilogpu.strict" }],
            ]),
        ),
        PORT: each((_, peer) => ({
            admin_status: "up",
            description: peer,
            mtu: String(qos.mtu),
            speed: String(qos.linkGbps * 1000),
        })),
        PORT_QOS_MAP: each(() => ({
            dscp_to_tc_map: SONIC_NAME,
            tc_to_queue_map: SONIC_NAME,
            tc_to_pg_map: SONIC_NAME,
            pfc_to_queue_map: SONIC_NAME,
            pfc_enable: priority,
            pfcwd_sw_enable: priority,
        })),
        PFC_WD: {
            GLOBAL: { POLL_INTERVAL: String(pollMs(qos.watchdogMs)) },
            ...each(() => ({
                action: "drop",
                detection_time: String(qos.watchdogMs),
                restoration_time: String(2 * qos.watchdogMs),
            })),
        },
    };
}

/** The same as file. */
export function sonicConfigFile(spec: SwitchSpec, qos: RoceQos): string {
    return `${JSON.stringify(sonicConfig(spec, qos), undefined, 4)}\n`;
}

function pollMs(watchdogMs: number): number {
    return Math.min(POLL_MS.max, Math.max(POLL_MS.min, Math.floor(watchdogMs / POLLS)));
}

/** Class of all other traffic: the lowest that is neither lossless nor that of notifications. */
export function bestEffort(qos: RoceQos): number {
    return [0, 1, 2].find((priority) => priority !== qos.priority && priority !== qos.cnpPriority) ?? 0;
}

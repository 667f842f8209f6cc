/** Cumulus Linux: one tree of settings, written as `nv set` commands or as startup.yaml, so that both say the same. Pure. */
import { stringify } from "yaml";
import type { RoceQos } from "../quality-of-service";
import type { SwitchSpec } from "./ports";

/** A tree of NVUE: an empty object is a list entry that has no value of its own. */
interface NvueTree {
    [key: string]: NvueTree | string | number;
}

function nvueTree(spec: SwitchSpec, qos: RoceQos): NvueTree {
    return {
        qos: {
            roce: { enable: "on", mode: "lossless" },
            mapping: {
                "default-global": {
                    trust: "l3",
                    dscp: {
                        [qos.dscp]: { "switch-priority": qos.priority },
                        [qos.cnpDscp]: { "switch-priority": qos.cnpPriority },
                    },
                },
            },
            "egress-queue-mapping": {
                "default-global": {
                    "switch-priority": {
                        [qos.priority]: { "traffic-class": qos.priority },
                        [qos.cnpPriority]: { "traffic-class": qos.cnpPriority },
                    },
                },
            },
            pfc: {
                "default-global": { "switch-priority": { [qos.priority]: {} }, rx: "enable", tx: "enable" },
            },
            "pfc-watchdog": { "polling-interval": "0:00:00.1", robustness: Math.ceil(qos.watchdogMs / 100) },
            "congestion-control": {
                "default-global": {
                    "traffic-class": {
                        [qos.priority]: {
                            ecn: "enable",
                            red: "disable",
                            "min-threshold": qos.ecnMinBytes,
                            "max-threshold": qos.ecnMaxBytes,
                            probability: qos.ecnProbability,
                        },
                    },
                },
            },
        },
        interface: Object.fromEntries(
            spec.ports.map((port) => [
                port.name,
                {
                    type: "swp",
                    description: port.peer,
                    link: { mtu: qos.mtu, speed: `${String(qos.linkGbps)}G` },
                    qos: { "pfc-watchdog": { state: "enable" } },
                },
            ]),
        ),
        system: { hostname: spec.hostname },
    };
}

/** Every setting as the words after `nv set`. */
export function nvueSettings(spec: SwitchSpec, qos: RoceQos): string[] {
    const lines: string[] = [];
    const walk = (path: string[], value: NvueTree | string | number): void => {
        if (typeof value !== "object") {
            lines.push([...path, String(value)].join(" "));
        } else if (Object.keys(value).length === 0) {
            lines.push(path.join(" "));
        } else {
            for (const [key, inner] of Object.entries(value)) {
                walk([...path, key], inner);
            }
        }
    };
    walk([], nvueTree(spec, qos));
    return lines;
}

/** The commands, one a line, ending in `nv config apply`. */
export function nvueCommands(spec: SwitchSpec, qos: RoceQos): string {
    return [...nvueSettings(spec, qos).map((line) => `nv set ${line}`), "nv config apply -y", ""].join("\n");
}

/** `/etc/nvue.d/startup.yaml`. */
export function nvueStartup(spec: SwitchSpec, qos: RoceQos): string {
    return stringify([{ set: nvueTree(spec, qos) }]);
}

/** Cumulus Linux: one tree of settings, written as `nv set` commands or as startup.yaml, so that both say the same. Pure. */
import { stringify } from "yaml";
import { show } from "../input";
import type { InputProblem } from "../input";
import type { RoceQos } from "../quality-of-service";
import type { SwitchSpec } from "./ports";

/** A tree of NVUE: an empty object is a list entry that has no value of its own. */
interface NvueTree {
    [key: string]: NvueTree | string | number;
}

/** Cumulus Linux that configuration is written for where nobody says. */
export const NVUE_RELEASE = "5.18";
/** The first with the PFC watchdog, and the first that says `state enabled` instead of `enable on`: NVUE's own OpenAPI of each release. */
const FIRST_MINOR = 6;
const STATE_MINOR = 15;
/** Shortest polling interval that NVUE takes, ms. */
const POLL_MS = 100;

/** What is wrong with a release of Cumulus Linux. */
export function checkNvueRelease(path: string, release: string): InputProblem[] {
    const minor = /^5\.(\d+)(\.\d+)?$/.exec(release)?.[1];
    return minor !== undefined && Number(minor) >= FIRST_MINOR
        ? []
        : [
              {
                  path,
                  got: show(release),
                  legal: `Cumulus Linux 5.${String(FIRST_MINOR)} or later, as 5.${String(STATE_MINOR)}: older ones have no PFC watchdog in NVUE`,
                  remedy: "Give the release that `nv show system` prints, or update the switch.",
              },
          ];
}

/** RoCE turned on, in the words of the release. */
function roceOn(release: string): NvueTree {
    return Number(release.split(".")[1]) >= STATE_MINOR ? { state: "enabled" } : { enable: "on" };
}

function nvueTree(spec: SwitchSpec, qos: RoceQos, release: string): NvueTree {
    return {
        qos: {
            roce: { ...roceOn(release), mode: "lossless" },
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
            "pfc-watchdog": { "polling-interval": POLL_MS, robustness: Math.ceil(qos.watchdogMs / POLL_MS) },
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

/** Every setting as the words after `nv set`, for a release of Cumulus Linux. */
export function nvueSettings(spec: SwitchSpec, qos: RoceQos, release: string = NVUE_RELEASE): string[] {
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
    walk([], nvueTree(spec, qos, release));
    return lines;
}

/** The commands, one a line, ending in `nv config apply`. */
export function nvueCommands(spec: SwitchSpec, qos: RoceQos, release: string = NVUE_RELEASE): string {
    return [...nvueSettings(spec, qos, release).map((line) => `nv set ${line}`), "nv config apply -y", ""].join("\n");
}

/** `/etc/nvue.d/startup.yaml`. Quoted for readers of YAML 1.1, to which a bare `on` is a boolean. */
export function nvueStartup(spec: SwitchSpec, qos: RoceQos, release: string = NVUE_RELEASE): string {
    return stringify([{ set: nvueTree(spec, qos, release) }], { version: "1.1" });
}

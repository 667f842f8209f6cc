/** Reads back a switch: `nv config show` (YAML), config_db.json, EOS running-config. Independent of the renderers. Pure. */
import { parse } from "yaml";
import type { RoceQos } from "../quality-of-service";
import { Setting } from "./observation";
import type { Observation, ObservedSetting } from "./observation";
import type { ConfigDb } from "./sonic";
import type { SwitchSpec } from "./ports";

type Tree = { [key: string]: unknown };

function tree(value: unknown): Tree {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

/** Walks down a tree; an empty one where the path ends early. */
function under(value: unknown, ...path: string[]): Tree {
    return path.reduce<Tree>((node, key) => tree(node[key]), tree(value));
}

function scalar(value: unknown): string | undefined {
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : undefined;
}

function collect(values: [string, Setting, string | undefined][]): ObservedSetting[] {
    return values.flatMap(([port, setting, value]) => (value === undefined ? [] : [{ port, setting, value }]));
}

/** Numbers of `24`, `0-7` or `0-7,26`. */
function numbers(list: string): number[] {
    return list.split(",").flatMap((part) => {
        const [first, last] = part.split("-").map(Number);
        return Array.from({ length: (last ?? first ?? 0) - (first ?? 0) + 1 }, (_, index) => (first ?? 0) + index);
    });
}

/** Ports of a key of NVUE, which groups equal ports: `swp1-4`, `swp1s0-1`, `swp1,5-6`. */
export function nvuePorts(key: string): string[] {
    let prefix = "";
    return key.split(",").flatMap((part) => {
        const match = /^([a-z]*)(\d+)(?:-(\d+))?(?:s(\d+)(?:-(\d+))?)?$/.exec(part);
        if (match === null) {
            return [part];
        }
        const [, word, first, last, lane, lastLane] = match;
        prefix = word === "" ? prefix : (word ?? "");
        const cages = numbers(last === undefined ? (first ?? "") : `${first ?? ""}-${last}`);
        return lane === undefined
            ? cages.map((cage) => `${prefix}${String(cage)}`)
            : cages.flatMap((cage) =>
                  numbers(lastLane === undefined ? lane : `${lane}-${lastLane}`).map(
                      (half) => `${prefix}${String(cage)}s${String(half)}`,
                  ),
              );
    });
}

/** What NVUE says of one number, be it a key of its own or inside a group. */
function ofNumber(node: Tree, number: number): Tree {
    return tree(node[String(number)] ?? node[Object.keys(node).find((key) => numbers(key).includes(number)) ?? ""]);
}

/** Cumulus Linux: output of `nv config show`, or startup.yaml. */
export function observeNvue(spec: SwitchSpec, qos: RoceQos, yaml: string): Observation {
    const documents: unknown = parse(yaml);
    const set = (Array.isArray(documents) ? documents : [documents]).map((entry) => under(entry, "set"));
    const root = tree(set.find((entry) => Object.keys(entry).length > 0));
    const map = under(root, "qos", "mapping", "default-global");
    const dscpClass = (dscp: number): string => scalar(ofNumber(under(map, "dscp"), dscp)["switch-priority"]) ?? "none";
    const ecn = ofNumber(under(root, "qos", "congestion-control", "default-global", "traffic-class"), qos.priority);
    const pfc = under(root, "qos", "pfc", "default-global");
    const on = pfc["rx"] !== "disable" && pfc["tx"] !== "disable";
    return {
        device: spec.hostname,
        source: "nvue",
        ports: spec.ports.map((port) => port.name),
        settings: collect([
            ["", Setting.Trust, scalar(map["trust"])],
            ["", Setting.DataClass, dscpClass(qos.dscp)],
            ["", Setting.CnpClass, dscpClass(qos.cnpDscp)],
            ["", Setting.Lossless, on ? Object.keys(under(pfc, "switch-priority")).flatMap(numbers).join(",") : ""],
            ["", Setting.Ecn, scalar(ecn["ecn"]) ?? "disable"],
            ["", Setting.EcnMin, scalar(ecn["min-threshold"])],
            ["", Setting.EcnMax, scalar(ecn["max-threshold"])],
            ["", Setting.EcnProbability, scalar(ecn["probability"])],
            ...Object.entries(under(root, "interface")).flatMap(([key, value]) =>
                nvuePorts(key).flatMap((name): [string, Setting, string | undefined][] => {
                    const port = tree(value);
                    return [
                        [name, Setting.Mtu, scalar(under(port, "link")["mtu"])],
                        [name, Setting.Speed, scalar(under(port, "link")["speed"])?.replace(/G$/, "")],
                        [name, Setting.Watchdog, scalar(under(port, "qos", "pfc-watchdog")["state"]) ?? "disable"],
                    ];
                }),
            ),
        ]).map((entry) => ({
            ...entry,
            value: entry.value === "enable" ? "on" : entry.value === "disable" ? "off" : entry.value,
        })),
    };
}

/** Older SONiC writes references as `[TABLE|NAME]`, newer as `NAME`. */
function reference(value: string | undefined): string {
    return /^\[[^|]*\|(.*)\]$/.exec(value ?? "")?.[1] ?? value ?? "";
}

/** SONiC: config_db.json. Per-port maps and profiles are followed, so that a port with a map of its own is seen. */
export function observeSonic(spec: SwitchSpec, qos: RoceQos, json: string): Observation {
    const db = JSON.parse(json) as ConfigDb;
    const row = (table: string, key: string): { [field: string]: string } => db[table]?.[key] ?? {};
    const settings = spec.ports.flatMap(({ name }): [string, Setting, string | undefined][] => {
        const port = row("PORT", name);
        const maps = row("PORT_QOS_MAP", name);
        const classes = row("DSCP_TO_TC_MAP", reference(maps["dscp_to_tc_map"]));
        const wred = row("WRED_PROFILE", reference(row("QUEUE", `${name}|${String(qos.priority)}`)["wred_profile"]));
        const stray = Object.entries(classes)
            .filter(([dscp, value]) => Number(dscp) !== qos.dscp && value === String(qos.priority))
            .map(([dscp]) => dscp);
        return [
            [name, Setting.DataClass, classes[String(qos.dscp)] ?? "none"],
            [name, Setting.CnpClass, classes[String(qos.cnpDscp)] ?? "none"],
            [name, Setting.StrayClass, stray.join(",")],
            [name, Setting.Lossless, maps["pfc_enable"] ?? ""],
            [name, Setting.Ecn, wred["ecn"] === "ecn_all" || wred["ecn"] === "ecn_green" ? "on" : "off"],
            [name, Setting.EcnMin, wred["green_min_threshold"]],
            [name, Setting.EcnMax, wred["green_max_threshold"]],
            [name, Setting.EcnProbability, wred["green_drop_probability"]],
            [name, Setting.Mtu, port["mtu"]],
            [name, Setting.Speed, port["speed"] === undefined ? undefined : String(Number(port["speed"]) / 1000)],
            [name, Setting.Watchdog, watched(maps, row("PFC_WD", name), qos) ? "on" : "off"],
        ];
    });
    return {
        device: spec.hostname,
        source: "sonic",
        ports: spec.ports.map((port) => port.name),
        settings: collect(settings),
    };
}

function watched(maps: { [field: string]: string }, watchdog: { [field: string]: string }, qos: RoceQos): boolean {
    const priorities = (maps["pfcwd_sw_enable"] ?? "").split(",");
    return watchdog["action"] !== undefined && priorities.includes(String(qos.priority));
}

/** Top-level blocks of a running-config: header line and the indented lines below it. */
function eosBlocks(text: string): { header: string; lines: string[] }[] {
    const blocks: { header: string; lines: string[] }[] = [];
    for (const line of text.split("\n")) {
        if (/^\S/.test(line) && line !== "!") {
            blocks.push({ header: line.trim(), lines: [] });
        } else if (line.trim() !== "" && line.trim() !== "!") {
            blocks.at(-1)?.lines.push(line);
        }
    }
    return blocks;
}

/** Traffic class of each eight DSCPs where EOS is told nothing. */
const EOS_CLASSES = ["1", "0", "2", "3", "4", "5", "6", "7"];

/** EOS: running-config. Each port's own profile is followed. */
export function observeEos(spec: SwitchSpec, qos: RoceQos, text: string): Observation {
    const blocks = eosBlocks(text);
    // A running-config leaves defaults out; EOS user manual, quality of service, table "Default DSCP to Traffic Class Map".
    const classes = new Map(Array.from({ length: 64 }, (_, dscp) => [String(dscp), EOS_CLASSES[dscp >> 3] ?? "none"]));
    for (const { header } of blocks) {
        const [, list, value] = /^qos map dscp ([\d\s,-]+) to traffic-class (\d+)/.exec(header) ?? [];
        for (const dscp of list === undefined
            ? []
            : list
                  .trim()
                  .split(/[\s,]+/)
                  .flatMap(numbers)) {
            classes.set(String(dscp), value ?? "none");
        }
    }
    const profiles = new Map(
        blocks.flatMap(({ header, lines }) =>
            header.startsWith("qos profile ")
                ? [[header.slice("qos profile ".length), eosProfile(lines, qos)] as const]
                : [],
        ),
    );
    const watchdog = blocks.some(({ header }) => /^priority-flow-control pause watchdog default timeout /.test(header));
    const ports = blocks.flatMap(({ header, lines }): [string, Setting, string | undefined][] => {
        const name = /^interface (\S+)$/.exec(header)?.[1];
        if (name === undefined) {
            return [];
        }
        const value = (pattern: RegExp): string | undefined =>
            lines.map((line) => pattern.exec(line.trim())?.[1]).find((found) => found !== undefined);
        const profile = profiles.get(value(/^service-profile (\S+)/) ?? "");
        return [
            [name, Setting.Mtu, value(/^mtu (\d+)/)],
            [name, Setting.Speed, value(/^speed (?:forced )?(\d+)g/)],
            [name, Setting.Watchdog, watchdog && !lines.some((line) => /watchdog disable/.test(line)) ? "on" : "off"],
            ...(profile ?? eosProfile([], qos)).map(([setting, entry]): [string, Setting, string | undefined] => [
                name,
                setting,
                entry,
            ]),
        ];
    });
    return {
        device: spec.hostname,
        source: "eos",
        ports: spec.ports.map((port) => port.name),
        settings: collect([
            ["", Setting.DataClass, classes.get(String(qos.dscp)) ?? "none"],
            ["", Setting.CnpClass, classes.get(String(qos.cnpDscp)) ?? "none"],
            ...ports,
        ]),
    };
}

function eosProfile(lines: string[], qos: RoceQos): [Setting, string | undefined][] {
    const trimmed = lines.map((line) => line.trim());
    const lossless = trimmed.flatMap((line) => /^priority-flow-control priority (\d) no-drop/.exec(line)?.[1] ?? []);
    const queue = new Map<string, string[]>();
    let current = "";
    for (const line of trimmed) {
        current = /^(?:uc-)?tx-queue (\d)/.exec(line)?.[1] ?? current;
        queue.set(current, [...(queue.get(current) ?? []), line]);
    }
    const [, min, unit, max, maxUnit, probability] =
        /random-detect ecn minimum-threshold (\d+) (\w+) maximum-threshold (\d+) (\w+)(?: max-mark-probability (\d+))?/.exec(
            (queue.get(String(qos.priority)) ?? []).join("\n"),
        ) ?? [];
    return [
        [
            Setting.Trust,
            trimmed.map((line) => /^qos trust (\w+)/.exec(line)?.[1]).find((found) => found !== undefined) ?? "none",
        ],
        [Setting.Lossless, trimmed.includes("priority-flow-control on") ? lossless.join(",") : ""],
        [Setting.Ecn, min === undefined ? "off" : "on"],
        [Setting.EcnMin, bytes(min, unit)],
        [Setting.EcnMax, bytes(max, maxUnit)],
        [Setting.EcnProbability, probability],
    ];
}

/** EOS's kilobytes and megabytes are powers of ten; a segment is 208 or 256 bytes by platform and is left as it is. */
function bytes(value: string | undefined, unit: string | undefined): string | undefined {
    const scale: { [unit: string]: number } = { bytes: 1, kbytes: 1000, mbytes: 1_000_000 };
    const factor = scale[unit ?? ""];
    return value === undefined
        ? undefined
        : factor === undefined
          ? `${value} ${unit ?? ""}`
          : String(Number(value) * factor);
}

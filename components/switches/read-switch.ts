/** Tells from a configuration alone which dialect it is, whose it is and which ports it turns on. Pure. */
import { parse } from "yaml";
import type { RoceQos } from "../quality-of-service";
import type { Observation } from "./observation";
import { nvuePorts, observeEos, observeNvue, observeSonic } from "./parse-switch";
import { SwitchDialect } from "./ports";

/** A configuration that was recognised. */
export interface SwitchReading {
    dialect: SwitchDialect;
    /** Host name that the configuration gives its switch; empty where it gives none. */
    hostname: string;
    /** Front-panel ports that the configuration turns on. */
    ports: string[];
    /** What it says, for the named ports. */
    observe: (device: string, ports: readonly string[], qos: RoceQos) => Observation;
}

type Tree = { [key: string]: unknown };

function tree(value: unknown, ...path: string[]): Tree {
    const node = path.reduce<unknown>((inner, key) => (inner as Tree | null | undefined)?.[key], value);
    return typeof node === "object" && node !== null && !Array.isArray(node) ? (node as Tree) : {};
}

function word(value: unknown): string {
    return typeof value === "string" ? value : "";
}

/** Recognises a configuration; undefined where it is of none of the dialects. */
export function readSwitch(text: string): SwitchReading | undefined {
    const reading = (
        dialect: SwitchDialect,
        hostname: string,
        ports: string[],
        observe: typeof observeEos,
    ): SwitchReading => ({
        dialect,
        hostname,
        ports,
        observe: (device, wanted, qos) =>
            observe({ hostname: device, ports: wanted.map((name) => ({ name, peer: "" })) }, qos, text),
    });
    if (/^(interface \S+|hostname \S+|! Command: show running-config.*)$/m.test(text)) {
        return reading(
            SwitchDialect.Eos,
            /^hostname (\S+)/m.exec(text)?.[1] ?? "",
            [...text.matchAll(/^interface (Ethernet\S+)\n((?: .*\n?)*)/gm)].flatMap(([, name, body]) =>
                /^ +shutdown$/m.test(body ?? "") ? [] : [name ?? ""],
            ),
            observeEos,
        );
    }
    const value = parsed(text);
    if (["PORT", "PORT_QOS_MAP", "DEVICE_METADATA"].some((table) => Object.keys(tree(value, table)).length > 0)) {
        return reading(
            SwitchDialect.Sonic,
            word(tree(value, "DEVICE_METADATA", "localhost")["hostname"]),
            Object.entries(tree(value, "PORT")).flatMap(([name, port]) =>
                tree(port)["admin_status"] === "up" ? [name] : [],
            ),
            observeSonic,
        );
    }
    const set = [value]
        .flat()
        .map((entry) => tree(entry, "set"))
        .find((entry) => Object.keys(entry).length > 0);
    return set === undefined
        ? undefined
        : reading(
              SwitchDialect.Nvue,
              word(tree(set, "system")["hostname"]),
              Object.entries(tree(set, "interface")).flatMap(([key, port]) =>
                  /^swp/.test(key) && !("down" in tree(port, "link", "state")) ? nvuePorts(key) : [],
              ),
              observeNvue,
          );
}

function parsed(text: string): unknown {
    try {
        return parse(text) as unknown;
    } catch {
        return undefined;
    }
}

/**
 * The folder of readings: what hosts, switches and containers said, as `kilogpu fabric collect` and a switch's own show command write it.
 *
 * hosts/<host>/{mlnx_qos-<netdev>.txt, cma_roce_tos-<device>.txt, sysfs.txt, lldp.json}, switches/<switch>.{yaml,json,conf}, nccl/<pod>.env,
 * iblinkinfo.txt.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { InputError } from "../../components/input/problem";

/** What one host said. */
export interface HostFiles {
    /** Output of `mlnx_qos -i` by interface. */
    mlnxQos: { [netdev: string]: string };
    /** Output of `cma_roce_tos -d` by device. */
    cmaTos: { [device: string]: string };
    /** Files under /sys by path. */
    sysfs: { [path: string]: string };
    /** Output of `lldpctl -f json`. */
    lldp?: string;
}

/** Everything that was read. */
export interface Readings {
    hosts: { [host: string]: HostFiles };
    /** Configuration by switch. */
    switches: { [hostname: string]: { file: string; text: string } };
    /** NCCL's variables by container. */
    nccl: { [container: string]: { [name: string]: string } };
    /** Output of `iblinkinfo`. */
    linkInfo?: string;
    /** Files that belong nowhere, so that a typing mistake in a name is no silence. */
    strangers: string[];
}

/**
 * Reads the folder.
 *
 * @throws InputError where it is none, or holds no reading at all though it should.
 */
export function readReadings(folder: string, mayBeEmpty = false): Readings {
    const readings: Readings = { hosts: {}, switches: {}, nccl: {}, strangers: [] };
    const isFolder = existsSync(folder) && statSync(folder).isDirectory();
    for (const entry of isFolder ? readdirSync(folder).sort() : []) {
        const path = join(folder, entry);
        if (entry === "hosts") {
            for (const host of readdirSync(path).sort()) {
                readings.hosts[host] = readHost(join(path, host), `hosts/${host}`, readings.strangers);
            }
        } else if (entry === "switches") {
            for (const file of readdirSync(path).sort()) {
                const name = file.slice(0, file.length - extname(file).length).replace(/\.config_db$/, "");
                readings.switches[name] = { file: `switches/${file}`, text: readFileSync(join(path, file), "utf8") };
            }
        } else if (entry === "nccl") {
            for (const file of readdirSync(path).sort()) {
                readings.nccl[file.replace(/\.env$/, "")] = readEnvironment(readFileSync(join(path, file), "utf8"));
            }
        } else if (entry === "iblinkinfo.txt") {
            readings.linkInfo = readFileSync(path, "utf8");
        } else {
            readings.strangers.push(entry);
        }
    }
    if (!mayBeEmpty && Object.keys({ ...readings.hosts, ...readings.switches, ...readings.nccl }).length === 0) {
        throw new InputError("kilogpu", [
            {
                path: "--from",
                got: `"${folder}"`,
                legal: "a folder with hosts/, switches/ or nccl/ is needed",
                remedy: "docs/fabric.md has the layout and the commands that fill it.",
            },
        ]);
    }
    return readings;
}

function readHost(folder: string, label: string, strangers: string[]): HostFiles {
    const files: HostFiles = { mlnxQos: {}, cmaTos: {}, sysfs: {} };
    for (const file of readdirSync(folder).sort()) {
        const text = readFileSync(join(folder, file), "utf8");
        const netdev = /^mlnx_qos-(.+)\.txt$/.exec(file)?.[1];
        const device = /^cma_roce_tos-(.+)\.txt$/.exec(file)?.[1];
        if (netdev !== undefined) {
            files.mlnxQos[netdev] = text;
        } else if (device !== undefined) {
            files.cmaTos[device] = text;
        } else if (file === "sysfs.txt") {
            // `grep -H . <files>`: path, colon, content.
            for (const [, path, value] of text.matchAll(/^(\/sys\/[^:\n]+):(.*)$/gm)) {
                files.sysfs[path ?? ""] = value ?? "";
            }
        } else if (file === "lldp.json") {
            files.lldp = text;
        } else {
            strangers.push(`${label}/${file}`);
        }
    }
    return files;
}

function readEnvironment(text: string): { [name: string]: string } {
    return Object.fromEntries(
        [...text.matchAll(/^(?:export )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [
            name ?? "",
            (value ?? "").trim().replace(/^(["'])(.*)\1$/, "$2"),
        ]),
    );
}

/** Holds what was read against what was declared: every host, port, switch and container that says something else, by name. */
import { findSwitch } from "../../catalog/switches";
import { FabricKind } from "../../components/fabric/profile";
import type { InventoryHost, InventoryNic } from "../../components/inventory";
import {
    Setting,
    cablesOfFabric,
    cablesOfHost,
    fabricDisagreements,
    linkSettings,
    observeHost,
    observeNccl,
    portName,
    readSwitch,
} from "../../components/switches";
import type { Disagreement, Observation, ObservedSetting, SwitchDialect } from "../../components/switches";
import type { DeclaredFabric } from "./declared";
import type { HostFiles, Readings } from "./readings";

/** What could not be compared, and why. */
export interface Unread {
    /** File or folder inside the readings. */
    path: string;
    reason: string;
}

/** The answer of `kilogpu fabric check`; with `--json` it is printed as it is. */
export interface FabricCheck {
    fabric: string;
    kind: string;
    /** Devices and ports that were compared. */
    devices: number;
    ports: number;
    disagreements: Disagreement[];
    /** Declared, but not in the readings, or not readable. */
    unread: Unread[];
    /** In the readings, but not declared. */
    strangers: string[];
}

/**
 * Compares.
 *
 * @param ignored Ports of switches that are not part of the fabric, `leaf-u1-r1:swp63`.
 */
export function checkFabric(
    declared: DeclaredFabric,
    readings: Readings,
    ignored: ReadonlySet<string> = new Set(),
): FabricCheck {
    const unread: Unread[] = [];
    const roce = declared.kind === FabricKind.Roce;
    const observed = [
        ...declared.inventory.hosts.flatMap((host) =>
            roce
                ? roceHost(declared, host, readings.hosts[host.name], unread)
                : infinibandHost(declared, host, readings, unread),
        ),
        ...(roce ? switches(declared, readings, ignored, unread) : []),
        ...Object.entries(readings.nccl).map(([container, environment]) => nccl(declared, container, environment)),
    ];
    const names = new Set(declared.inventory.hosts.map(({ name }) => name));
    return {
        fabric: declared.name,
        kind: declared.kind,
        devices: observed.length,
        ports: observed.reduce((sum, { ports }) => sum + ports.length, 0),
        disagreements: fabricDisagreements(declared.qos, observed),
        unread,
        strangers: [
            ...readings.strangers,
            ...Object.keys(readings.hosts)
                .filter((host) => !names.has(host))
                .map((host) => `hosts/${host}`),
            ...(roce ? [] : Object.values(readings.switches).map(({ file }) => file)),
        ],
    };
}

function roceHost(
    declared: DeclaredFabric,
    host: InventoryHost,
    files: HostFiles | undefined,
    unread: Unread[],
): Observation[] {
    if (files === undefined) {
        unread.push({ path: `hosts/${host.name}`, reason: "no readings of this host" });
        return [];
    }
    const cables = hostCables(host.name, files, unread);
    const readings = host.nics.flatMap((nic) => {
        const { netdev } = nic;
        if (netdev === undefined) {
            unread.push({ path: `hosts/${host.name}`, reason: `the inventory gives ${nic.device} no netdev` });
            return [];
        }
        const mlnxQos = files.mlnxQos[netdev];
        if (mlnxQos === undefined) {
            unread.push({
                path: `hosts/${host.name}/mlnx_qos-${netdev}.txt`,
                reason: `missing, so ${netdev} is not judged`,
            });
            return [];
        }
        return [
            { port: { device: nic.device, netdev }, mlnxQos, sysfs: files.sysfs, cmaTos: files.cmaTos[nic.device] },
        ];
    });
    const observation = observeHost(host.name, declared.qos, readings);
    const compared = new Set(observation.ports);
    const own = host.nics.filter(({ netdev }) => compared.has(netdev ?? ""));
    return [
        cables === undefined
            ? observation
            : withCables(
                  observation,
                  own.map((nic) => ({ nic, port: nic.netdev ?? "", far: cables.get(nic.netdev ?? "") })),
              ),
    ];
}

function hostCables(host: string, files: HostFiles, unread: Unread[]): Map<string, string> | undefined {
    try {
        return files.lldp === undefined ? undefined : cablesOfHost(files.lldp);
    } catch {
        unread.push({ path: `hosts/${host}/lldp.json`, reason: "no JSON, so cables are not judged" });
        return undefined;
    }
}

function infinibandHost(
    { partition }: DeclaredFabric,
    host: InventoryHost,
    { hosts, linkInfo }: Readings,
    unread: Unread[],
): Observation[] {
    const files = hosts[host.name];
    if (files === undefined) {
        unread.push({ path: `hosts/${host.name}`, reason: "no readings of this host" });
        return [];
    }
    const observation: Observation = {
        device: host.name,
        source: "infiniband",
        ports: host.nics.map(({ device }) => device),
        settings: host.nics.flatMap(({ device }) => linkSettings(device, device, files.sysfs)),
        own:
            partition === undefined
                ? []
                : host.nics.map(({ device }) => ({ port: device, setting: Setting.Partition, value: partition })),
    };
    const cables = linkInfo === undefined ? undefined : cablesOfFabric(linkInfo);
    return [
        cables === undefined
            ? observation
            : withCables(
                  observation,
                  host.nics.map((nic) => ({
                      nic,
                      port: nic.device,
                      far: cables.get(`${host.name} ${nic.device}`),
                  })),
              ),
    ];
}

/** Adds where each cable ends and where it should; without a port in the inventory only the leaf counts. */
function withCables(
    observation: Observation,
    cables: readonly { nic: InventoryNic; port: string; far: string | undefined }[],
): Observation {
    const named = ({ leafInterface, leafPort }: InventoryNic): string | undefined =>
        leafInterface ?? (observation.source === "infiniband" ? leafPort?.toString() : undefined);
    const value = (port: string, text: string): ObservedSetting => ({ port, setting: Setting.Cable, value: text });
    return {
        ...observation,
        settings: [
            ...observation.settings,
            ...cables.flatMap(({ nic, port, far }) =>
                far === undefined ? [] : [value(port, named(nic) === undefined ? (far.split(":")[0] ?? far) : far)],
            ),
        ],
        own: [
            ...(observation.own ?? []),
            ...cables.map(({ nic, port }) =>
                value(port, named(nic) === undefined ? nic.leaf : `${nic.leaf}:${named(nic) ?? ""}`),
            ),
        ],
    };
}

function switches(
    declared: DeclaredFabric,
    readings: Readings,
    ignored: ReadonlySet<string>,
    unread: Unread[],
): Observation[] {
    const leaves = new Map<string, InventoryNic[]>();
    for (const nic of declared.inventory.hosts.flatMap(({ nics }) => nics)) {
        leaves.set(nic.leaf, [...(leaves.get(nic.leaf) ?? []), nic]);
    }
    for (const leaf of leaves.keys()) {
        if (readings.switches[leaf] === undefined) {
            unread.push({ path: `switches/${leaf}`, reason: "no configuration of this leaf" });
        }
    }
    return Object.entries(readings.switches).flatMap(([name, { file, text }]) => {
        const reading = readSwitch(text);
        if (reading === undefined) {
            unread.push({ path: file, reason: "neither NVUE, SONiC nor EOS configuration" });
            return [];
        }
        const wanted = (leaves.get(name) ?? []).flatMap(
            (nic) => portOf(nic, reading.dialect, declared.switchModel) ?? [],
        );
        if (wanted.length < (leaves.get(name) ?? []).length) {
            unread.push({
                path: file,
                reason: "the inventory numbers ports of this leaf: give --switch, or leafInterface in the inventory",
            });
        }
        const ports = [...new Set([...wanted, ...reading.ports])].filter((port) => !ignored.has(`${name}:${port}`));
        const observation = reading.observe(name, ports, declared.qos);
        const hostname = (value: string): ObservedSetting => ({ port: "", setting: Setting.Hostname, value });
        return [
            reading.hostname === ""
                ? observation
                : {
                      ...observation,
                      settings: [...observation.settings, hostname(reading.hostname)],
                      own: [hostname(name)],
                  },
        ];
    });
}

/** Name of a leaf's port in its own configuration; undefined where neither the inventory nor a model gives it. */
function portOf(nic: InventoryNic, dialect: SwitchDialect, model: string | undefined): string | undefined {
    const known = findSwitch(model ?? "");
    return (
        nic.leafInterface ??
        (nic.leafPort === undefined || known === undefined
            ? undefined
            : portName(dialect, nic.leafPort, known.portsPerCage))
    );
}

function nccl(declared: DeclaredFabric, container: string, environment: { [name: string]: string }): Observation {
    const observation = observeNccl(container, environment);
    const wanted: [Setting, string | undefined][] = [
        [Setting.Hca, declared.nccl["NCCL_IB_HCA"]],
        [Setting.PartitionIndex, declared.nccl["NCCL_IB_PKEY"]],
    ];
    return {
        ...observation,
        // On InfiniBand NCCL needs neither a ToS nor an address index.
        source: declared.kind === FabricKind.Roce ? "nccl" : "infiniband",
        own: wanted.flatMap(([setting, value]) => (value === undefined ? [] : [{ port: "", setting, value }])),
    };
}

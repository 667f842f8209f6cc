/** What an inventory holds, in figures, and what is derived from it: leaves, labels, levels of Kueue's topology. */
import { computePorts, machine } from "../../catalog/machines";
import { kueueLevels, topologyLabels } from "../../components/inventory";
import type { Inventory } from "../../components/inventory";
import { table } from "../table";

/** One level of the topology, widest first. */
export interface LevelReport {
    label: string;
    /** Different values over the hosts. */
    domains: number;
    /** Hosts of the smallest and of the largest domain. */
    smallest: number;
    largest: number;
}

/** The answer of `kilogpu doctor inventory`; with `--json` it is printed as it is. */
export interface InventoryReport {
    name: string;
    hosts: number;
    gpus: number;
    machineTypes: { [type: string]: number };
    racks: number;
    rails: number;
    /** Ports by leaf. */
    leaves: { [leaf: string]: number };
    levels: LevelReport[];
    /** Node labels by host. */
    labels: { [host: string]: { [label: string]: string } };
    /** What is legal, and yet missing for something else. */
    remarks: string[];
}

/** Sums an inventory up. It must have passed its checks. */
export function inventoryReport(inventory: Inventory): InventoryReport {
    const types = inventory.hosts.map((host) => host.machineType ?? inventory.machineType ?? "");
    const nics = inventory.hosts.flatMap((host) => host.nics);
    const labels = topologyLabels(inventory);
    return {
        name: inventory.name,
        hosts: inventory.hosts.length,
        gpus: types.reduce((sum, type) => sum + machine(type).gpus.count, 0),
        machineTypes: Object.fromEntries(counts(types)),
        racks: new Set(inventory.hosts.map((host) => host.rack)).size,
        rails: Math.max(...types.map((type) => computePorts(machine(type)))),
        leaves: Object.fromEntries([...counts(nics.map((nic) => nic.leaf))].sort(([a], [b]) => natural(a, b))),
        levels: kueueLevels(inventory).map((label) => {
            const sizes = [...counts(inventory.hosts.map((host) => labels[host.name]?.[label] ?? host.name)).values()];
            return { label, domains: sizes.length, smallest: Math.min(...sizes), largest: Math.max(...sizes) };
        }),
        labels,
        remarks: remarks(inventory),
    };
}

function remarks(inventory: Inventory): string[] {
    const without = (missing: (host: Inventory["hosts"][number]) => boolean, what: string): string[] => {
        const hosts = inventory.hosts.filter(missing).map(({ name }) => name);
        return hosts.length === 0
            ? []
            : [
                  `${String(hosts.length)} of ${String(inventory.hosts.length)} hosts have no ${what}, first ${hosts[0] ?? ""}`,
              ];
    };
    return [
        ...without(({ hostKey }) => hostKey === undefined, "hostKey: BareMetalNodePool pins connections to it"),
        ...without(
            ({ nics }) => nics.some(({ netdev }) => netdev === undefined),
            "netdev on every port: RoCE needs it",
        ),
        ...without(
            ({ nics }) =>
                nics.some(({ leafPort, leafInterface }) => leafPort === undefined && leafInterface === undefined),
            "leafPort or leafInterface on every port: kilogpu fabric check judges only the leaf then",
        ),
        ...without(({ pod }) => pod === undefined, "pod: the widest level is the leaf"),
    ];
}

function counts(values: readonly string[]): Map<string, number> {
    const result = new Map<string, number>();
    for (const value of values) {
        result.set(value, (result.get(value) ?? 0) + 1);
    }
    return result;
}

/** `leaf-u1-r2` before `leaf-u1-r10`. */
function natural(a: string, b: string): number {
    return a.localeCompare(b, "en", { numeric: true });
}

/** Lines to print. */
export function inventoryLines(report: InventoryReport): string[] {
    return [
        `${report.name}: ${String(report.hosts)} hosts (${Object.entries(report.machineTypes)
            .map(([type, count]) => `${String(count)} ${type}`)
            .join(", ")}), ${String(report.gpus)} GPUs, ${String(report.racks)} racks, ${String(report.rails)} rails`,
        "",
        ...table(
            [{ heading: "leaf" }, { heading: "ports", right: true }],
            Object.entries(report.leaves).map(([leaf, ports]) => [leaf, String(ports)]),
        ),
        "",
        ...table(
            [
                { heading: "level, widest first" },
                { heading: "domains", right: true },
                { heading: "hosts in one", right: true },
            ],
            report.levels.map(({ label, domains, smallest, largest }) => [
                label,
                String(domains),
                smallest === largest ? String(largest) : `${String(smallest)} to ${String(largest)}`,
            ]),
        ),
        ...(report.remarks.length === 0 ? [] : ["", ...report.remarks.map((remark) => `note: ${remark}`)]),
    ];
}

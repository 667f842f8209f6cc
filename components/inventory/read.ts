/** Reads an inventory: YAML or JSON as a person writes it, a CSV with one line for each port, NetBox's API export. Pure. */
import { parse } from "yaml";
import { InputError, refuse } from "../input";
import type { InputProblem } from "../input";
import { checkInventory } from "./check";
import { checkShape } from "./fields";
import type { Inventory, InventoryHost, InventoryNic } from "./inventory";

/**
 * Parses YAML or JSON and checks it whole.
 *
 * @throws InputError with every mistake, the file's name in front.
 */
export function readInventory(file: string, text: string): Inventory {
    let value: unknown;
    try {
        value = parse(text);
    } catch (error) {
        const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
        throw new InputError(file, [
            {
                path: "text",
                got: "no YAML",
                legal: reason.replace(/[.:]$/, ""),
                remedy: "Mend the line that is named.",
            },
        ]);
    }
    return verified(file, value);
}

function verified(file: string, value: unknown): Inventory {
    refuse(file, checkShape(value));
    const inventory = value as Inventory;
    refuse(file, checkInventory(inventory));
    return inventory;
}

const CSV_COLUMNS = [
    "host",
    "address",
    "bmc",
    "rack",
    "pod",
    "machine_type",
    "nvlink_domain",
    "device",
    "netdev",
    "rail",
    "leaf",
    "leaf_port",
    "leaf_interface",
    "hardware_address",
    "host_key",
];

/** Cells of one line; quoted cells may hold commas and doubled quotes. */
function cells(line: string): string[] {
    return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        (quoted?.replace(/""/g, '"') ?? plain ?? "").trim(),
    );
}

/**
 * CSV with a header line and one line for each RDMA port; columns `host, address, bmc, rack, pod, machine_type, nvlink_domain,
 * device, netdev, rail, leaf, leaf_port, leaf_interface, hardware_address, host_key` in any order.
 *
 * @param machineType Machine type of hosts whose lines name none. Defaults to none.
 * @throws InputError with every mistake; a host whose lines contradict one another is one.
 */
export function inventoryFromCsv(file: string, name: string, text: string, machineType?: string): Inventory {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
    const header = cells(lines[0] ?? "");
    const problems: InputProblem[] = header
        .filter((column) => !CSV_COLUMNS.includes(column))
        .map((column) => ({
            path: "line 1",
            got: `column "${column}"`,
            legal: `columns are ${CSV_COLUMNS.join(", ")}`,
            remedy: "Rename or remove it.",
        }));
    const hosts = new Map<string, InventoryHost>();
    lines.slice(1).forEach((line, index) => {
        const row = Object.fromEntries(cells(line).map((cell, place) => [header[place] ?? "", cell]));
        const optional = (column: string): string | undefined => (row[column] === "" ? undefined : row[column]);
        const host: InventoryHost = withoutUndefined({
            name: row["host"] ?? "",
            address: row["address"] ?? "",
            bmc: optional("bmc"),
            hostKey: optional("host_key"),
            rack: row["rack"] ?? "",
            pod: optional("pod"),
            nvlinkDomain: optional("nvlink_domain"),
            machineType: optional("machine_type"),
            nics: [],
        });
        const known = hosts.get(host.name) ?? host;
        for (const key of ["address", "bmc", "hostKey", "rack", "pod", "machineType", "nvlinkDomain"] as const) {
            if (known[key] !== host[key]) {
                problems.push({
                    path: `line ${String(index + 2)}`,
                    got: `${key} ${String(host[key])} of ${host.name}`,
                    legal: `an earlier line says ${String(known[key])}`,
                    remedy: "Make the lines of one host agree.",
                });
            }
        }
        known.nics.push(
            withoutUndefined<InventoryNic>({
                device: row["device"] ?? "",
                netdev: optional("netdev"),
                rail: number(row["rail"]),
                leaf: row["leaf"] ?? "",
                leafPort: optional("leaf_port") === undefined ? undefined : number(row["leaf_port"]),
                leafInterface: optional("leaf_interface"),
                hardwareAddress: optional("hardware_address")?.toLowerCase(),
            }),
        );
        hosts.set(known.name, known);
    });
    refuse(file, problems);
    return verified(file, withoutUndefined({ name, machineType, hosts: [...hosts.values()] }));
}

/** An empty cell is no number, and not rail 0. */
function number(value: unknown): number {
    return value === undefined || value === null || value === "" ? Number.NaN : Number(value);
}

function withoutUndefined<T extends object>(value: T): T {
    return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

/** What is read of NetBox's `GET /api/dcim/devices/` and `/api/dcim/interfaces/` answers (their `results`). */
export interface NetBoxExport {
    devices: {
        name: string;
        rack?: { name: string } | null;
        location?: { name: string } | null;
        primary_ip4?: { address: string } | null;
        oob_ip?: { address: string } | null;
        device_type?: { slug: string } | null;
        custom_fields?: { [key: string]: unknown };
    }[];
    interfaces: {
        device: { name: string };
        name: string;
        mac_address?: string | null;
        custom_fields?: { [key: string]: unknown };
        /** What the cable ends at, traced by NetBox. */
        connected_endpoints?: { device: { name: string }; name: string }[] | null;
    }[];
}

/**
 * Inventory from NetBox. A device's custom field `machine_type`, `ssh_host_key` and `nvlink_domain`, and an interface's `rdma_device`
 * and `rail`, carry what NetBox has no field for; interfaces without `rdma_device` are not RDMA ports and are left out.
 *
 * @throws InputError with every mistake.
 */
export function inventoryFromNetBox(file: string, name: string, netbox: NetBoxExport): Inventory {
    const text = (value: unknown): string | undefined =>
        typeof value === "string" && value !== "" ? value : undefined;
    const address = (ip: { address: string } | null | undefined): string | undefined => ip?.address.split("/")[0];
    const nics = new Map<string, InventoryNic[]>();
    for (const entry of netbox.interfaces) {
        const device = text(entry.custom_fields?.["rdma_device"]);
        if (device === undefined) {
            continue;
        }
        const far = entry.connected_endpoints?.[0];
        // `Port 17` and `swp17` are numbers; `swp1s0` and `Ethernet1/5` are halves of a cage, SONiC's `Ethernet48` counts lanes.
        const leafPort = /^(?:[Pp]ort |swp)?(\d+)$/.exec(far?.name ?? "")?.[1];
        const list = nics.get(entry.device.name) ?? [];
        list.push(
            withoutUndefined<InventoryNic>({
                device,
                netdev: entry.name,
                rail: number(entry.custom_fields?.["rail"]),
                leaf: far?.device.name ?? "",
                leafPort: leafPort === undefined ? undefined : Number(leafPort),
                leafInterface: /^[A-Za-z][A-Za-z0-9/_.-]*$/.test(far?.name ?? "") ? far?.name : undefined,
                hardwareAddress: entry.mac_address?.toLowerCase() ?? undefined,
            }),
        );
        nics.set(entry.device.name, list);
    }
    const hosts = netbox.devices
        .filter((device) => nics.has(device.name))
        .map((device) =>
            withoutUndefined<InventoryHost>({
                name: device.name,
                address: address(device.primary_ip4) ?? "",
                bmc: address(device.oob_ip),
                hostKey: text(device.custom_fields?.["ssh_host_key"]),
                rack: device.rack?.name ?? "",
                pod: device.location?.name,
                nvlinkDomain: text(device.custom_fields?.["nvlink_domain"]),
                machineType: text(device.custom_fields?.["machine_type"]) ?? device.device_type?.slug,
                nics: nics.get(device.name) ?? [],
            }),
        );
    return verified(file, { name, hosts });
}

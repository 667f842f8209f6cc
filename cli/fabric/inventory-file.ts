/** Reads an inventory from disk by what the file is: YAML or JSON, CSV, or an export of NetBox. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { InputError } from "../../components/input/problem";
import { inventoryFromCsv, inventoryFromNetBox, readInventory } from "../../components/inventory";
import type { Inventory, NetBoxExport } from "../../components/inventory";

/** `devices` and `interfaces`, each a list or an answer of NetBox's API with its `results`. */
interface NetBoxFile {
    devices?: unknown;
    interfaces?: unknown;
}

/**
 * The inventory of a file, or of a folder with NetBox's `devices.json` and `interfaces.json`.
 *
 * @param machineType Machine type of hosts that name none, for formats that have no such line. Defaults to none.
 * @throws InputError with every mistake.
 */
export function readInventoryFile(path: string, machineType?: string): Inventory {
    if (!existsSync(path)) {
        throw wrong(
            path,
            "no such file",
            "a YAML, JSON or CSV file, or a folder with NetBox's devices.json and interfaces.json",
        );
    }
    const name = basename(path, extname(path)).replace(/[^A-Za-z0-9_.-]/g, "-");
    if (statSync(path).isDirectory()) {
        return netBox(path, name, {
            devices: json(join(path, "devices.json")),
            interfaces: json(join(path, "interfaces.json")),
        });
    }
    const file = basename(path);
    if (extname(path).toLowerCase() === ".csv") {
        return inventoryFromCsv(file, name, readFileSync(path, "utf8"), machineType);
    }
    if (extname(path).toLowerCase() === ".json") {
        const value = json(path) as NetBoxFile;
        if (value.devices !== undefined && value.interfaces !== undefined) {
            return netBox(file, name, value);
        }
    }
    return readInventory(file, readFileSync(path, "utf8"));
}

function netBox(file: string, name: string, value: NetBoxFile): Inventory {
    const rows = (key: "devices" | "interfaces"): unknown[] => {
        const given = value[key];
        const list = Array.isArray(given) ? given : (given as { results?: unknown } | null)?.results;
        if (!Array.isArray(list)) {
            throw wrong(`${file} ${key}`, "no list", "a list, or NetBox's answer with its results");
        }
        const more = (given as { next?: unknown }).next;
        if (typeof more === "string") {
            throw wrong(
                `${file} ${key}`,
                `one page of several; the next is ${more}`,
                "all pages in one file: ask with ?limit=0",
            );
        }
        return list as unknown[];
    };
    return inventoryFromNetBox(file, name, {
        devices: rows("devices"),
        interfaces: rows("interfaces"),
    } as NetBoxExport);
}

function json(path: string): unknown {
    if (!existsSync(path)) {
        throw wrong(
            path,
            "no such file",
            "NetBox's answer to GET /api/dcim/devices/ and /api/dcim/interfaces/, as JSON",
        );
    }
    try {
        return JSON.parse(readFileSync(path, "utf8")) as unknown;
    } catch (error) {
        throw wrong(path, "no JSON", (error as Error).message);
    }
}

function wrong(path: string, got: string, legal: string): InputError {
    return new InputError("kilogpu", [{ path, got, legal, remedy: "Give such a file." }]);
}

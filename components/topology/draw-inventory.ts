/** The picture of what is wired, as an inventory has it: leaves above, hosts below, one line for each cable or bundle. Pure. */
import type { Inventory, InventoryHost } from "../inventory";
import { MOST_BOXES, boxesOf, grouped, line, picture } from "./boxes";
import type { Box, Row } from "./boxes";

const COLOURS = { leaf: "#1a7f37", host: "#57606a" };

/** The picture as SVG text: hosts one by one where they fit, else racks. */
export function drawInventory(inventory: Inventory): string {
    const { hosts } = inventory;
    const byRack = groupBy(hosts, (host) => host.rack);
    const leaves = [...new Set(hosts.flatMap((host) => host.nics.map((nic) => nic.leaf)))].sort((a, b) =>
        a.localeCompare(b, "en", { numeric: true }),
    );
    const racks: Row = {
        colour: COLOURS.host,
        caption: hosts.length <= MOST_BOXES ? "Hosts" : "Racks",
        groups:
            hosts.length <= MOST_BOXES
                ? hosts.map((host) => ({ label: [host.name], members: [host.name] }))
                : [...byRack].map(([rack, inside]) => ({
                      label: [rack, `${inside.length} hosts`],
                      members: inside.map(({ name }) => name),
                  })),
    };
    const ports = hosts.reduce((sum, host) => sum + host.nics.length, 0);
    return picture(
        [boxesOf(COLOURS.leaf, leafGroups(hosts, leaves), "Leaf switches", shortName), racks],
        {
            title: `${inventory.name}: ${grouped(hosts.length)} hosts in ${grouped(byRack.size)} racks, as wired`,
            subtitle: `${grouped(leaves.length)} leaf switches, ${grouped(ports)} cables from hosts`,
            legend: "A line joins a host or rack with a leaf that at least one of its cables ends at.",
        },
        (upper, lower) => cables(hosts, upper, lower),
    );
}

/** Leaves that the same hosts hang on stand together. */
function leafGroups(hosts: readonly InventoryHost[], leaves: readonly string[]): Row["groups"] {
    const unit = new Map<string, string>();
    for (const host of hosts) {
        const first = host.nics.map(({ leaf }) => leaf).sort()[0] ?? "";
        for (const { leaf } of host.nics) {
            unit.set(leaf, unit.get(leaf) ?? first);
        }
    }
    return [...groupBy(leaves, (leaf) => unit.get(leaf) ?? leaf)].map(([first, members]) => ({
        label: shortName(first),
        members,
    }));
}

/** `leaf-u1-r3` in two lines without what all have in common. */
function shortName(name: string): string[] {
    const parts = name.split("-");
    return parts.length > 2 ? parts.slice(-2) : [name];
}

function cables(hosts: readonly InventoryHost[], upper: Box[], lower: Box[]): string[] {
    const above = new Map(upper.flatMap((box) => box.members.map((leaf) => [leaf, box] as const)));
    const nics = new Map(hosts.map((host) => [host.name, host.nics]));
    const pairs = lower.flatMap((box) =>
        [...new Set(box.members.flatMap((host) => (nics.get(host) ?? []).map(({ leaf }) => above.get(leaf))))].flatMap(
            (leaf) => (leaf === undefined ? [] : [[box, leaf] as const]),
        ),
    );
    return pairs.map(([box, leaf]) => line(box, leaf, pairs.length > 200 ? 0.25 : 0.6));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) {
        groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    }
    return groups;
}

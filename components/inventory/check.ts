/** What no field by itself can show: addresses used twice, rails on the wrong leaf, uneven leaves, NICs that a machine has not. Pure. */
import { computeNics, computePorts, findMachine, machineTypes } from "../../catalog/machines";
import type { InputProblem } from "../input";
import type { Inventory, InventoryHost } from "./inventory";

/** Every mistake of an inventory whose shape is right. */
export function checkInventory(inventory: Inventory): InputProblem[] {
    return [
        ...(inventory.hosts.length > 0
            ? []
            : [{ path: "hosts", got: "none", legal: "an inventory has hosts", remedy: "List at least one host." }]),
        ...duplicates(inventory),
        ...inventory.hosts.flatMap((host, index) => checkHost(inventory, host, `hosts[${String(index)}]`)),
        ...checkRails(inventory),
        ...checkBalance(inventory),
    ];
}

function duplicates(inventory: Inventory): InputProblem[] {
    const seen = new Map<string, string>();
    const problems: InputProblem[] = [];
    const claim = (kind: string, path: string, value: string | undefined): void => {
        if (value === undefined) {
            return;
        }
        const first = seen.get(`${kind}/${value}`);
        if (first !== undefined) {
            problems.push({
                path,
                got: `"${value}"`,
                legal: `${first} has the same ${kind}`,
                remedy: `Give every one a ${kind} of its own.`,
            });
        } else {
            seen.set(`${kind}/${value}`, path);
        }
    };
    inventory.hosts.forEach((host, index) => {
        const path = `hosts[${String(index)}]`;
        claim("host name", `${path}.name`, host.name);
        // A BMC that answers on a host's address is as wrong as two hosts on one.
        claim("address", `${path}.address`, host.address);
        claim("address", `${path}.bmc`, host.bmc);
        claim("host key", `${path}.hostKey`, host.hostKey?.split(" ").slice(0, 2).join(" "));
        host.nics.forEach((nic, place) => {
            const port = `${path}.nics[${String(place)}]`;
            claim("address", `${port}.address`, nic.address);
            claim("hardware address", `${port}.hardwareAddress`, nic.hardwareAddress);
            claim(
                "leaf port",
                `${port}.leafPort`,
                nic.leafPort === undefined ? undefined : `${nic.leaf}:${String(nic.leafPort)}`,
            );
            claim(
                "leaf port",
                `${port}.leafInterface`,
                nic.leafInterface === undefined ? undefined : `${nic.leaf}:${nic.leafInterface}`,
            );
            claim(`device of ${host.name}`, `${port}.device`, nic.device);
            claim(`rail of ${host.name}`, `${port}.rail`, String(nic.rail));
        });
    });
    return problems;
}

function checkHost(inventory: Inventory, host: InventoryHost, path: string): InputProblem[] {
    const type = host.machineType ?? inventory.machineType;
    const entry = type === undefined ? undefined : findMachine(type);
    if (entry === undefined) {
        return [
            {
                path: `${path}.machineType`,
                got: type === undefined ? "nothing" : `"${type}"`,
                legal: `machine types are ${machineTypes().join(", ")}`,
                remedy: "Name one here or for the whole inventory.",
            },
        ];
    }
    const models = computeNics(entry).map((nic) => nic.model);
    const ports = computePorts(entry);
    const unknown = host.nics.flatMap((nic, place): InputProblem[] =>
        nic.model === undefined || models.includes(nic.model)
            ? []
            : [
                  {
                      path: `${path}.nics[${String(place)}].model`,
                      got: `"${nic.model}"`,
                      legal: `compute NICs of ${entry.type} are ${models.join(", ")}`,
                      remedy: "Leave storage and management ports out, or name the right machine type.",
                  },
              ],
    );
    const present = new Set(host.nics.map((nic) => nic.rail));
    const missing = Array.from({ length: ports }, (_, rail) => rail).filter((rail) => !present.has(rail));
    const beyond = host.nics.flatMap((nic, place): InputProblem[] =>
        nic.rail < ports
            ? []
            : [
                  {
                      path: `${path}.nics[${String(place)}].rail`,
                      got: String(nic.rail),
                      legal: `${entry.type} has rails 0 to ${String(ports - 1)}`,
                      remedy: "Number rails from 0.",
                  },
              ],
    );
    return [
        ...unknown,
        ...beyond,
        ...(missing.length === 0
            ? []
            : [
                  {
                      path: `${path}.nics`,
                      got: `no rail ${missing.join(", ")} on ${host.name}`,
                      legal: `${entry.type} has ${String(ports)} compute ports, one a rail`,
                      remedy: "List the missing ports, or take the host out until they are cabled.",
                  },
              ]),
    ];
}

/** Rail wiring is when a leaf carries one rail; then a port of another rail there is a cable in the wrong place. */
function checkRails(inventory: Inventory): InputProblem[] {
    const leaves = new Map<string, Map<number, number>>();
    for (const nic of inventory.hosts.flatMap((host) => host.nics)) {
        const rails = leaves.get(nic.leaf) ?? new Map<number, number>();
        leaves.set(nic.leaf, rails.set(nic.rail, (rails.get(nic.rail) ?? 0) + 1));
    }
    const usual = new Map(
        [...leaves].flatMap(([leaf, rails]) => {
            const total = [...rails.values()].reduce((sum, count) => sum + count, 0);
            const [rail, count] = [...rails].reduce((a, b) => (b[1] > a[1] ? b : a));
            // Under rack wiring all rails meet on the leaf in equal numbers and none is the usual one.
            return count * 2 > total ? [[leaf, rail] as const] : [];
        }),
    );
    return inventory.hosts.flatMap((host, index) =>
        host.nics.flatMap((nic, place): InputProblem[] => {
            const rail = usual.get(nic.leaf);
            return rail === undefined || rail === nic.rail
                ? []
                : [
                      {
                          path: `hosts[${String(index)}].nics[${String(place)}].leaf`,
                          got: `"${nic.leaf}" for rail ${String(nic.rail)} of ${host.name}`,
                          legal: `${nic.leaf} carries rail ${String(rail)}`,
                          remedy: `Move the cable of ${nic.device} to the leaf of rail ${String(nic.rail)}, or correct the inventory.`,
                      },
                  ];
        }),
    );
}

/** Leaves of one rack's or unit's hosts carry equally many ports; the last unit may be smaller as a whole. */
function checkBalance(inventory: Inventory): InputProblem[] {
    const units = new Map<string, Set<string>>();
    const ports = new Map<string, number>();
    for (const host of inventory.hosts) {
        const leaves = [...new Set(host.nics.map((nic) => nic.leaf))].sort();
        const unit = leaves.join(",");
        units.set(unit, new Set(leaves));
        for (const nic of host.nics) {
            ports.set(nic.leaf, (ports.get(nic.leaf) ?? 0) + 1);
        }
    }
    const reported = new Set<string>();
    return [...units.values()].flatMap((leaves) => {
        const counts = [...leaves].map((leaf) => ({ leaf, count: ports.get(leaf) ?? 0 }));
        const most = Math.max(...counts.map((entry) => entry.count));
        return counts
            .filter((entry) => entry.count < most && !reported.has(entry.leaf))
            .map((entry) => {
                reported.add(entry.leaf);
                return {
                    path: "hosts",
                    got: `${String(entry.count)} ports on ${entry.leaf}`,
                    legal: `other leaves of the same hosts carry ${String(most)}`,
                    remedy: `Find the hosts that have no cable to ${entry.leaf}: the collectives of its rail would wait for them.`,
                };
            });
    });
}

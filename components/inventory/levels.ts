/** Topology labels of nodes and the levels of Kueue's Topology, both from where the cables go. Pure. */
import { kilogpuLabels, nodeLabels } from "../../catalog/topology";
import type { Inventory, InventoryHost } from "./inventory";

/** Label of a node's NVLink domain, where it spans hosts. NVIDIA's driver sets the clique label; this one is known before boot. */
export const NVLINK_DOMAIN_LABEL = "topology.kilogpu.dev/nvlink-domain";

/**
 * The leaf level of a host. Under rail wiring a host hangs on one leaf a rail, and all hosts of a scalable unit on the same set:
 * the leaf of the lowest rail stands for the set.
 */
export function leafGroup(host: InventoryHost): string {
    return host.nics.reduce((lowest, nic) => (nic.rail < lowest.rail ? nic : lowest)).leaf;
}

/** Hosts in each domain of each level, by label and then by the label's value. The host itself is left out: it is one node. */
export function topologyDomains(inventory: Inventory): { [level: string]: { [domain: string]: number } } {
    const labels = Object.values(topologyLabels(inventory));
    const domains: { [level: string]: { [domain: string]: number } } = {};
    for (const level of kueueLevels(inventory).filter((each) => each !== nodeLabels.hostname)) {
        const hosts: { [domain: string]: number } = {};
        for (const entry of labels) {
            const domain = entry[level] ?? "";
            hosts[domain] = (hosts[domain] ?? 0) + 1;
        }
        domains[level] = hosts;
    }
    return domains;
}

/** Labels of each host's node, by host name. */
export function topologyLabels(inventory: Inventory): { [host: string]: { [label: string]: string } } {
    return Object.fromEntries(
        inventory.hosts.map((host) => [
            host.name,
            {
                ...(host.pod === undefined ? {} : { [kilogpuLabels.pod]: host.pod }),
                [kilogpuLabels.leaf]: leafGroup(host),
                [kilogpuLabels.rack]: host.rack,
                ...(host.nvlinkDomain === undefined ? {} : { [NVLINK_DOMAIN_LABEL]: host.nvlinkDomain }),
            },
        ]),
    );
}

/**
 * Levels for Kueue, widest first, host last. A level is left out where not every node carries its label (Kueue would never
 * place on the others), or where it divides nothing further: racks are a level only where each lies within one leaf group.
 */
export function kueueLevels(inventory: Inventory): string[] {
    const labels = Object.values(topologyLabels(inventory));
    const everywhere = (label: string): boolean =>
        labels.length > 0 && labels.every((entry) => entry[label] !== undefined);
    const within = (inner: string, outer: string): boolean => {
        const parent = new Map<string, string>();
        return labels.every((entry) => {
            const [child, own] = [entry[inner] ?? "", entry[outer] ?? ""];
            const known = parent.get(child) ?? own;
            parent.set(child, known);
            return known === own;
        });
    };
    const levels: string[] = [];
    for (const label of [kilogpuLabels.pod, kilogpuLabels.leaf, kilogpuLabels.rack, NVLINK_DOMAIN_LABEL]) {
        const outer = levels.at(-1);
        if (everywhere(label) && (outer === undefined || within(label, outer))) {
            levels.push(label);
        }
    }
    return [...levels, nodeLabels.hostname];
}

/** Traffic of training, as demands between leaves: what all-reduce, all-to-all and pipeline parallelism ask of the fabric. Pure. */
import type { FabricPlan } from "./fabric-plan";
import { leafIndex } from "./traffic";
import type { Demand } from "./traffic";

/** Adds demands of the same pair of leaves into one. */
class DemandTable {
    readonly #table = new Map<number, Demand>();

    add(from: number, to: number, load: number): void {
        const key = from * 1_000_003 + to;
        const entry = this.#table.get(key);
        if (entry === undefined) {
            this.#table.set(key, { from, to, load });
        } else {
            entry.load += load;
        }
    }

    demands(): Demand[] {
        return [...this.#table.values()];
    }
}

/**
 * Ring all-reduce, one ring a rail: port r of each node sends to port r of the next at line rate.
 *
 * @param order Nodes in ring order. Defaults to the order of the wiring, which topology-aware scheduling gives.
 */
export function ringAllReduce(plan: FabricPlan, order: readonly number[] = nodesOf(plan)): Demand[] {
    const table = new DemandTable();
    order.forEach((node, place) => {
        const next = order[(place + 1) % order.length] ?? node;
        for (let rail = 0; rail < plan.request.railsPerNode; rail++) {
            table.add(leafIndex(plan.shape, node, rail), leafIndex(plan.shape, next, rail), 1);
        }
    });
    return table.demands();
}

/**
 * All-to-all (expert parallelism): each port sends equally to all others at line rate.
 *
 * @param crossRail False (the default) where NCCL's PXN moves data over NVLink to the port of the destination's rail first, so
 * that each rail talks to itself; true where every port talks to every other.
 */
export function allToAll(plan: FabricPlan, crossRail = false): Demand[] {
    const { shape, request } = plan;
    const ports = new Map<number, Map<number, number>>();
    for (let node = 0; node < request.nodes; node++) {
        for (let rail = 0; rail < request.railsPerNode; rail++) {
            const leaf = leafIndex(shape, node, rail);
            const rails = ports.get(leaf) ?? new Map<number, number>();
            const group = crossRail ? 0 : rail;
            rails.set(group, (rails.get(group) ?? 0) + 1);
            ports.set(leaf, rails);
        }
    }
    const peers = crossRail ? request.nodes * request.railsPerNode - 1 : request.nodes - 1;
    if (peers === 0) {
        return [];
    }
    const demands: Demand[] = [];
    for (const [from, sends] of ports) {
        for (const [to, receives] of ports) {
            let load = 0;
            for (const [group, count] of sends) {
                load += (count * Math.max(0, (receives.get(group) ?? 0) - (from === to ? 1 : 0))) / peers;
            }
            if (load > 0) {
                demands.push({ from, to, load });
            }
        }
    }
    return demands;
}

/**
 * Pipeline parallelism: each node of a stage sends its activations to its counterpart of the next stage.
 *
 * @param stageNodes Nodes of one stage.
 * @param load Part of line rate that activations need; pipeline traffic is far below 1. Defaults to 1, the burst.
 */
export function pipeline(plan: FabricPlan, stageNodes: number, load = 1): Demand[] {
    const table = new DemandTable();
    for (let node = 0; node + stageNodes < plan.request.nodes; node++) {
        for (let rail = 0; rail < plan.request.railsPerNode; rail++) {
            table.add(leafIndex(plan.shape, node, rail), leafIndex(plan.shape, node + stageNodes, rail), load);
        }
    }
    return table.demands();
}

function nodesOf(plan: FabricPlan): number[] {
    return Array.from({ length: plan.request.nodes }, (_, node) => node);
}

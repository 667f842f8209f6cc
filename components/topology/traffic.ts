/**
 * Congestion estimate. Demands between leaves are routed over the tree by ECMP: every live next hop that still reaches the
 * destination gets an equal share, which is what routing gives on average. Load is relative to line rate: a link at 2.0 is asked
 * for twice what it carries, and the traffic slows down by 2. Hash collisions of few, fat flows come on top and are not part of it.
 */
import { LeafWiring, coreName, leafName, spineName } from "./fabric-plan";
import type { FabricPlan, FabricShape } from "./fabric-plan";

/** Traffic from one leaf to another, in units of one port's line rate. */
export interface Demand {
    from: number;
    to: number;
    load: number;
}

/** What is out of service. */
export interface Loss {
    /** Names of switches. */
    switches?: string[];
    /** Cables lost from a bundle between two switches, the lower one first. */
    links?: { from: string; to: string; count: number }[];
}

/** Result of routing one pattern. Loads are relative to line rate. */
export interface CongestionEstimate {
    leafToSpine: number;
    spineToCore: number;
    coreToSpine: number;
    spineToLeaf: number;
    /** Largest of these. */
    worst: number;
    /** Name of the most loaded bundle, `leaf-u1-r1 > spine-p1-3`. */
    worstLink: string;
    /** How much longer the traffic takes than at line rate, 1 where nothing is overloaded. */
    slowdown: number;
    /** Pairs of leaves with demand and no path left. */
    unreachable: number;
}

/** Live cables of every bundle. */
interface Live {
    leafSpine: Float64Array;
    spineCore: Float64Array;
    leaves: Uint8Array;
}

function live(shape: FabricShape, loss: Loss): Live {
    const leafCount = shape.units * shape.leavesPerUnit;
    const dead = new Set(loss.switches ?? []);
    const lost = new Map<string, number>();
    for (const link of loss.links ?? []) {
        const key = `${link.from}>${link.to}`;
        lost.set(key, (lost.get(key) ?? 0) + link.count);
    }
    const cables = (from: string, to: string, count: number): number =>
        dead.has(from) || dead.has(to) ? 0 : Math.max(0, count - (lost.get(`${from}>${to}`) ?? 0));
    const leafSpine = new Float64Array(leafCount * shape.spinesPerPod);
    const leaves = new Uint8Array(leafCount);
    for (let leaf = 0; leaf < leafCount; leaf++) {
        const unit = Math.floor(leaf / shape.leavesPerUnit);
        const name = leafName(unit, leaf % shape.leavesPerUnit, shape.leavesPerUnit);
        leaves[leaf] = dead.has(name) ? 0 : 1;
        for (let spine = 0; spine < shape.spinesPerPod; spine++) {
            leafSpine[leaf * shape.spinesPerPod + spine] = cables(
                name,
                spineName(Math.floor(unit / shape.podUnits), spine),
                shape.leafSpineLinks,
            );
        }
    }
    const spineCore = new Float64Array(shape.pods * shape.spinesPerPod * shape.coresPerGroup);
    for (let pod = 0; pod < shape.pods; pod++) {
        for (let spine = 0; spine < shape.spinesPerPod; spine++) {
            for (let core = 0; core < shape.coresPerGroup; core++) {
                spineCore[(pod * shape.spinesPerPod + spine) * shape.coresPerGroup + core] = cables(
                    spineName(pod, spine),
                    coreName(spine, core),
                    shape.spineCoreLinks,
                );
            }
        }
    }
    return { leafSpine, spineCore, leaves };
}

/** Routes the demands and returns the load of the busiest links. */
export function estimateCongestion(plan: FabricPlan, demands: readonly Demand[], loss: Loss = {}): CongestionEstimate {
    const { shape } = plan;
    const { spinesPerPod: S, coresPerGroup: C } = shape;
    const alive = live(shape, loss);
    const up = new Float64Array(alive.leafSpine.length);
    const down = new Float64Array(alive.leafSpine.length);
    const coreUp = new Float64Array(alive.spineCore.length);
    const coreDown = new Float64Array(alive.spineCore.length);
    const podOf = (leaf: number): number => Math.floor(Math.floor(leaf / shape.leavesPerUnit) / shape.podUnits);
    const shares = new Float64Array(S);
    let unreachable = 0;

    for (const { from, to, load } of demands) {
        if (alive.leaves[from] === 0 || alive.leaves[to] === 0) {
            unreachable++;
            continue;
        }
        if (from === to) {
            continue;
        }
        const [podFrom, podTo] = [podOf(from), podOf(to)];
        let total = 0;
        for (let spine = 0; spine < S; spine++) {
            const links = alive.leafSpine[from * S + spine] ?? 0;
            const lands = (alive.leafSpine[to * S + spine] ?? 0) > 0;
            const crosses = podFrom === podTo || crossing(alive, shape, { podFrom, podTo, spine }) > 0;
            shares[spine] = lands && crosses ? links : 0;
            total += shares[spine] ?? 0;
        }
        if (total === 0) {
            unreachable++;
            continue;
        }
        for (let spine = 0; spine < S; spine++) {
            const part = (load * (shares[spine] ?? 0)) / total;
            if (part === 0) {
                continue;
            }
            add(up, from * S + spine, part);
            add(down, to * S + spine, part);
            if (podFrom !== podTo) {
                const reach = crossing(alive, shape, { podFrom, podTo, spine });
                for (let core = 0; core < C; core++) {
                    const a = (podFrom * S + spine) * C + core;
                    const b = (podTo * S + spine) * C + core;
                    const links = (alive.spineCore[b] ?? 0) > 0 ? (alive.spineCore[a] ?? 0) : 0;
                    add(coreUp, a, (part * links) / reach);
                    add(coreDown, b, (part * links) / reach);
                }
            }
        }
    }
    return summary(shape, alive, { up, down, coreUp, coreDown }, unreachable);
}

function add(loads: Float64Array, index: number, load: number): void {
    loads[index] = (loads[index] ?? 0) + load;
}

/** Live cables from a spine to cores that still reach the same spine of the other pod. */
function crossing(alive: Live, shape: FabricShape, route: { podFrom: number; podTo: number; spine: number }): number {
    const { spinesPerPod: S, coresPerGroup: C } = shape;
    let links = 0;
    for (let core = 0; core < C; core++) {
        if ((alive.spineCore[(route.podTo * S + route.spine) * C + core] ?? 0) > 0) {
            links += alive.spineCore[(route.podFrom * S + route.spine) * C + core] ?? 0;
        }
    }
    return links;
}

interface Loads {
    up: Float64Array;
    down: Float64Array;
    coreUp: Float64Array;
    coreDown: Float64Array;
}

function summary(shape: FabricShape, alive: Live, loads: Loads, unreachable: number): CongestionEstimate {
    const busiest = (load: Float64Array, cables: Float64Array): { value: number; index: number } => {
        let best = { value: 0, index: -1 };
        load.forEach((sum, index) => {
            const value = sum === 0 ? 0 : sum / (cables[index] ?? 1);
            if (value > best.value) {
                best = { value, index };
            }
        });
        return best;
    };
    const { spinesPerPod: S, coresPerGroup: C } = shape;
    const leafLink = (index: number): [string, string] => {
        const leaf = Math.floor(index / S);
        const unit = Math.floor(leaf / shape.leavesPerUnit);
        return [
            leafName(unit, leaf % shape.leavesPerUnit, shape.leavesPerUnit),
            spineName(Math.floor(unit / shape.podUnits), index % S),
        ];
    };
    const coreLink = (index: number): [string, string] => {
        const spine = Math.floor(index / C);
        return [spineName(Math.floor(spine / S), spine % S), coreName(spine % S, index % C)];
    };
    const tiers = [
        { at: busiest(loads.up, alive.leafSpine), name: (index: number) => leafLink(index).join(" > ") },
        { at: busiest(loads.coreUp, alive.spineCore), name: (index: number) => coreLink(index).join(" > ") },
        {
            at: busiest(loads.coreDown, alive.spineCore),
            name: (index: number) => coreLink(index).toReversed().join(" > "),
        },
        { at: busiest(loads.down, alive.leafSpine), name: (index: number) => leafLink(index).toReversed().join(" > ") },
    ];
    const worst = tiers.reduce((a, b) => (b.at.value > a.at.value ? b : a));
    return {
        leafToSpine: tiers[0]?.at.value ?? 0,
        spineToCore: tiers[1]?.at.value ?? 0,
        coreToSpine: tiers[2]?.at.value ?? 0,
        spineToLeaf: tiers[3]?.at.value ?? 0,
        worst: worst.at.value,
        worstLink: worst.at.index < 0 ? "" : worst.name(worst.at.index),
        slowdown: Math.max(1, worst.at.value),
        unreachable,
    };
}

/** Index of the leaf of a node's port, as demands count them. */
export function leafIndex(shape: FabricShape, node: number, rail: number): number {
    const unit = Math.floor(node / shape.unitNodes);
    return unit * shape.leavesPerUnit + (shape.wiring === LeafWiring.Rail ? rail : 0);
}

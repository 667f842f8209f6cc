/** Bill of materials, and the difference between what was designed and what is wired. Pure. */
import { switchModel } from "../../catalog/switches";
import type { Cable, FabricPlan } from "./fabric-plan";

/** One line of the bill. */
export interface BillItem {
    /** `switch`, `cable`, `switch-transceiver` or `node-transceiver`. */
    kind: string;
    /** Model of a switch, kind of a cable, ports of a transceiver. */
    what: string;
    count: number;
}

/**
 * Switches by tier and model, cables by kind, transceivers where the links are optical: one for each cage in use on a switch
 * (a twin-port cage carries two links), one for each port of a node.
 */
export function billOfMaterials(plan: FabricPlan): BillItem[] {
    const counts = new Map<string, BillItem>();
    const add = (kind: string, what: string, count: number): void => {
        const item = counts.get(`${kind}/${what}`) ?? { kind, what, count: 0 };
        item.count += count;
        counts.set(`${kind}/${what}`, item);
    };
    for (const entry of plan.switches) {
        add("switch", `${entry.tier} ${entry.model}`, 1);
        const { portsPerCage } = switchModel(entry.model);
        add(
            "switch-transceiver",
            portsPerCage === 2 ? "twin-port" : "single-port",
            Math.ceil(entry.used / portsPerCage),
        );
    }
    for (const cable of plan.cables) {
        add("cable", `${cable.kind} ${cable.gbps}G`, 1);
        if (cable.kind === "node-leaf" || cable.kind === "management") {
            add("node-transceiver", "single-port", 1);
        }
    }
    return [...counts.values()];
}

/** Counts of one tier and kind: what reference architectures print as a table. */
export interface FabricCounts {
    leaf: number;
    spine: number;
    core: number;
    nodeLeaf: number;
    leafSpine: number;
    spineCore: number;
}

/** Switches and cables by tier; management cables count as node cables, as DGX SuperPOD's tables have it. */
export function fabricCounts(plan: FabricPlan): FabricCounts {
    const of = (tier: string): number => plan.switches.filter((entry) => entry.tier === tier).length;
    const cables = (...kinds: string[]): number => plan.cables.filter((cable) => kinds.includes(cable.kind)).length;
    return {
        leaf: of("leaf"),
        spine: of("spine"),
        core: of("core"),
        nodeLeaf: cables("node-leaf", "management"),
        leafSpine: cables("leaf-spine"),
        spineCore: cables("spine-core"),
    };
}

/** One wire as an inventory or LLDP knows it, ends in any order. */
export interface Wire {
    a: { device: string; port: number };
    b: { device: string; port: number };
}

/** One difference between design and wiring. */
export interface WiringDifference {
    /** `missing`: designed, not wired. `unexpected`: wired, not designed. `misplaced`: the port is wired, to somewhere else. */
    kind: "missing" | "unexpected" | "misplaced";
    /** `leaf-u1-r3:17`. */
    end: string;
    expected: string;
    found: string;
}

/** Every port whose wire is not the designed one, in the order of the cable list; each wire is named once. */
export function compareWiring(plan: FabricPlan, wires: readonly Wire[]): WiringDifference[] {
    const label = (end: { device: string; port: number }): string => `${end.device}:${end.port}`;
    const found = new Map<string, string>();
    for (const wire of wires) {
        found.set(label(wire.a), label(wire.b));
        found.set(label(wire.b), label(wire.a));
    }
    const differences: WiringDifference[] = [];
    const explained = new Set<string>();
    for (const cable of plan.cables) {
        const from = label(cable.from);
        const to = label(cable.to);
        explained.add(from).add(to);
        const actual = found.get(from);
        if (actual === to) {
            continue;
        }
        differences.push(
            actual === undefined
                ? { kind: "missing", end: from, expected: to, found: "nothing" }
                : { kind: "misplaced", end: from, expected: to, found: actual },
        );
    }
    for (const wire of wires) {
        const from = label(wire.a);
        const to = label(wire.b);
        if (!explained.has(from) && !explained.has(to)) {
            differences.push({ kind: "unexpected", end: from, expected: "nothing", found: to });
        }
    }
    return differences;
}

/** The cable list as CSV, one cable a line: what an installer takes to the rack. */
export function cableCsv(cables: readonly Cable[]): string {
    const lines = cables.map(
        (cable, index) =>
            `${index + 1},${cable.kind},${cable.from.device},${cable.from.port},${cable.to.device},${cable.to.port},${cable.gbps}`,
    );
    return ["cable,kind,from,from_port,to,to_port,gbps", ...lines].join("\n") + "\n";
}

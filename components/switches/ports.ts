/** Ports of a switch by the name that its operating system gives them, from the fabric design or from a list. Pure. */
import { switchModel } from "../../catalog/switches";
import type { FabricPlan } from "../topology";

/** Operating systems that configuration is rendered for. */
export const SwitchDialect = {
    Nvue: "nvue",
    Sonic: "sonic",
    Eos: "eos",
} as const;
export type SwitchDialect = (typeof SwitchDialect)[keyof typeof SwitchDialect];

/** One cabled port. */
export interface SwitchPort {
    name: string;
    /** `node-0001:3`: what the cable's other end is. */
    peer: string;
}

/** One switch with its cabled ports. */
export interface SwitchSpec {
    hostname: string;
    ports: SwitchPort[];
}

/**
 * Name of logical port `port`, counted from 1. A cage with two links is split: `swp1s0`, `Ethernet1/5` (its second half begins at
 * lane 5). SONiC numbers ports by lane: eight lanes a cage, four a split link.
 */
export function portName(dialect: SwitchDialect, port: number, portsPerCage: number): string {
    const cage = Math.floor((port - 1) / portsPerCage) + 1;
    const half = (port - 1) % portsPerCage;
    switch (dialect) {
        case SwitchDialect.Nvue:
            return portsPerCage === 1 ? `swp${String(cage)}` : `swp${String(cage)}s${String(half)}`;
        case SwitchDialect.Sonic:
            return `Ethernet${String((cage - 1) * 8 + (half * 8) / portsPerCage)}`;
        default:
            return `Ethernet${String(cage)}/${String(1 + (half * 8) / portsPerCage)}`;
    }
}

/** Every switch of a design with its cabled ports, named as `dialect` names them. */
export function switchSpecs(plan: FabricPlan, dialect: SwitchDialect): SwitchSpec[] {
    const specs = new Map<string, SwitchSpec>();
    const perCage = new Map<string, number>();
    for (const entry of plan.switches) {
        specs.set(entry.name, { hostname: entry.name, ports: [] });
        perCage.set(entry.name, switchModel(entry.model).portsPerCage);
    }
    for (const cable of plan.cables) {
        for (const [end, other] of [
            [cable.from, cable.to],
            [cable.to, cable.from],
        ] as const) {
            specs.get(end.device)?.ports.push({
                name: portName(dialect, end.port, perCage.get(end.device) ?? 1),
                peer: `${other.device}:${String(other.port)}`,
            });
        }
    }
    return [...specs.values()];
}

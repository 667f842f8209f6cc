/** What a designed fabric is: switches, cables with a port at both ends, and the figures that follow. Plain data. */

/** How a node's ports are spread over leaf switches. */
export const LeafWiring = {
    /** Port r of every node of a unit meets on leaf r: collectives of one rail stay on one leaf. */
    Rail: "rail",
    /** All ports of a node go to one leaf, the top-of-rack switch. */
    Rack: "rack",
} as const;
export type LeafWiring = (typeof LeafWiring)[keyof typeof LeafWiring];

/** What is to be built. */
export interface FabricRequest {
    nodes: number;
    gpusPerNode: number;
    /** Compute ports of one node; each is a rail. */
    railsPerNode: number;
    /** Nodes of one scalable unit (rail wiring) or of one rack (rack wiring). Defaults to as many as a leaf has room for. */
    unitNodes?: number;
    /** Defaults to `rail`. */
    wiring?: LeafWiring;
    /** Switch model of each tier, from the switch catalogue; spine and core default to the leaf's. */
    leafSwitch: string;
    spineSwitch?: string;
    coreSwitch?: string;
    /** Bandwidth down over bandwidth up at the leaf. Defaults to 1, non-blocking. */
    leafOversubscription?: number;
    /** The same at the spine, towards the core. Defaults to 1. */
    spineOversubscription?: number;
    /** Units of one pod; a fabric of more units gets a core tier. Defaults to what two tiers can hold, else what a spine can. */
    podUnits?: number;
    /** Leaf ports for subnet managers and the like, beside the nodes. Defaults to 0. */
    managementPorts?: number;
}

/** Tier of a switch, from the nodes up. */
export type Tier = "leaf" | "spine" | "core";

/** One switch of the design. */
export interface PlannedSwitch {
    name: string;
    tier: Tier;
    model: string;
    /** Pod of a leaf or a spine; -1 for a core. */
    pod: number;
    /** Unit of a leaf; -1 above. */
    unit: number;
    /** Rail of a leaf under rail wiring; -1 elsewhere. */
    rail: number;
    /** Ports in use. */
    used: number;
}

/** One end of a cable. Ports count from 1; a node's port is its rail plus 1. */
export interface CableEnd {
    device: string;
    port: number;
}

export type CableKind = "node-leaf" | "leaf-spine" | "spine-core" | "management";

/** One cable. `from` is the lower end. */
export interface Cable {
    kind: CableKind;
    from: CableEnd;
    to: CableEnd;
    gbps: number;
}

/** Figures from which switches, cables and routes are all derived. */
export interface FabricShape {
    wiring: LeafWiring;
    units: number;
    unitNodes: number;
    leavesPerUnit: number;
    pods: number;
    podUnits: number;
    /** Node ports of a fully wired leaf, and its uplinks. */
    leafDown: number;
    leafUp: number;
    /** Spines of one pod, and parallel cables between one leaf and one spine. */
    spinesPerPod: number;
    leafSpineLinks: number;
    /** Uplinks of one spine, cores that it reaches, and parallel cables to each; 0 without a core tier. */
    spineUp: number;
    coresPerGroup: number;
    spineCoreLinks: number;
}

/** A designed fabric. */
export interface FabricPlan {
    request: FabricRequest;
    shape: FabricShape;
    linkGbps: number;
    /** 1, 2 or 3. */
    tiers: number;
    switches: PlannedSwitch[];
    cables: Cable[];
    /** True where every leaf and every spine has as much bandwidth up as its full complement of ports below. */
    nonBlocking: boolean;
    /** Down over up, as built: `leaf`, and `spine` with a core tier (1 without). */
    oversubscription: { leaf: number; spine: number };
}

/** Name of node `index`, from 1, as the cable list has it. */
export function nodeName(index: number): string {
    return `node-${String(index + 1).padStart(4, "0")}`;
}

/** Name of leaf `leaf` of a unit; under rail wiring the number is the rail's. */
export function leafName(unit: number, leaf: number, leavesPerUnit: number): string {
    return leavesPerUnit === 1 ? `leaf-u${unit + 1}` : `leaf-u${unit + 1}-r${leaf + 1}`;
}

export function spineName(pod: number, spine: number): string {
    return `spine-p${pod + 1}-${spine + 1}`;
}

/** Cores stand in groups: spine j of every pod reaches the cores of group j. */
export function coreName(group: number, core: number): string {
    return `core-g${group + 1}-${core + 1}`;
}

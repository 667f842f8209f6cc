/** From a request to the figures of the tree, with the mistakes that make a tree impossible. Pure. */
import { findSwitch, switchModel, switchModels } from "../../catalog/switches";
import { oneOf, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { LeafWiring } from "./fabric-plan";
import type { FabricRequest, FabricShape } from "./fabric-plan";

/** Ports and figures of a request before the tree is known. */
interface LeafPorts {
    wiring: LeafWiring;
    unitNodes: number;
    leavesPerUnit: number;
    down: number;
    up: number;
}

/** Smallest divisor of `total` that is at least `least`; undefined when none is. Equal bundles keep ECMP even. */
export function divisorFrom(total: number, least: number): number | undefined {
    for (let candidate = Math.max(1, Math.ceil(least)); candidate <= total; candidate++) {
        if (total % candidate === 0) {
            return candidate;
        }
    }
    return undefined;
}

function leafPorts(request: FabricRequest): LeafPorts {
    const wiring = request.wiring ?? LeafWiring.Rail;
    const radix = switchModel(request.leafSwitch).ports;
    const over = request.leafOversubscription ?? 1;
    const portsPerNode = wiring === LeafWiring.Rail ? 1 : request.railsPerNode;
    const room = Math.floor((radix * over) / (1 + over) / portsPerNode);
    const unitNodes = request.unitNodes ?? Math.max(1, Math.min(room, request.nodes));
    const down = unitNodes * portsPerNode;
    return {
        wiring,
        unitNodes,
        leavesPerUnit: wiring === LeafWiring.Rail ? request.railsPerNode : 1,
        down,
        up: Math.ceil(down / over),
    };
}

/** Mistakes of a request, all of them; empty when `fabricShape` can build the tree. */
export function checkFabricRequest(request: FabricRequest): InputProblem[] {
    const models = { leafSwitch: request.leafSwitch, spineSwitch: request.spineSwitch, coreSwitch: request.coreSwitch };
    const problems = [
        ...wholeNumber("nodes", request.nodes, { min: 1, max: 16384 }),
        ...wholeNumber("gpusPerNode", request.gpusPerNode, { min: 1, max: 72 }),
        ...wholeNumber("railsPerNode", request.railsPerNode, { min: 1, max: 72 }),
        ...(request.unitNodes === undefined ? [] : wholeNumber("unitNodes", request.unitNodes, { min: 1, max: 4096 })),
        ...(request.podUnits === undefined ? [] : wholeNumber("podUnits", request.podUnits, { min: 1, max: 16384 })),
        ...wholeNumber("managementPorts", request.managementPorts ?? 0, { min: 0, max: 1024 }),
        ...Object.entries(models).flatMap(([path, model]) =>
            model === undefined ? [] : oneOf(path, model, switchModels()),
        ),
        ...oneOf("wiring", request.wiring ?? LeafWiring.Rail, Object.values(LeafWiring)),
        ...ratio("leafOversubscription", request.leafOversubscription),
        ...ratio("spineOversubscription", request.spineOversubscription),
    ];
    return problems.length > 0 ? problems : checkBuildable(request);
}

function ratio(path: string, value: number | undefined): InputProblem[] {
    return value === undefined || (Number.isFinite(value) && value >= 0.25 && value <= 32)
        ? []
        : [
              {
                  path,
                  got: String(value),
                  legal: "bandwidth down over bandwidth up, from 0.25 to 32",
                  remedy: "Give 1 for a non-blocking tier, 7 for seven times less bandwidth up than down.",
              },
          ];
}

function checkBuildable(request: FabricRequest): InputProblem[] {
    const leaf = leafPorts(request);
    const radix = switchModel(request.leafSwitch).ports;
    const rates = new Set(
        [request.leafSwitch, request.spineSwitch, request.coreSwitch].flatMap((model) =>
            model === undefined ? [] : [findSwitch(model)?.portGbps],
        ),
    );
    if (rates.size > 1) {
        return [
            {
                path: "spineSwitch",
                got: [...rates].map((rate) => `${String(rate)} Gbit/s`).join(" and "),
                legal: "all tiers run their ports at one rate",
                remedy: "Choose switches of one port rate.",
            },
        ];
    }
    if (leaf.down + leaf.up > radix) {
        return [
            {
                path: "unitNodes",
                got: `${leaf.unitNodes}, which needs ${leaf.down} ports down and ${leaf.up} up on a leaf`,
                legal: `${request.leafSwitch} has ${radix} ports`,
                remedy: "Make the unit smaller, or allow more oversubscription.",
            },
        ];
    }
    const shape = attempt(request);
    if (shape === undefined) {
        return [
            {
                path: "nodes",
                got: String(request.nodes),
                legal: "three tiers of these switches cannot hold as many with equal bundles of cables",
                remedy: "Choose switches with more ports, smaller pods, or more oversubscription.",
            },
        ];
    }
    const free = shape.units * shape.leavesPerUnit * (radix - shape.leafDown - shape.leafUp);
    const spare = (shape.units * shape.unitNodes - request.nodes) * request.railsPerNode + free;
    return (request.managementPorts ?? 0) <= spare
        ? []
        : [
              {
                  path: "managementPorts",
                  got: String(request.managementPorts),
                  legal: `${spare} leaf ports are left over by the nodes`,
                  remedy: "Leave out one node, as DGX SuperPOD does, or add a unit.",
              },
          ];
}

/**
 * The figures of the tree.
 *
 * @throws Error where `checkFabricRequest` finds a mistake.
 */
export function fabricShape(request: FabricRequest): FabricShape {
    const shape = checkFabricRequest(request).length > 0 ? undefined : attempt(request);
    if (shape === undefined) {
        throw new Error("fabricShape needs a request that checkFabricRequest has passed");
    }
    return shape;
}

function attempt(request: FabricRequest): FabricShape | undefined {
    const leaf = leafPorts(request);
    const units = Math.ceil(request.nodes / leaf.unitNodes);
    const spineRadix = switchModel(request.spineSwitch ?? request.leafSwitch).ports;
    const base = {
        wiring: leaf.wiring,
        units,
        unitNodes: leaf.unitNodes,
        leavesPerUnit: leaf.leavesPerUnit,
        leafDown: leaf.down,
        leafUp: leaf.up,
    };
    const noCore = { spineUp: 0, coresPerGroup: 0, spineCoreLinks: 0 };
    if (units * leaf.leavesPerUnit === 1) {
        return { ...base, ...noCore, leafUp: 0, pods: 1, podUnits: 1, spinesPerPod: 0, leafSpineLinks: 0 };
    }
    if (request.podUnits === undefined || request.podUnits >= units) {
        const spines = divisorFrom(leaf.up, (units * leaf.leavesPerUnit * leaf.up) / spineRadix);
        if (spines !== undefined) {
            return {
                ...base,
                ...noCore,
                pods: 1,
                podUnits: units,
                spinesPerPod: spines,
                leafSpineLinks: leaf.up / spines,
            };
        }
    }
    return withCore(request, base, spineRadix);
}

type ShapeBase = Pick<FabricShape, "wiring" | "units" | "unitNodes" | "leavesPerUnit" | "leafDown" | "leafUp">;

function withCore(request: FabricRequest, base: ShapeBase, spineRadix: number): FabricShape | undefined {
    const over = request.spineOversubscription ?? 1;
    const spineRoom = Math.floor((spineRadix * over) / (1 + over));
    const coreRadix = switchModel(request.coreSwitch ?? request.spineSwitch ?? request.leafSwitch).ports;
    const largestPod = Math.max(1, Math.floor(spineRoom / base.leavesPerUnit));
    // Pods of equal size: a last pod of one unit would leave its spines idle.
    const pods = Math.ceil(base.units / Math.min(request.podUnits ?? largestPod, base.units));
    const podUnits = request.podUnits ?? Math.ceil(base.units / pods);
    const podLeaves = podUnits * base.leavesPerUnit;
    for (
        let spines = divisorFrom(base.leafUp, (podLeaves * base.leafUp) / spineRoom);
        spines !== undefined;
        spines = divisorFrom(base.leafUp, spines + 1)
    ) {
        const down = (podLeaves * base.leafUp) / spines;
        const up = Math.ceil(down / over);
        const cores = divisorFrom(up, (pods * up) / coreRadix);
        if (down + up <= spineRadix && cores !== undefined) {
            return {
                ...base,
                pods,
                podUnits,
                spinesPerPod: spines,
                leafSpineLinks: base.leafUp / spines,
                spineUp: up,
                coresPerGroup: cores,
                spineCoreLinks: up / cores,
            };
        }
    }
    return undefined;
}

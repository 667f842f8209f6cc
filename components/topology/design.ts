/** The designer: every switch and every cable of a rail-optimised fat tree, port by port. Pure; 16,384 GPUs take well under a second. */
import { switchModel } from "../../catalog/switches";
import { refuse } from "../input";
import { LeafWiring, coreName, leafName, nodeName, spineName } from "./fabric-plan";
import type { Cable, CableKind, FabricPlan, FabricRequest, FabricShape, PlannedSwitch, Tier } from "./fabric-plan";
import { checkFabricRequest, fabricShape } from "./shape";

/** Hands out the ports of each device in order, so that the cable list is the same on every run. */
class Ports {
    readonly used = new Map<string, number>();

    next(device: string): number {
        const port = (this.used.get(device) ?? 0) + 1;
        this.used.set(device, port);
        return port;
    }
}

/**
 * Designs the fabric. Parallel cables are bundled evenly, every leaf is wired for a full unit even where nodes are missing,
 * and management ports fill the places of missing nodes from the last unit on.
 *
 * @throws InputError with every mistake of the request.
 */
export function designFabric(request: FabricRequest): FabricPlan {
    refuse("fabric", checkFabricRequest(request));
    const shape = fabricShape(request);
    const linkGbps = switchModel(request.leafSwitch).portGbps;
    const ports = new Ports();
    const cables: Cable[] = [];
    const lay = (kind: CableKind, from: { device: string; port: number }, toDevice: string): void => {
        cables.push({ kind, from, to: { device: toDevice, port: ports.next(toDevice) }, gbps: linkGbps });
    };

    const leaves = leafList(shape);
    wireNodes(request, shape, lay);
    wireManagement(request, shape, ports, lay);
    wireSpines(shape, leaves, ports, lay);
    wireCores(shape, ports, lay);

    const oversubscription = {
        leaf: shape.leafUp === 0 ? 1 : shape.leafDown / shape.leafUp,
        spine: shape.spineUp === 0 ? 1 : (shape.podUnits * shape.leavesPerUnit * shape.leafSpineLinks) / shape.spineUp,
    };
    return {
        request,
        shape,
        linkGbps,
        tiers: shape.leafUp === 0 ? 1 : shape.spineUp === 0 ? 2 : 3,
        switches: switchList(request, shape, leaves, ports),
        cables,
        nonBlocking: oversubscription.leaf <= 1 && oversubscription.spine <= 1,
        oversubscription,
    };
}

interface Leaf {
    name: string;
    unit: number;
    pod: number;
    rail: number;
}

function leafList(shape: FabricShape): Leaf[] {
    return Array.from({ length: shape.units }, (_, unit) =>
        Array.from({ length: shape.leavesPerUnit }, (__, leaf) => ({
            name: leafName(unit, leaf, shape.leavesPerUnit),
            unit,
            pod: Math.floor(unit / shape.podUnits),
            rail: shape.wiring === LeafWiring.Rail ? leaf : -1,
        })),
    ).flat();
}

type Lay = (kind: CableKind, from: { device: string; port: number }, toDevice: string) => void;

/** The leaf that a port of a node belongs to. */
export function leafOf(shape: FabricShape, node: number, rail: number): string {
    const unit = Math.floor(node / shape.unitNodes);
    return leafName(unit, shape.wiring === LeafWiring.Rail ? rail : 0, shape.leavesPerUnit);
}

function wireNodes(request: FabricRequest, shape: FabricShape, lay: Lay): void {
    for (let node = 0; node < request.nodes; node++) {
        for (let rail = 0; rail < request.railsPerNode; rail++) {
            lay("node-leaf", { device: nodeName(node), port: rail + 1 }, leafOf(shape, node, rail));
        }
    }
}

function wireManagement(request: FabricRequest, shape: FabricShape, ports: Ports, lay: Lay): void {
    const radix = switchModel(request.leafSwitch).ports;
    let left = request.managementPorts ?? 0;
    for (let unit = shape.units - 1; unit >= 0 && left > 0; unit--) {
        // One port a leaf and round, so that the managers do not share a leaf's fate.
        for (let laid = true; laid && left > 0;) {
            laid = false;
            for (let leaf = 0; leaf < shape.leavesPerUnit && left > 0; leaf++) {
                const name = leafName(unit, leaf, shape.leavesPerUnit);
                if ((ports.used.get(name) ?? 0) < radix - shape.leafUp) {
                    lay(
                        "management",
                        { device: `manager-${(request.managementPorts ?? 0) - left + 1}`, port: 1 },
                        name,
                    );
                    left--;
                    laid = true;
                }
            }
        }
    }
}

function wireSpines(shape: FabricShape, leaves: Leaf[], ports: Ports, lay: Lay): void {
    for (const leaf of leaves) {
        for (let spine = 0; spine < shape.spinesPerPod; spine++) {
            for (let link = 0; link < shape.leafSpineLinks; link++) {
                lay("leaf-spine", { device: leaf.name, port: ports.next(leaf.name) }, spineName(leaf.pod, spine));
            }
        }
    }
}

function wireCores(shape: FabricShape, ports: Ports, lay: Lay): void {
    for (let pod = 0; pod < shape.pods; pod++) {
        for (let spine = 0; spine < shape.spinesPerPod; spine++) {
            const name = spineName(pod, spine);
            for (let core = 0; core < shape.coresPerGroup; core++) {
                for (let link = 0; link < shape.spineCoreLinks; link++) {
                    lay("spine-core", { device: name, port: ports.next(name) }, coreName(spine, core));
                }
            }
        }
    }
}

function switchList(request: FabricRequest, shape: FabricShape, leaves: Leaf[], ports: Ports): PlannedSwitch[] {
    const planned = (name: string, tier: Tier, model: string, place: { pod: number; unit: number; rail: number }) => ({
        name,
        tier,
        model,
        ...place,
        used: ports.used.get(name) ?? 0,
    });
    const spineModel = request.spineSwitch ?? request.leafSwitch;
    const spines = Array.from({ length: shape.pods }, (_, pod) =>
        Array.from({ length: shape.spinesPerPod }, (__, spine) =>
            planned(spineName(pod, spine), "spine", spineModel, { pod, unit: -1, rail: -1 }),
        ),
    ).flat();
    const cores = Array.from({ length: shape.spinesPerPod }, (_, group) =>
        Array.from({ length: shape.coresPerGroup }, (__, core) =>
            planned(coreName(group, core), "core", request.coreSwitch ?? spineModel, { pod: -1, unit: -1, rail: -1 }),
        ),
    ).flat();
    return [...leaves.map((leaf) => planned(leaf.name, "leaf", request.leafSwitch, leaf)), ...spines, ...cores].map(
        ({ name, tier, model, pod, unit, rail, used }) => ({ name, tier, model, pod, unit, rail, used }),
    );
}

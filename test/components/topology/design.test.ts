/** The designer against published designs, and properties of every tree that it builds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { switchModel } from "../../../catalog/switches";
import { InputError } from "../../../components/input";
import {
    LeafWiring,
    billOfMaterials,
    cableCsv,
    checkFabricRequest,
    compareWiring,
    designFabric,
    drawFabric,
    fabricCounts,
} from "../../../components/topology";
import type { FabricRequest } from "../../../components/topology";

const superPod = (nodes: number, managementPorts = 0): FabricRequest => ({
    nodes,
    gpusPerNode: 8,
    railsPerNode: 8,
    unitNodes: 32,
    leafSwitch: "QM9700",
    managementPorts,
});

describe("NVIDIA DGX SuperPOD", () => {
    // Table 3 of the reference architectures: docs.nvidia.com/dgx-superpod/reference-architecture-scalable-infrastructure-b200
    // prints whole units on the same 64-port NDR switches; 1 to 4 units of 31 to 127 nodes are RA-11333-001 (DGX H100).
    it.each([
        [64, 16, 8, 0, 512, 512, 0],
        [128, 32, 16, 0, 1024, 1024, 0],
        [256, 64, 32, 0, 2048, 2048, 0],
        [512, 128, 128, 64, 4096, 4096, 4096],
        [1024, 256, 256, 128, 8192, 8192, 8192],
        [2048, 512, 512, 256, 16384, 16384, 16384],
    ])(
        "%i nodes need %i leaf, %i spine and %i core switches",
        (nodes, leaf, spine, core, nodeLeaf, leafSpine, spineCore) => {
            const plan = designFabric(superPod(nodes));
            expect(fabricCounts(plan)).toEqual({ leaf, spine, core, nodeLeaf, leafSpine, spineCore });
            expect(plan.nonBlocking).toBe(true);
        },
    );

    it.each([
        [31, 8, 4, 252, 256],
        [63, 16, 8, 508, 512],
        [95, 24, 16, 764, 768],
        [127, 32, 16, 1020, 1024],
    ])("%i DGX H100 and four ports for UFM: %i leaf, %i spine, %i and %i cables", (nodes, leaf, spine, down, up) => {
        const counts = fabricCounts(designFabric(superPod(nodes, 4)));
        expect(counts).toEqual({ leaf, spine, core: 0, nodeLeaf: down, leafSpine: up, spineCore: 0 });
    });

    it("refuses UFM ports where every leaf port is a node's", () => {
        expect(checkFabricRequest(superPod(128, 4)).map((problem) => problem.path)).toEqual(["managementPorts"]);
    });
});

describe("Llama 3's RoCE cluster (arXiv 2407.21783, section 3.3.1)", () => {
    const plan = designFabric({
        nodes: 3072,
        gpusPerNode: 8,
        railsPerNode: 8,
        wiring: LeafWiring.Rack,
        unitNodes: 2,
        podUnits: 192,
        leafSwitch: "Minipack2",
        spineSwitch: "7816R3",
        spineOversubscription: 7,
    });

    it("has racks of 16 GPUs under one switch, pods of 3,072 GPUs, and eight pods", () => {
        expect(plan.request.nodes * plan.request.gpusPerNode).toBe(24_576);
        expect(fabricCounts(plan).leaf).toBe(1536);
        expect(plan.shape.pods).toBe(8);
        expect(plan.shape.podUnits * plan.shape.unitNodes * 8).toBe(3072);
    });

    it("keeps full bisection inside a pod, and 1:7 above", () => {
        expect(plan.oversubscription.leaf).toBe(1);
        expect(plan.oversubscription.spine).toBeGreaterThan(6.8);
        expect(plan.oversubscription.spine).toBeLessThanOrEqual(7);
        expect(plan.nonBlocking).toBe(false);
    });
});

const requests = fc
    .record({
        nodes: fc.integer({ min: 1, max: 700 }),
        railsPerNode: fc.constantFrom(1, 2, 4, 8),
        wiring: fc.constantFrom(LeafWiring.Rail, LeafWiring.Rack),
        unitNodes: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        leafOversubscription: fc.constantFrom(1, 2, 3),
        spineOversubscription: fc.constantFrom(1, 2, 7),
        leafSwitch: fc.constantFrom("QM9700", "SN5600", "SN4700"),
    })
    .map((request): FabricRequest => ({ gpusPerNode: 8, ...request }))
    .filter((request) => checkFabricRequest(request).length === 0);

describe("every design", () => {
    it("uses each port of each device at most once and no port that a switch has not", () => {
        fc.assert(
            fc.property(requests, (request) => {
                const plan = designFabric(request);
                const seen = new Set<string>();
                let wrong = 0;
                const models = new Map(plan.switches.map((entry) => [entry.name, entry.model]));
                for (const end of plan.cables.flatMap((cable) => [cable.from, cable.to])) {
                    const key = `${end.device}:${end.port}`;
                    const model = models.get(end.device);
                    // Counted here rather than asserted: a design has tens of thousands of ends.
                    wrong += seen.has(key) || (model !== undefined && end.port > switchModel(model).ports) ? 1 : 0;
                    seen.add(key);
                }
                expect(wrong).toBe(0);
            }),
            { numRuns: 60 },
        );
    });

    it("wires every port of every node once, and keeps a rail of a unit on one leaf", () => {
        fc.assert(
            fc.property(requests, (request) => {
                const plan = designFabric(request);
                const wires = plan.cables.filter((cable) => cable.kind === "node-leaf");
                expect(wires).toHaveLength(request.nodes * request.railsPerNode);
                if (plan.shape.wiring === LeafWiring.Rail) {
                    const rails = new Map<string, Set<number>>();
                    for (const wire of wires) {
                        rails.set(wire.to.device, (rails.get(wire.to.device) ?? new Set()).add(wire.from.port));
                    }
                    expect([...rails.values()].every((set) => set.size === 1)).toBe(true);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("is non-blocking exactly where no leaf and no spine has less up than down", () => {
        fc.assert(
            fc.property(requests, (request) => {
                const plan = designFabric(request);
                const count = (kind: string, side: "from" | "to"): Map<string, number> => {
                    const table = new Map<string, number>();
                    for (const cable of plan.cables.filter((entry) => entry.kind === kind)) {
                        table.set(cable[side].device, (table.get(cable[side].device) ?? 0) + 1);
                    }
                    return table;
                };
                const worse = (down: Map<string, number>, up: Map<string, number>): boolean =>
                    [...down].some(([name, ports]) => ports > (up.get(name) ?? 0));
                const blocked =
                    (plan.tiers > 1 && worse(count("node-leaf", "to"), count("leaf-spine", "from"))) ||
                    (plan.tiers > 2 && worse(count("leaf-spine", "to"), count("spine-core", "from")));
                // A unit that is not full may be non-blocking by luck; the claim is about the tree as built for full units.
                if (plan.nonBlocking) {
                    expect(blocked).toBe(false);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("agrees with its own wiring, and names one swapped pair of cables by both ports", () => {
        const plan = designFabric(superPod(64));
        const wires = plan.cables.map((cable) => ({ a: { ...cable.from }, b: { ...cable.to } }));
        expect(compareWiring(plan, wires)).toEqual([]);
        const [first, second] = [wires[0], wires[9]];
        if (first === undefined || second === undefined) {
            throw new Error("a plan of 64 nodes has more than nine cables");
        }
        [first.a, second.a] = [second.a, first.a];
        const differences = compareWiring(plan, wires.slice(0, -1));
        expect(differences.map((difference) => [difference.kind, difference.end])).toEqual([
            ["misplaced", "node-0001:1"],
            ["misplaced", "node-0002:2"],
            ["missing", expect.stringMatching(/^leaf-u2-r8:/) as string],
        ]);
    });
});

describe("bill, list and picture", () => {
    it("bills one twin-port transceiver for two links", () => {
        const bill = billOfMaterials(designFabric(superPod(128)));
        expect(bill.find((item) => item.kind === "switch-transceiver")).toEqual({
            kind: "switch-transceiver",
            what: "twin-port",
            count: (32 * 64 + 16 * 64) / 2,
        });
        expect(bill.find((item) => item.kind === "node-transceiver")?.count).toBe(1024);
    });

    it("lists every cable on a line of its own", () => {
        const plan = designFabric(superPod(32));
        const lines = cableCsv(plan.cables).trim().split("\n");
        expect(lines).toHaveLength(1 + 512);
        expect(lines[1]).toBe("1,node-leaf,node-0001,1,leaf-u1-r1,1,400");
    });

    it.each([32, 128, 2048])("draws %i nodes within 1,600 px and states the counts", (nodes) => {
        const plan = designFabric(superPod(nodes));
        const svg = drawFabric(plan);
        expect(svg).toContain('width="1600"');
        expect(svg).toContain(`${(nodes * 8).toLocaleString("en-US")} GPUs`);
        expect(svg).toContain(`${fabricCounts(plan).leaf} leaf`);
        const rights = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(
            ([, x, width]) => Number(x) + Number(width),
        );
        expect(Math.max(...rights)).toBeLessThanOrEqual(1600);
    });
});

describe("mistakes", () => {
    it("are told all at once, with the nearest model", () => {
        const design = (): unknown =>
            designFabric({ nodes: 0, gpusPerNode: 8, railsPerNode: 99, leafSwitch: "QM970", leafOversubscription: -1 });
        expect(design).toThrow(InputError);
        expect(design).toThrow(
            /nodes: got 0[\s\S]*railsPerNode: got 99[\s\S]*Did you mean QM9700[\s\S]*leafOversubscription/,
        );
    });

    it("refuses a unit that no leaf can hold", () => {
        expect(checkFabricRequest({ ...superPod(128), unitNodes: 48 })[0]).toMatchObject({
            path: "unitNodes",
            got: "48, which needs 48 ports down and 48 up on a leaf",
        });
    });
});

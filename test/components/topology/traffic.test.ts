/** Congestion by routing: what is known by hand (symmetric trees), and what must hold of any traffic. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
    LeafWiring,
    allToAll,
    designFabric,
    estimateCongestion,
    pipeline,
    ringAllReduce,
} from "../../../components/topology";
import type { FabricRequest } from "../../../components/topology";

const rails: FabricRequest = { nodes: 128, gpusPerNode: 8, railsPerNode: 8, unitNodes: 32, leafSwitch: "QM9700" };
const plan = designFabric(rails);
const shuffled = (nodes: number, seed: number): number[] =>
    Array.from({ length: nodes }, (_, node) => node).sort((a, b) => hash(a, seed) - hash(b, seed));
const hash = (value: number, seed: number): number =>
    Math.imul(Math.imul(value + 1, 0x9e3779b1) ^ (seed + 1), 0x85ebca6b) ^ (Math.imul(value + seed, 0xc2b2ae35) >>> 7);

describe("all-reduce", () => {
    it("in wiring order leaves a unit on one link's worth of traffic per rail", () => {
        const estimate = estimateCongestion(plan, ringAllReduce(plan));
        // One flow leaves each leaf, spread over 32 uplinks.
        expect(estimate.leafToSpine).toBeCloseTo(1 / 32);
        expect(estimate.slowdown).toBe(1);
    });

    it("in random order fills the uplinks of a non-blocking fabric and no more", () => {
        const estimate = estimateCongestion(plan, ringAllReduce(plan, shuffled(128, 7)));
        expect(estimate.worst).toBeGreaterThan(0.5);
        expect(estimate.worst).toBeLessThanOrEqual(1);
    });
});

describe("all-to-all", () => {
    it("stays within a non-blocking tree: 96 of 127 peers are on another leaf", () => {
        expect(estimateCongestion(plan, allToAll(plan)).leafToSpine).toBeCloseTo(96 / 127);
        expect(estimateCongestion(plan, allToAll(plan, true)).worst).toBeLessThanOrEqual(1);
    });

    it("is slowed by oversubscription, by just its ratio times the share that leaves the leaf", () => {
        const halved = designFabric({ ...rails, leafOversubscription: 2 });
        const estimate = estimateCongestion(halved, allToAll(halved));
        expect(estimate.slowdown).toBeCloseTo((2 * 96) / 127);
    });

    it("meets the 1:7 of Llama 3's aggregation layer across pods, not inside one", () => {
        const llama = designFabric({
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
        const across = estimateCongestion(llama, allToAll(llama, true));
        expect(across.leafToSpine).toBeLessThanOrEqual(1);
        // Seven of eight peers are in another pod.
        expect(across.spineToCore).toBeCloseTo((384 / 55) * (7 / 8), 1);
        expect(estimateCongestion(llama, ringAllReduce(llama)).slowdown).toBe(1);
    });
});

describe("pipeline", () => {
    it("between units loads the uplinks fully at line rate and in proportion below it", () => {
        expect(estimateCongestion(plan, pipeline(plan, 32)).worst).toBeCloseTo(1);
        expect(estimateCongestion(plan, pipeline(plan, 32, 0.1)).worst).toBeCloseTo(0.1);
        expect(estimateCongestion(plan, pipeline(plan, 1)).leafToSpine).toBeCloseTo(1 / 32);
    });
});

describe("loss", () => {
    it("of one of 16 spines puts its share on the 15 that are left", () => {
        const estimate = estimateCongestion(plan, pipeline(plan, 32), { switches: ["spine-p1-4"] });
        expect(estimate.worst).toBeCloseTo(16 / 15);
        expect(estimate.unreachable).toBe(0);
    });

    it("of one cable of a leaf slows that leaf's traffic by 32 to 31 at the leaf, and is named", () => {
        const estimate = estimateCongestion(plan, pipeline(plan, 32), {
            links: [{ from: "leaf-u1-r1", to: "spine-p1-1", count: 1 }],
        });
        expect(estimate.leafToSpine).toBeCloseTo(32 / 31);
        expect(estimate.worstLink).toMatch(/leaf-u[12]-r1/);
    });

    it("of a leaf cuts its rail off, of all spines everything between leaves", () => {
        expect(estimateCongestion(plan, pipeline(plan, 32), { switches: ["leaf-u2-r3"] }).unreachable).toBe(2);
        const spines = Array.from({ length: 16 }, (_, index) => `spine-p1-${index + 1}`);
        expect(estimateCongestion(plan, pipeline(plan, 32), { switches: spines }).unreachable).toBe(24);
    });

    it("never makes a link less loaded, whatever is lost", () => {
        const three = designFabric({ ...rails, nodes: 512 });
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 0, max: 99 }), (spine, seed) => {
                const demands = ringAllReduce(three, shuffled(512, seed));
                const whole = estimateCongestion(three, demands);
                const broken = estimateCongestion(three, demands, { switches: [`spine-p1-${spine}`] });
                expect(broken.leafToSpine).toBeGreaterThanOrEqual(whole.leafToSpine - 1e-9);
                expect(broken.unreachable).toBe(0);
            }),
            { numRuns: 15 },
        );
    });
});

it("designs 16,384 GPUs and routes an all-to-all over them", () => {
    const large = designFabric({ ...rails, nodes: 2048 });
    const estimate = estimateCongestion(large, allToAll(large));
    expect(large.cables).toHaveLength(3 * 16384);
    expect(estimate.worst).toBeLessThanOrEqual(1);
});

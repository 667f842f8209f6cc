import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instance, instanceTypes } from "../../../catalog/instances";
import {
    baseUnits,
    capacityGroups,
    checkPools,
    coveredResources,
    nodeQuota,
    podShare,
    scaled,
    sum,
} from "../../../components/capacity-group";
import { blocks, fabricOf, pool } from "../cluster-fixtures";

describe("capacity groups", () => {
    it("joins pools of one type, zone and fabric, and adds their nodes up", () => {
        const [group, ...others] = capacityGroups(blocks, fabricOf(blocks));
        expect(others).toEqual([]);
        expect(group).toMatchObject({ pools: ["block-a", "block-b"], nodes: 128, gpusPerNode: 8, gpusPerPod: 8 });
    });

    it("refuses a pool whose nodes are unlike its group's", () => {
        const odd = {
            ...pool("odd", { instanceType: "p5.48xlarge", nodes: 1 }),
            capacityGroup: blocks[0]?.capacityGroup ?? "",
        };
        expect(checkPools([...blocks, odd], fabricOf(blocks))).toMatchObject([{ path: "pools[2].capacityGroup" }]);
    });

    it("refuses a pool that the fabric does not join", () => {
        const other = pool("other", { instanceType: "p5.48xlarge", nodes: 1 });
        expect(checkPools([...blocks, other], fabricOf(blocks))).toMatchObject([
            { path: "fabric", remedy: 'Add pool "other" to the pools of the RdmaFabric.' },
        ]);
    });

    it.each(instanceTypes())(
        "a pod on %s fits its node, and asks for nothing that its queue does not cover",
        (type) => {
            const pools = [pool("x", { instanceType: type, nodes: 3 })];
            const [group] = capacityGroups(pools, fabricOf(pools));
            const resources = group?.podResources ?? {};
            const entry = instance(type);
            expect(Number(resources["cpu"])).toBeLessThan(entry.vcpus);
            const hugepages = baseUnits(resources["hugepages-2Mi"] ?? "0");
            // The kubelet keeps at least 255 MiB and 11 MiB for each of some dozen pods.
            expect(baseUnits(resources["memory"] ?? "0") + hugepages).toBeLessThan(BigInt(entry.memoryGib - 1) << 30n);
            expect(resources["nvidia.com/gpu"]).toBe(String(entry.gpus.count));
            expect(coveredResources(group === undefined ? [] : [group.fabric])).toEqual(
                expect.arrayContaining(Object.keys(resources)),
            );
            const quota = group === undefined ? {} : nodeQuota(group);
            for (const [resource, quantity] of Object.entries(resources)) {
                expect(baseUnits(quota[resource] ?? "0"), resource).toBeGreaterThanOrEqual(baseUnits(quantity));
            }
        },
    );

    it("gives a pod on shared GPUs one slice and that part of the node", () => {
        const pools = [pool("dev", { instanceType: "g6.xlarge", nodes: 1, timeSlicing: 4 })];
        const [group] = capacityGroups(pools, fabricOf(pools));
        expect(group?.podResources).toEqual({ cpu: "1", memory: "3Gi", "nvidia.com/gpu": "1" });
    });
});

describe("shares of a pod", () => {
    it("never lose a resource, and never add up to more than the whole", () => {
        const whole = { cpu: "182", memory: "1833Gi", "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "16" };
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 8 }), (gpus) => {
                const part = podShare(whole, gpus, 8);
                expect(Object.keys(part)).toEqual(Object.keys(whole));
                for (const [resource, quantity] of Object.entries(part)) {
                    const all = baseUnits(whole[resource as keyof typeof whole]);
                    expect(baseUnits(quantity)).toBeGreaterThan(0n);
                    expect(baseUnits(quantity) * BigInt(Math.floor(8 / gpus))).toBeLessThanOrEqual(all);
                }
            }),
        );
    });
});

describe("quantities", () => {
    it("scale exactly, rounded to the asked side", () => {
        fc.assert(
            fc.property(
                fc.nat(1e6),
                fc.nat(1e5),
                fc.integer({ min: 1, max: 1e4 }),
                (amount, numerator, denominator) => {
                    const exact = (amount * numerator) / denominator;
                    const up = Number(baseUnits(scaled(String(amount), numerator, denominator, "up")));
                    const down = Number(baseUnits(scaled(String(amount), numerator, denominator, "down")));
                    expect(up - down).toBeLessThanOrEqual(1);
                    expect(down).toBeLessThanOrEqual(exact + 1e-6);
                    expect(up).toBeGreaterThanOrEqual(exact - 1e-6);
                },
            ),
        );
    });

    it("keep their unit, and refuse to be added across units", () => {
        expect(scaled("5120Mi", 96, 1, "up")).toBe("491520Mi");
        expect(sum(["1Gi", "2Gi"])).toBe("3Gi");
        expect(() => sum(["1Gi", "2Mi"])).toThrow("different units");
        expect(() => scaled("100m", 1, 1, "up")).toThrow("not a whole quantity");
    });
});

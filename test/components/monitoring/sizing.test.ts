import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instance } from "../../../catalog/instances";
import { FabricKind, fabricProfile, instanceMachine } from "../../../components/fabric";
import { monitoringSize } from "../../../components/monitoring";
import { groupFacts } from "../../../components/monitoring/infrastructure";
import { pool } from "../../alerts/example-infrastructures";

const profile = fabricProfile(instanceMachine(instance("p5en.48xlarge")), FabricKind.Efa);
const size = (nodes: number, days: number): ReturnType<typeof monitoringSize> =>
    monitoringSize(groupFacts([pool("h200", "p5en.48xlarge", FabricKind.Efa, nodes)], { h200: profile }), days);

describe("the size of Prometheus", () => {
    it("grows with GPUs and days, never the other way", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 7, max: 90 }), (nodes, days) => {
                const [small, large, long] = [size(nodes, days), size(nodes + 10, days), size(nodes, days + 10)];
                expect(large.series).toBeGreaterThan(small.series);
                expect(large.memoryGib).toBeGreaterThanOrEqual(small.memoryGib);
                expect(long.storageGib).toBeGreaterThanOrEqual(small.storageGib);
                expect(long.series).toBe(small.series);
            }),
        );
    });

    it("says what a thousand GPUs and ten thousand need", () => {
        expect(size(128, 15)).toMatchObject({ gpus: 1024, nodes: 128 });
        expect(size(128, 15).sentence).toMatch(
            /^Prometheus: \d+ series \(1024 GPUs × \d+, 128 nodes\), \d+ GiB memory, \d+ GiB disk for 15 days\.$/,
        );
        expect(size(1280, 15).series).toBeLessThan(size(128, 15).series * 10);
    });
});

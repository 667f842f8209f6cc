/** What can be bought as a capacity block. */
import { describe, expect, it } from "vitest";
import { capacityBlockRules, instance, instanceTypes, isCapacityBlockLength } from "../../catalog";

describe("capacity blocks", () => {
    it("can be bought by the day for two weeks, then by the week for half a year", () => {
        const lengths = Array.from({ length: 200 }, (_, index) => index + 1).filter(isCapacityBlockLength);
        expect(lengths.slice(0, 14)).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
        expect(lengths.slice(14, 17)).toEqual([21, 28, 35]);
        expect(lengths.at(-1)).toBe(182);
        expect(lengths).toHaveLength(14 + 24);
    });

    it("cannot be bought for a part of a day, none or less", () => {
        expect([0, -7, 0.5, 14.5, Number.NaN, Number.POSITIVE_INFINITY].some(isCapacityBlockLength)).toBe(false);
    });

    it("hold 64 instances at most, 256 together", () => {
        expect(capacityBlockRules.maximumInstances).toBe(64);
        expect(capacityBlockRules.maximumInstancesTogether).toBe(256);
        expect(Object.keys(capacityBlockRules.sources)).toEqual(["size", "time", "termination"]);
    });

    it("are sold of P types only", () => {
        const sold = instanceTypes().filter((type) => instance(type).capacityKinds.includes("capacity-block"));
        expect(sold.length).toBeGreaterThan(0);
        expect(sold.every((type) => type.startsWith("p"))).toBe(true);
    });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
    MAX_ZONES,
    contains,
    formatCidr,
    overlaps,
    parseCidr,
    part,
    planSubnets,
    sizeOf,
    usableAddresses,
} from "../../../components/cluster-network/cidr";
import type { Cidr } from "../../../components/cluster-network/cidr";

const cidrs = fc
    .record({ prefix: fc.integer({ min: 8, max: 30 }), at: fc.double({ min: 0, max: 0.999999, noNaN: true }) })
    .map(({ prefix, at }): Cidr => ({ prefix, base: Math.floor(at * 2 ** prefix) * 2 ** (32 - prefix) }));
const vpcs = fc
    .record({ prefix: fc.integer({ min: 16, max: 20 }), index: fc.nat(15) })
    .map(({ prefix, index }): Cidr => ({ prefix, base: 10 * 2 ** 24 + index * 2 ** (32 - prefix) }));
const zoneLists = fc
    .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), { minLength: 1, maxLength: MAX_ZONES })
    .map((letters) => letters.map((letter) => `us-east-1${letter}`));
const parsed = (text: string) => parseCidr(text) as Cidr;

describe("ranges", () => {
    it("read what they write", () => {
        fc.assert(
            fc.property(cidrs, (cidr) => {
                expect(parseCidr(formatCidr(cidr))).toEqual(cidr);
            }),
        );
    });

    it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.256/24", "10.0.1.0/16", "ten/8", ""])("refuse %s", (text) => {
        expect(parseCidr(text)).toBeUndefined();
    });

    it("are cut into parts that fill them without overlapping", () => {
        fc.assert(
            fc.property(cidrs, fc.integer({ min: 1, max: 2 }), (cidr, bits) => {
                const parts = Array.from({ length: 2 ** bits }, (_, index) => part(cidr, bits, index));
                expect(parts.every((piece) => contains(cidr, piece))).toBe(true);
                expect(parts.reduce((sum, piece) => sum + sizeOf(piece), 0)).toBe(sizeOf(cidr));
                expect(parts.some((a, i) => parts.some((b, j) => i < j && overlaps(a, b)))).toBe(false);
            }),
        );
    });

    it("overlap when one holds the other, and not when they stand side by side", () => {
        expect(overlaps(parsed("10.0.0.0/16"), parsed("10.0.255.0/24"))).toBe(true);
        expect(overlaps(parsed("10.0.0.0/17"), parsed("10.0.128.0/17"))).toBe(false);
    });
});

describe("the plan of a VPC", () => {
    it("gives every zone two subnets inside the VPC, none overlapping another", () => {
        fc.assert(
            fc.property(vpcs, zoneLists, fc.nat(), (vpc, zones, pick) => {
                const gpuZone = zones[pick % zones.length] as string;
                const ranges = planSubnets(vpc, zones, gpuZone)
                    .flatMap((zone) => [zone.privateCidr, zone.publicCidr])
                    .map(parsed);
                expect(ranges).toHaveLength(2 * zones.length);
                expect(ranges.every((range) => contains(vpc, range))).toBe(true);
                expect(ranges.some((a, i) => ranges.some((b, j) => i < j && overlaps(a, b)))).toBe(false);
                // AWS takes no subnet smaller than /28.
                expect(Math.max(...ranges.map((range) => range.prefix))).toBeLessThanOrEqual(28);
            }),
        );
    });

    it("moves no subnet when a zone is appended", () => {
        fc.assert(
            fc.property(vpcs, zoneLists, (vpc, zones) => {
                const gpuZone = zones[0] as string;
                const before = planSubnets(vpc, zones.slice(0, -1), gpuZone);
                expect(planSubnets(vpc, zones, gpuZone).slice(0, -1)).toEqual(before);
            }),
        );
    });

    it("keeps half of the range for the GPU zone: 1,280 nodes with 24 addresses each in a /16", () => {
        const [gpu] = planSubnets(parsed("10.0.0.0/16"), ["us-east-2b"], "us-east-2b");
        expect(gpu?.privateCidr).toBe("10.0.0.0/17");
        expect(usableAddresses(parsed("10.0.0.0/17"))).toBeGreaterThanOrEqual(1280 * 24);
    });
});

/** The dated price catalogue. */
import { describe, expect, it } from "vitest";
import {
    findInstance,
    findNodeShape,
    findRegion,
    hoursPerMonth,
    instance,
    instancePrices,
    instanceTypes,
    oldestPriceDate,
    rate,
    rateOrReason,
    regionNames,
    serviceNames,
    servicePrice,
    systemInstanceTypes,
} from "../../catalog";

describe("price catalogue", () => {
    it("prices only types, kinds and regions that the other files hold", () => {
        for (const price of instancePrices()) {
            expect(findNodeShape(price.type), price.type).toBeDefined();
            const kinds = findInstance(price.type)?.capacityKinds ?? ["on-demand"];
            expect(kinds, `${price.type} ${price.kind}`).toContain(price.kind);
            for (const name of price.regions) {
                expect(findRegion(name), name).toBeDefined();
            }
        }
    });

    it("holds one price for a type, region and kind, with its date and source", () => {
        const seen = new Set<string>();
        for (const price of instancePrices()) {
            for (const name of price.regions) {
                const key = `${price.type} ${name} ${price.kind}`;
                expect(seen.has(key), key).toBe(false);
                seen.add(key);
            }
            expect(price.usdPerHour).toBeGreaterThan(0);
            expect(price.asOf).toMatch(/^20\d{2}-\d{2}-\d{2}$/);
            expect(price.source.where).toMatch(/:|https/);
            if (price.low !== undefined && price.high !== undefined) {
                expect(price.low).toBeLessThanOrEqual(price.usdPerHour);
                expect(price.usdPerHour).toBeLessThanOrEqual(price.high);
            }
        }
    });

    it("has an on-demand price in us-east-1 for every type sold on demand", () => {
        for (const type of instanceTypes().filter((t) => instance(t).capacityKinds.includes("on-demand"))) {
            expect(rate({ type, region: "us-east-1", kind: "on-demand" })?.usdPerHour, type).toBeGreaterThan(0);
        }
    });

    it("never sells spot or a block above the on-demand rate of the same region", () => {
        for (const price of instancePrices().filter((p) => p.kind !== "on-demand")) {
            for (const name of price.regions) {
                const onDemand = rate({ type: price.type, region: name, kind: "on-demand" });
                if (onDemand !== undefined) {
                    expect(price.usdPerHour, `${price.type} ${price.kind} ${name}`).toBeLessThan(onDemand.usdPerHour);
                }
            }
        }
    });

    it("tells the age of its oldest price", () => {
        expect(oldestPriceDate()).toBe(
            instancePrices()
                .map((p) => p.asOf)
                .reduce((a, b) => (a < b ? a : b)),
        );
    });

    it("counts 730 hours in a month", () => {
        expect(hoursPerMonth).toBe((365 * 24) / 12);
    });
});

describe("rate", () => {
    const p5en = { type: "p5en.48xlarge", region: "us-east-2" };

    it("of a block is below on-demand and says when it held", () => {
        const block = rate({ ...p5en, kind: "capacity-block" });
        const onDemand = rate({ ...p5en, kind: "on-demand" });
        expect(block?.usdPerHour).toBeLessThan(onDemand?.usdPerHour ?? 0);
        expect(block?.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    });

    it("of a reservation is the on-demand rate: it is billed used or not", () => {
        expect(rate({ ...p5en, kind: "reservation" })).toEqual(rate({ ...p5en, kind: "on-demand" }));
    });

    it("of spot carries the range", () => {
        const spot = rate({ ...p5en, kind: "spot" });
        expect(spot?.low).toBeLessThanOrEqual(spot?.usdPerHour ?? 0);
        expect(spot?.high).toBeGreaterThanOrEqual(spot?.usdPerHour ?? 0);
    });

    it("is the user's own where given, the narrowest key first", () => {
        const overrides = {
            "p5en.48xlarge": 1,
            "p5en.48xlarge/capacity-block": 2,
            "p5en.48xlarge/us-east-2/capacity-block": 3,
        };
        const at = (region: string, kind: "capacity-block" | "on-demand") =>
            rate({ type: "p5en.48xlarge", region, kind, overrides })?.usdPerHour;
        expect(at("us-east-2", "capacity-block")).toBe(3);
        expect(at("us-west-2", "capacity-block")).toBe(2);
        expect(at("us-west-2", "on-demand")).toBe(1);
    });

    it("is the user's own also where there is no list price", () => {
        const own = rate({
            type: "p6-b200.48xlarge",
            region: "sa-east-1",
            kind: "spot",
            overrides: { "p6-b200.48xlarge": 42.5 },
        });
        expect(own?.usdPerHour).toBe(42.5);
        expect(own?.source.where).toBe("your own price p6-b200.48xlarge");
    });

    it("is there in us-east-1 for every type in one kind of capacity at least", () => {
        for (const type of instanceTypes()) {
            const kinds = instance(type).capacityKinds;
            const regions = type.startsWith("p5e.") ? ["us-east-2"] : ["us-east-1"];
            expect(
                kinds.some((kind) => regions.some((region) => rate({ type, region, kind }) !== undefined)),
                type,
            ).toBe(true);
        }
    });

    it("may be zero by the user's own word", () => {
        expect(rate({ ...p5en, kind: "on-demand", overrides: { "p5en.48xlarge": 0 } })?.usdPerHour).toBe(0);
    });

    it("is there for nodes without GPU too, and grows with the size", () => {
        for (const type of systemInstanceTypes()) {
            expect(rate({ type, region: "us-east-2", kind: "on-demand" })?.usdPerHour, type).toBeGreaterThan(0);
        }
        const of = (size: string) =>
            rate({ type: `m7i.${size}`, region: "us-east-1", kind: "on-demand" })?.usdPerHour ?? 0;
        expect(of("2xlarge")).toBeCloseTo(2 * of("xlarge"), 6);
        expect(rateOrReason({ type: "m7i.2xlarge", region: "us-east-1", kind: "capacity-block" }).reason).toBe(
            "m7i.2xlarge is not sold as capacity-block, only as on-demand, spot, reservation",
        );
    });

    it("gives a reason when there is none", () => {
        const reason = (type: string, region: string, kind: "on-demand" | "spot" | "capacity-block") =>
            rateOrReason({ type, region, kind }).reason;
        expect(reason("p5e.48xlarge", "us-east-2", "on-demand")).toBe(
            "p5e.48xlarge is not sold as on-demand, only as spot, reservation, capacity-block",
        );
        expect(reason("p5en.48xlarge", "sa-east-1", "on-demand")).toMatch(
            /^no on-demand price of p5en\.48xlarge in sa-east-1 is in the catalogue, only for .*us-east-1/,
        );
        expect(reason("p6-b200.48xlarge", "us-east-1", "spot")).toBe(
            "no spot price of p6-b200.48xlarge is in the catalogue",
        );
        expect(reason("p5.48xlrge", "us-east-1", "spot")).toContain("did you mean p5.48xlarge?");
    });

    it("answers with a rate or a reason, never both or neither", () => {
        for (const type of instanceTypes()) {
            for (const region of regionNames()) {
                for (const kind of ["on-demand", "spot", "reservation", "capacity-block"] as const) {
                    const answer = rateOrReason({ type, region, kind });
                    expect((answer.rate === undefined) !== (answer.reason === undefined)).toBe(true);
                }
            }
        }
    });
});

describe("price of a service", () => {
    it("is there in us-east-1 for each, with date and source", () => {
        for (const name of serviceNames()) {
            const price = servicePrice(name, "us-east-1");
            expect(price?.usd, name).toBeGreaterThan(0);
            expect(price?.source.where, name).toMatch(/https:\/\//);
        }
    });

    it("holds everywhere where it is one price for the world", () => {
        expect(servicePrice("eks-control-plane", "ap-east-2")?.usd).toBe(
            servicePrice("eks-control-plane", "us-east-1")?.usd,
        );
    });

    it("is undefined in a region without one, rather than that of another region", () => {
        expect(servicePrice("nat-gateway", "sa-east-1")).toBeUndefined();
    });

    it("tells what was meant", () => {
        expect(() => servicePrice("nat-gatway", "us-east-1")).toThrow(
            "unknown price nat-gatway, did you mean nat-gateway?",
        );
    });
});

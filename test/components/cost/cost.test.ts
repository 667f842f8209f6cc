/** The bill, against prices read straight from the catalogue's file and arithmetic done here. */
import { describe, expect, it } from "vitest";
import prices from "../../../catalog/data/prices.json";
import { environmentCost, type CostSubject } from "../../../components/cost";

const STACK = "urn:pulumi:prod::kilogpu::pulumi:pulumi:Stack::kilogpu-prod";

function price(type: string, kind: string, region: string): number {
    const entry = prices.instances.find(
        (candidate) => candidate.type === type && candidate.kind === kind && candidate.regions.includes(region),
    );
    if (entry === undefined) {
        throw new Error(`no ${kind} price of ${type} in ${region}`);
    }
    return entry.usdPerHour;
}

function service(name: string, region: string): number {
    const entry = prices.services.find(
        (candidate) =>
            candidate.name === name && (candidate.regions.includes(region) || candidate.regions.includes("*")),
    );
    if (entry === undefined) {
        throw new Error(`no price of ${name}`);
    }
    return entry.usd;
}

function pool(name: string, inputs: { [key: string]: unknown }): CostSubject {
    return {
        urn: `urn:${name}`,
        type: "kilogpu:index:GpuNodePool",
        name,
        parent: STACK,
        inputs: {
            instanceType: "p5en.48xlarge",
            nodes: 64,
            cluster: { network: { region: "us-east-2" } },
            capacity: { kind: "on-demand" },
            ...inputs,
        },
    };
}

function resource(type: string, name: string, inputs: { [key: string]: unknown } = {}, parent = STACK): CostSubject {
    return { urn: `urn:${name}`, type, name, parent, inputs };
}

describe("the bill of an environment", () => {
    it("prices a pool by type, region and kind of capacity", () => {
        const cost = environmentCost([pool("a", {}), pool("b", { capacity: { kind: "capacity-block" } })]);
        expect(cost.hourlyUsd).toBeCloseTo(
            64 * price("p5en.48xlarge", "on-demand", "us-east-2") +
                64 * price("p5en.48xlarge", "capacity-block", "us-east-2"),
            6,
        );
        expect(cost.monthlyUsd).toBeCloseTo(cost.hourlyUsd * 730, 3);
    });

    it("shows the bounds of a spot price", () => {
        const [item] = environmentCost([pool("a", { capacity: { kind: "spot" } })]).items;
        expect(item?.lowHourlyUsd).toBeLessThanOrEqual(item?.hourlyUsd ?? 0);
        expect(item?.highHourlyUsd).toBeGreaterThanOrEqual(item?.hourlyUsd ?? 0);
    });

    it("counts a capacity block inside its window only", () => {
        const block = pool("a", {
            capacity: { kind: "capacity-block", start: "2026-12-01T11:30:00Z", end: "2026-12-15T11:30:00Z" },
        });
        const hourly = (time: string): number => environmentCost([block], { at: new Date(time) }).hourlyUsd;
        expect(hourly("2026-12-01T11:29:59Z")).toBe(0);
        expect(hourly("2026-12-01T11:30:00Z")).toBeCloseTo(
            64 * price("p5en.48xlarge", "capacity-block", "us-east-2"),
            6,
        );
        expect(hourly("2026-12-15T11:30:00Z")).toBe(0);
    });

    it("takes the user's own rate before the catalogue's, the narrowest key first", () => {
        const rates = { "p5en.48xlarge": 10, "p5en.48xlarge/us-east-2/on-demand": 7 };
        expect(environmentCost([pool("a", {})], { rates }).hourlyUsd).toBe(64 * 7);
    });

    it("says why something has no rate instead of guessing", () => {
        const [item] = environmentCost([
            pool("a", { instanceType: "p6e-gb200.36xlarge", capacity: { kind: "spot" } }),
        ]).items;
        expect(item?.hourlyUsd).toBeNull();
        expect(item?.note).toMatch(/p6e-gb200.36xlarge is not sold as spot/);
    });

    it("adds what costs before the first GPU: control plane, NAT, endpoints per zone, addresses", () => {
        const cost = environmentCost([
            resource("kilogpu:index:ClusterNetwork", "net", { region: "us-east-2" }),
            resource("aws:eks/cluster:Cluster", "cluster"),
            resource("aws:ec2/natGateway:NatGateway", "nat-a"),
            resource("aws:ec2/natGateway:NatGateway", "nat-b"),
            resource("aws:ec2/eip:Eip", "address"),
            resource("aws:ec2/vpcEndpoint:VpcEndpoint", "ecr", { vpcEndpointType: "Interface", subnetIds: ["a", "b"] }),
            resource("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", { vpcEndpointType: "Gateway" }),
        ]);
        const expected =
            service("eks-control-plane", "us-east-2") +
            2 * service("nat-gateway", "us-east-2") +
            service("public-ipv4", "us-east-2") +
            2 * service("interface-endpoint", "us-east-2");
        expect(cost.hourlyUsd).toBeCloseTo(expected, 9);
    });

    it("does not count a pool's own node group twice", () => {
        const a = pool("a", {});
        const own = resource(
            "aws:eks/nodeGroup:NodeGroup",
            "a-nodes",
            { instanceTypes: ["p5en.48xlarge"], scalingConfig: { desiredSize: 64 } },
            a.urn,
        );
        expect(environmentCost([a, own]).hourlyUsd).toBeCloseTo(environmentCost([a]).hourlyUsd, 9);
    });

    it("carries the oldest date among the rates it used", () => {
        const dates = prices.instances
            .filter((entry) => entry.type === "p5en.48xlarge" && entry.kind === "on-demand")
            .map((entry) => entry.asOf);
        expect(dates).toContain(environmentCost([pool("a", {})]).asOf);
    });
});

/** What the simulated AWS refuses, and what it replaces. Pure: no process, no file. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instance, networkInterfaces } from "../../../catalog/instances";
import { overlap, parseBlock } from "../../../twin/providers/aws/cidr";
import { generalPurpose } from "../../../twin/providers/aws/general-purpose";
import { policyDocument } from "../../../twin/providers/aws/invokes";
import { nicsOf, refuseNics } from "../../../twin/providers/aws/launch-template";
import { groupNode, networkLabels, nodeResources } from "../../../twin/providers/aws/node-shape";
import { checkInputs, diffInputs } from "../../../twin/providers/aws/provider";
import { specifications } from "../../../twin/providers/aws/specifications";
import { lastOccurrence, scheduledSize } from "../../../twin/providers/aws/schedules";
import type { CloudView } from "../../../twin/providers/aws/specification";
import type { CloudRecord } from "../../../twin/providers/cloud-store";
import { unknown, type Values } from "../../../twin/providers/runtime/values";

let sequence = 0;

function record(type: string, id: string, inputs: Values, outputs: Values = inputs): CloudRecord {
    return { urn: `urn:${id}`, type, id, inputs, outputs, sequence: sequence++, settled: true };
}

function cloudOf(...records: CloudRecord[]): CloudView {
    return {
        region: "us-east-2",
        find: (type, id) => records.find((each) => each.type === type && each.id === id),
        ofType: (type) => records.filter((each) => each.type === type),
    };
}

const vpc = record("aws:ec2/vpc:Vpc", "vpc-1", { cidrBlock: "10.0.0.0/16" });
const subnetType = "aws:ec2/subnet:Subnet";
const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
const groupType = "aws:eks/nodeGroup:NodeGroup";
const clusterType = "aws:eks/cluster:Cluster";

function refusal(type: string, inputs: Values, ...records: CloudRecord[]): string | undefined {
    return specifications[type]?.refuse?.(inputs, cloudOf(...records));
}

function nics(type: string): Values[] {
    return networkInterfaces(instance(type), { efa: true }).map((nic) => ({ ...nic }));
}

const block = {
    instanceMarketOptions: { marketType: "capacity-block" },
    capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId: "cr-1" } },
};

describe("subnets", () => {
    it("takes one inside the VPC and refuses one outside of it, overlapping, or in a zone that is not there", () => {
        const inside = { vpcId: "vpc-1", cidrBlock: "10.0.1.0/24", availabilityZone: "us-east-2b" };
        expect(refusal(subnetType, inside, vpc)).toBeUndefined();
        expect(refusal(subnetType, { ...inside, cidrBlock: "10.1.0.0/24" }, vpc)).toMatch(/InvalidSubnet.Range/);
        const neighbour = record(subnetType, "subnet-1", { vpcId: "vpc-1", cidrBlock: "10.0.0.0/23" });
        expect(refusal(subnetType, inside, vpc, neighbour)).toMatch(/InvalidSubnet.Conflict.*subnet-1/);
        expect(refusal(subnetType, { ...inside, availabilityZone: "us-east-2z" }, vpc)).toMatch(
            /us-east-2a, us-east-2b/,
        );
        expect(refusal(subnetType, inside)).toMatch(/InvalidVpcID.NotFound/);
    });

    it("passes over what is not known yet", () => {
        expect(refusal(subnetType, { vpcId: unknown, cidrBlock: "10.0.1.0/24" })).toBeUndefined();
    });

    it("finds an overlap exactly where two blocks share an address", () => {
        const blocks = fc
            .record({ prefix: fc.integer({ min: 16, max: 28 }), seed: fc.nat(65535) })
            .map(({ prefix, seed }) => {
                const size = 2 ** (32 - prefix);
                return {
                    first: Math.floor(seed / size) * size,
                    last: Math.floor(seed / size) * size + size - 1,
                    prefix,
                };
            });
        fc.assert(
            fc.property(blocks, blocks, (left, right) => {
                const shares = Math.max(left.first, right.first) <= Math.min(left.last, right.last);
                expect(overlap(left, right)).toBe(shares);
            }),
        );
        expect(parseBlock("10.0.0.1/24")).toBeUndefined();
    });
});

describe("network interfaces of a launch template", () => {
    it("takes the catalogue's own layout for every type with EFA", () => {
        for (const type of [
            "p4d.24xlarge",
            "p5.48xlarge",
            "p5en.48xlarge",
            "p6-b200.48xlarge",
            "p6-b300.48xlarge",
            "p6e-gb200.36xlarge",
        ]) {
            expect(refuseNics(nicsOf({ networkInterfaces: nics(type) }), type)).toBeUndefined();
        }
    });

    it("refuses what EC2 refuses", () => {
        const of = (...list: Values[]): string | undefined =>
            refuseNics(nicsOf({ networkInterfaces: list }), "p5en.48xlarge");
        const primary = { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" };
        expect(of({ ...primary, interfaceType: "efa-only" })).toMatch(/primary .* cannot be of type efa-only/);
        expect(of(primary, { networkCardIndex: 16, deviceIndex: 0, interfaceType: "efa-only" })).toMatch(
            /limit of 16 network cards/,
        );
        expect(of(primary, primary)).toMatch(/Duplicate device index/);
        expect(
            of(
                { ...primary, associatePublicIpAddress: "true" },
                { networkCardIndex: 1, deviceIndex: 0, interfaceType: "efa-only" },
            ),
        ).toMatch(/multiple network interfaces/);
        const b300 = nics("p6-b300.48xlarge");
        expect(
            refuseNics(
                nicsOf({
                    networkInterfaces: [...b300, { networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" }],
                }),
                "p6-b300.48xlarge",
            ),
        ).toMatch(/limit of 16/);
        expect(
            refuseNics(
                nicsOf({
                    networkInterfaces: [primary, { networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" }],
                }),
                "p6-b300.48xlarge",
            ),
        ).toMatch(/Network card 0 .* does not support/);
    });

    it("refuses a placement group beside a capacity block, an unknown type, and groups at both levels", () => {
        const placed = { ...block, placement: { groupName: "pg" } };
        expect(refusal(templateType, placed)).toMatch(/Placement groups are not supported with Capacity Blocks/);
        expect(refusal(templateType, { instanceType: "p5en.48xlrge" })).toMatch(/did you mean p5en.48xlarge/);
        expect(
            refusal(templateType, { networkInterfaces: nics("p5.48xlarge"), vpcSecurityGroupIds: ["sg-1"] }),
        ).toMatch(/same request/);
    });
});

describe("node groups", () => {
    const cluster = record(clusterType, "train", {}, { version: "1.35" });
    const subnet = (id: string, zone: string): CloudRecord =>
        record(subnetType, id, { vpcId: "vpc-1", cidrBlock: "10.0.1.0/24" }, { availabilityZone: zone });
    const template = (inputs: Values): CloudRecord => record(templateType, "lt-1", inputs);
    const group = {
        clusterName: "train",
        nodeGroupName: "gpu",
        launchTemplate: { id: "lt-1", version: "1" },
        capacityType: "CAPACITY_BLOCK",
        amiType: "AL2023_x86_64_NVIDIA",
        subnetIds: ["subnet-1"],
        scalingConfig: { minSize: 0, desiredSize: 64, maxSize: 64 },
    };
    const p5en = template({ ...block, instanceType: "p5en.48xlarge", networkInterfaces: nics("p5en.48xlarge") });
    const one = subnet("subnet-1", "us-east-2b");

    it("takes a whole capacity block in one zone", () => {
        expect(refusal(groupType, group, cluster, one, p5en)).toBeUndefined();
    });

    it("refuses 65 instances of a block, a block over two zones, and an image of the wrong architecture", () => {
        const many = { ...group, scalingConfig: { minSize: 0, desiredSize: 65, maxSize: 65 } };
        expect(refusal(groupType, many, cluster, one, p5en)).toMatch(/at most 64 instances/);
        const two = { ...group, subnetIds: ["subnet-1", "subnet-2"] };
        expect(refusal(groupType, two, cluster, one, subnet("subnet-2", "us-east-2a"), p5en)).toMatch(
            /one Availability Zone/,
        );
        expect(refusal(groupType, { ...group, amiType: "AL2023_ARM_64_NVIDIA" }, cluster, one, p5en)).toMatch(
            /not a valid instance type/,
        );
    });

    it("refuses a template with a subnet of its own, a missing cluster, and a block without its market", () => {
        const own = template({
            ...block,
            instanceType: "p5en.48xlarge",
            networkInterfaces: [{ subnetId: "subnet-9" }],
        });
        expect(refusal(groupType, group, cluster, one, own)).toMatch(/should not specify subnet/);
        expect(refusal(groupType, group, one, p5en)).toMatch(/No cluster found for name: train/);
        expect(refusal(groupType, group, cluster, one, template({ instanceType: "p5en.48xlarge" }))).toMatch(
            /marketType capacity-block/,
        );
    });
});

describe("security group rules", () => {
    const type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
    const inputs = { securityGroupId: "sg-1", ipProtocol: "-1", referencedSecurityGroupId: "sg-1" };

    it("refuses the same rule twice, whatever its tags", () => {
        expect(refusal(type, { ...inputs, tags: { a: "b" } }, record(type, "sgr-1", inputs))).toMatch(
            /InvalidPermission.Duplicate/,
        );
        expect(
            refusal(type, { ...inputs, referencedSecurityGroupId: "sg-2" }, record(type, "sgr-1", inputs)),
        ).toBeUndefined();
    });

    it("wants exactly one peer", () => {
        const resource = { urn: "urn", type, name: "rule" };
        expect(
            checkInputs(resource, undefined, { ...inputs, cidrIpv4: "10.0.0.0/8" }, "us-east-2").failures,
        ).toHaveLength(1);
        expect(checkInputs(resource, undefined, inputs, "us-east-2").failures).toEqual([]);
    });
});

describe("names and differences", () => {
    const role = { urn: "urn:pulumi:dev::p::aws:iam/role:Role::job", type: "aws:iam/role:Role", name: "job" };

    it("gives the same program the same name, and keeps a name that it once gave", () => {
        const inputs = { assumeRolePolicy: "{}" };
        const first = checkInputs(role, undefined, inputs, "us-east-2").inputs["name"];
        expect(first).toMatch(/^job-[0-9a-f]{7}$/);
        expect(checkInputs(role, undefined, inputs, "us-east-2").inputs["name"]).toBe(first);
        expect(checkInputs(role, { name: "job-old" }, inputs, "us-east-2").inputs["name"]).toBe("job-old");
    });

    it("replaces for a change of the block and updates for a change of the tags", () => {
        const replaced = diffInputs("aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" }, { cidrBlock: "10.1.0.0/16" });
        expect(replaced.changes).toEqual([{ path: "cidrBlock", kind: "update", replace: true }]);
        const updated = diffInputs("aws:ec2/vpc:Vpc", { tags: { a: "1" } }, { tags: { a: "1", b: "2" } });
        expect(updated.changes).toEqual([{ path: "tags.b", kind: "add", replace: false }]);
    });

    it("deletes first what would have the same name", () => {
        const group = { clusterName: "c", nodeGroupName: "n", subnetIds: ["a"] };
        expect(
            diffInputs("aws:eks/nodeGroup:NodeGroup", group, { ...group, subnetIds: ["b"] }).deleteBeforeReplace,
        ).toBe(true);
    });

    it("names a type that it does not simulate", () => {
        const resource = { urn: "urn", type: "aws:lambda/function:Function", name: "f" };
        expect(checkInputs(resource, undefined, {}, "us-east-2").failures[0]?.reason).toContain(
            "aws:lambda/function:Function",
        );
    });
});

describe("nodes", () => {
    const shape = {
        region: "us-east-2",
        clusterName: "train",
        nodeGroup: "gpu",
        instanceType: "p5en.48xlarge",
        amiType: "AL2023_x86_64_NVIDIA",
        capacityType: "CAPACITY_BLOCK",
        zone: "us-east-2b",
        labels: { pool: "gpu" },
        taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" }],
        efaInterfaces: 16,
        id: "train:gpu",
    };

    it("hides its devices until a device plugin offers them", () => {
        const node = groupNode(shape, 0);
        expect(JSON.parse(node.annotations["kilogpu.dev/hardware"] ?? "{}")).toEqual({
            "nvidia.com/gpu": 8,
            "vpc.amazonaws.com/efa": 16,
        });
        expect(Object.keys(node.allocatable)).not.toContain("nvidia.com/gpu");
        expect(node.taints).toEqual([{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }]);
        expect(node.labels["eks.amazonaws.com/nodegroup"]).toBe("gpu");
    });

    it("offers less than the machine has, and hugepages beside ordinary memory", () => {
        const { capacity, allocatable } = nodeResources("p5en.48xlarge");
        const kib = (text: string | undefined): number => Number((text ?? "").replace("Ki", ""));
        expect(allocatable["hugepages-2Mi"]).toBe("10256Mi");
        expect(kib(allocatable["memory"])).toBeLessThan(kib(capacity["memory"]) - 10256 * 1024);
        expect(Number((allocatable["cpu"] ?? "").replace("m", ""))).toBeLessThan(192_000);
    });

    it("has unique names and a network tree: nodes of a leaf share all wider layers", () => {
        const names = new Set(Array.from({ length: 300 }, (_, index) => groupNode(shape, index).name));
        expect(names.size).toBe(300);
        fc.assert(
            fc.property(fc.nat(2000), fc.nat(2000), (left, right) => {
                const [a, b] = [networkLabels(shape, 3, left), networkLabels(shape, 3, right)];
                const same = [1, 2, 3]
                    .map((layer) => `topology.k8s.aws/network-node-layer-${String(layer)}`)
                    .map((key) => a[key] === b[key]);
                expect(same[2] === true ? same[0] === true && same[1] === true : true).toBe(true);
                expect(same[2]).toBe(Math.floor(left / 16) === Math.floor(right / 16));
            }),
        );
    });

    it("knows the sizes of types without GPU by their names", () => {
        expect(generalPurpose("m7i.2xlarge")).toEqual({ vcpus: 8, memoryGib: 32, architecture: "x86_64" });
        expect(generalPurpose("r8g.large")).toEqual({ vcpus: 2, memoryGib: 16, architecture: "arm64" });
        expect(generalPurpose("m7i.7xlarge")).toBeUndefined();
    });
});

describe("scheduled actions", () => {
    const at = (text: string): number => Date.parse(text);
    const up = { desired: 64, recurrence: "30 11 1 12 *" };
    const down = { desired: 0, recurrence: "0 11 15 12 *" };

    it("follows a window, and the years after", () => {
        expect(scheduledSize([up, down], at("2026-12-01T11:29:00Z"))).toBe(0);
        expect(scheduledSize([up, down], at("2026-12-01T11:30:00Z"))).toBe(64);
        expect(scheduledSize([up, down], at("2026-12-15T11:00:00Z"))).toBe(0);
    });

    it("leaves the size alone before the first action and outside of its bounds", () => {
        expect(
            scheduledSize([{ desired: 3, start: at("2026-12-02T00:00:00Z") }], at("2026-12-01T00:00:00Z")),
        ).toBeUndefined();
        const late = { ...up, start: at("2027-01-01T00:00:00Z") };
        expect(lastOccurrence(late, at("2026-12-20T00:00:00Z"))).toBeUndefined();
    });

    it("refuses what is no cron", () => {
        expect(() => scheduledSize([{ desired: 1, recurrence: "61 * * * *" }], 0)).toThrow(/not a valid cron/);
    });
});

describe("policy documents", () => {
    it("writes single values as IAM does", () => {
        const json = policyDocument({
            statements: [
                {
                    actions: ["s3:GetObject"],
                    resources: ["a", "b"],
                    principals: [{ type: "Service", identifiers: ["ec2.amazonaws.com"] }],
                },
            ],
        });
        expect(JSON.parse(json)).toEqual({
            Version: "2012-10-17",
            Statement: [
                {
                    Effect: "Allow",
                    Principal: { Service: "ec2.amazonaws.com" },
                    Action: "s3:GetObject",
                    Resource: ["a", "b"],
                },
            ],
        });
    });
});

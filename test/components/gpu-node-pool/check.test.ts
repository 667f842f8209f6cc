// What a person can get wrong about a pool: each case gives the path, what is legal and a remedy.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { FabricKind } from "../../../components/fabric";
import { CapacityKind, checkGpuNodePool, migInstancesPerGpu } from "../../../components/gpu-node-pool";
import type { CapacityArgs, GpuNodePoolArgs } from "../../../components/gpu-node-pool";
import { sentence } from "../../../components/input";
import { instance } from "../../../catalog/instances";
import { cluster, network } from "../../support/cluster";

const good: GpuNodePoolArgs = {
    cluster,
    instanceType: "p5en.48xlarge",
    nodes: 64,
    fabric: FabricKind.Efa,
    capacity: {
        kind: CapacityKind.CapacityBlock,
        reservationId: "cr-0abc",
        start: "2026-12-01T11:30:00Z",
        end: "2026-12-15T11:30:00Z",
    },
};
const capacity = (change: Partial<CapacityArgs>): Partial<GpuNodePoolArgs> => ({
    capacity: { ...good.capacity, ...change },
});
const onDemand: CapacityArgs = { kind: CapacityKind.OnDemand };

describe("mistakes in a pool", () => {
    it.each<[string, Partial<GpuNodePoolArgs>, string, string]>([
        ["a misspelt type", { instanceType: "p5.48xlrge" }, "instanceType", "Did you mean p5.48xlarge?"],
        ["no node", { nodes: 0 }, "nodes", "a whole number from 1"],
        ["half a node", { nodes: 1.5 }, "nodes", "a whole number from 1"],
        ["more than a node group holds", { nodes: 500, capacity: onDemand }, "nodes", "450 nodes at most"],
        ["EFA on a type without", { instanceType: "g6.xlarge", capacity: onDemand }, "fabric", "g6.8xlarge"],
        ["InfiniBand on EC2", { fabric: FabricKind.Infiniband }, "fabric", "EC2 instances have EFA"],
        ["an unknown fabric", { fabric: "effa" as FabricKind }, "fabric", "Did you mean efa?"],
        ["an unknown kind", capacity({ kind: "block" as CapacityKind }), "capacity.kind", "capacity-block"],
        [
            "a type not sold that way",
            { instanceType: "p5e.48xlarge", capacity: onDemand },
            "capacity.kind",
            "sold as spot, reservation, capacity-block",
        ],
        ["a block without id", capacity({ reservationId: undefined }), "capacity.reservationId", "needs the id"],
        ["an id that is none", capacity({ reservationId: "block-1" }), "capacity.reservationId", "hexadecimal"],
        [
            "a reservation and a group of them",
            capacity({ reservationGroupArn: "arn:aws:resource-groups:us-east-2:123456789012:group/x" }),
            "capacity.reservationGroupArn",
            "one reservation or one group",
        ],
        [
            "a group that is no group",
            capacity({ reservationId: undefined, reservationGroupArn: "my-group" }),
            "capacity.reservationGroupArn",
            "ARN of a resource group",
        ],
        ["a start after the end", capacity({ start: "2026-12-16T11:30:00Z" }), "capacity.start", "after capacity.end"],
        ["a start that is no instant", capacity({ start: "tomorrow" }), "capacity.start", "UTC and whole minutes"],
        ["no end", capacity({ end: undefined }), "capacity.end", "got nothing"],
        ["a block of a year", capacity({ end: "2027-12-01T11:30:00Z" }), "capacity.end", "182 days"],
        [
            "a drain longer than the window",
            capacity({ end: "2026-12-01T12:00:00Z" }),
            "capacity.drainMinutes",
            "30 minutes long",
        ],
        ["a drain too short for EKS", capacity({ drainMinutes: 5 }), "capacity.drainMinutes", "from 30"],
        ["65 nodes in one block", { nodes: 65 }, "capacity.reservedNodes", "Buy 2 blocks"],
        ["more nodes than reserved", capacity({ reservedNodes: 32 }), "capacity.reservedNodes", "Set nodes to 32"],
        [
            "a placement group on a block",
            capacity({ placementGroup: true }),
            "capacity.placementGroup",
            "InsufficientInstanceCapacity",
        ],
        [
            "a placement group on a reservation",
            { capacity: { kind: CapacityKind.Reservation, reservationId: "cr-0abc", placementGroup: true } },
            "capacity.placementGroup",
            "InsufficientInstanceCapacity",
        ],
        [
            "a reservation for spot",
            { capacity: { kind: CapacityKind.Spot, reservationId: "cr-0abc" } },
            "capacity.reservationId",
            "come from no reservation",
        ],
        [
            "a window for on-demand",
            { capacity: { kind: CapacityKind.OnDemand, start: "2026-12-01T11:30:00Z" } },
            "capacity.start",
            "only a capacity block has a window",
        ],
        ["a zone outside the network", { zone: "us-east-2c" }, "zone", "us-east-2a, us-east-2b"],
        [
            "a zone without private subnet",
            { cluster: { ...cluster, network: { ...network, privateSubnets: network.privateSubnets.slice(0, 1) } } },
            "zone",
            "private subnets in us-east-2a",
        ],
        [
            "more nodes than addresses",
            { nodes: 300, zone: "us-east-2a", capacity: onDemand },
            "nodes",
            "2043 addresses, enough for 85 nodes",
        ],
        ["MIG and time-slicing", { migProfile: "1g.18gb", timeSlicing: 2 }, "migProfile", "in one way"],
        ["a profile of another GPU", { migProfile: "1g.10gb" }, "migProfile", "1g.18gb"],
        [
            "MIG on a GPU without",
            { instanceType: "g6.8xlarge", migProfile: "1g.5gb", nodes: 1, capacity: onDemand },
            "migProfile",
            "has no MIG",
        ],
        ["too many slices", { timeSlicing: 100 }, "timeSlicing", "from 1 to 48"],
        [
            "a label of the library",
            { labels: { "kilogpu.dev/pool": "x" } },
            'labels["kilogpu.dev/pool"]',
            "has an owner",
        ],
        [
            "a label of the kubelet",
            { labels: { "kubernetes.io/hostname": "x" } },
            'labels["kubernetes.io/hostname"]',
            "has an owner",
        ],
        ["a label with spaces", { labels: { team: "our team" } }, 'labels["team"]', "at most 63"],
        [
            "an unknown effect",
            { taints: [{ key: "a", value: "b", effect: "NO_SCHEDULE" }] },
            "taints[0].effect",
            "NoSchedule",
        ],
        [
            "a taint given twice",
            { taints: [1, 2].map(() => ({ key: "a", value: "b", effect: "NoSchedule" })) },
            "taints[1]",
            "one taint of each effect",
        ],
        ["a small root volume", { rootVolumeGib: 8 }, "rootVolumeGib", "from 50"],
        ["too many pods", { maxPods: 1000 }, "maxPods", "from 16 to 250"],
        ["a kubelet field with an owner", { kubelet: { maxPods: 10 } }, "kubelet.maxPods", "Use maxPods."],
    ])("%s", (_title, change, path, words) => {
        const problems = checkGpuNodePool("h200", { ...good, ...change });
        const named = problems.filter((problem) => problem.path === path);
        expect(problems.map((problem) => problem.path)).toContain(path);
        expect(named.map(sentence).join("\n")).toContain(words);
    });

    it("a name that no node group could have", () => {
        expect(checkGpuNodePool("H200_pool", good).map(({ path }) => path)).toEqual(["name"]);
        expect(checkGpuNodePool("p".repeat(51), good).map(({ path }) => path)).toEqual(["name"]);
    });

    it("an Output where a plain value decides what exists", () => {
        const problems = checkGpuNodePool("h200", {
            ...good,
            nodes: pulumi.output(64) as unknown as number,
            capacity: { ...good.capacity, reservationId: pulumi.output("cr-0abc") as unknown as string },
        });
        expect(problems.map(({ path, got }) => [path, got])).toEqual([
            ["nodes", "an Output"],
            ["capacity.reservationId", "an Output"],
        ]);
    });

    it("are reported together", () => {
        const problems = checkGpuNodePool("h200", {
            ...good,
            instanceType: "p5en.48xlarg",
            nodes: -1,
            zone: "mars",
            rootVolumeGib: 1,
        });
        expect(problems.map(({ path }) => path)).toEqual(["instanceType", "nodes", "zone", "rootVolumeGib"]);
    });

    it("are none in good arguments", () => {
        expect(checkGpuNodePool("h200", good)).toEqual([]);
        expect(checkGpuNodePool("h200", { ...good, labels: { "node.kubernetes.io/purpose": "a" } })).toEqual([]);
    });
});

describe("MIG instances of one GPU", () => {
    it.each([
        ["p5.48xlarge", "1g.10gb", 7],
        ["p5.48xlarge", "1g.20gb", 4],
        ["p5.48xlarge", "1g.10gb+me", 1],
        ["p5.48xlarge", "2g.20gb", 3],
        ["p5en.48xlarge", "3g.71gb", 2],
        ["p5en.48xlarge", "4g.71gb", 1],
        ["p5en.48xlarge", "7g.141gb", 1],
        ["p6-b300.48xlarge", "1g.67gb", 4],
        ["g7e.2xlarge", "1g.24gb", 4],
        ["g7e.2xlarge", "2g.48gb", 2],
    ])("%s with %s: %d", (type, profile, expected) => {
        expect(migInstancesPerGpu(instance(type), profile)).toBe(expected);
    });
});

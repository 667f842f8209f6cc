import { describe, expect, it } from "vitest";
import { instance, instanceTypes } from "../../../catalog/instances";
import { FabricKind } from "../../../components/fabric";
import { CapacityKind, GpuNodePool, efaSecurityGroup } from "../../../components/gpu-node-pool";
import type { GpuNodePoolArgs } from "../../../components/gpu-node-pool";
import { cluster } from "../../support/cluster";
import { UNKNOWN, evaluate, messageOf, valueOf } from "../../support/mocks";
import type { EvaluateOptions, Registration } from "../../support/mocks";

const block: GpuNodePoolArgs = {
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
const onDemand: GpuNodePoolArgs = { ...block, nodes: 2, capacity: { kind: CapacityKind.OnDemand } };

const withGroups: EvaluateOptions = {
    computed: (type) =>
        type === "aws:eks/nodeGroup:NodeGroup"
            ? { resources: [{ autoscalingGroups: [{ name: "eks-asg" }] }] }
            : { latestVersion: 7 },
};
const poolOf = (args: GpuNodePoolArgs, options: EvaluateOptions = withGroups) =>
    evaluate(() => new GpuNodePool("h200", args), options);

interface Interface {
    networkCardIndex: number;
    deviceIndex: number;
    interfaceType: string;
    securityGroups: string[];
}
const interfacesOf = (template: Registration) => template.inputs["networkInterfaces"] as Interface[];

describe("a pool in a capacity block", () => {
    it("creates exactly these children", async () => {
        const run = await poolOf(block);
        expect(run.inventory()).toEqual([
            "aws:autoscaling/schedule:Schedule h200-down-1",
            "aws:autoscaling/schedule:Schedule h200-up-1",
            "aws:autoscaling/schedule:Schedule h200-up-2",
            "aws:autoscaling/schedule:Schedule h200-up-3",
            "aws:autoscaling/schedule:Schedule h200-up-4",
            "aws:ec2/launchTemplate:LaunchTemplate h200-template",
            "aws:ec2/securityGroup:SecurityGroup h200-efa",
            "aws:eks/nodeGroup:NodeGroup h200-nodes",
            "aws:iam/role:Role h200-node",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment h200-node-amazonec2containerregistrypullonly",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment h200-node-amazoneksworkernodepolicy",
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule h200-efa-out",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule h200-efa-in",
        ]);
        expect(run.custom.every((resource) => resource.parentName === "h200")).toBe(true);
    });

    it("targets the block, in its zone alone, and starts with no node", async () => {
        const run = await poolOf(block);
        expect(run.named("h200-template").inputs).toMatchObject({
            instanceType: "p5en.48xlarge",
            instanceMarketOptions: { marketType: "capacity-block" },
            capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId: "cr-0abc" } },
        });
        expect(run.named("h200-template").inputs).not.toHaveProperty("placement");
        const group = run.named("h200-nodes");
        expect(group.inputs).toMatchObject({
            capacityType: "CAPACITY_BLOCK",
            subnetIds: ["subnet-b"],
            scalingConfig: { minSize: 0, desiredSize: 0, maxSize: 64 },
            updateConfig: { updateStrategy: "MINIMAL", maxUnavailable: 1 },
            nodeRepairConfig: { enabled: true },
            amiType: "AL2023_x86_64_NVIDIA",
            version: "1.35",
            launchTemplate: { id: "h200-template-id", version: "7" },
        });
        // The instance type stands in the template: EKS refuses it in both places.
        expect(group.inputs).not.toHaveProperty("instanceTypes");
        expect(group.ignoreChanges).toEqual(["scalingConfig.desiredSize"]);
    });

    it("follows the window by recurring schedules, whatever the clock says", async () => {
        const run = await poolOf({ ...block, nodes: 48 });
        const schedules = run.ofType("aws:autoscaling/schedule:Schedule");
        expect(
            schedules.map(({ inputs }) => [inputs["recurrence"], inputs["desiredCapacity"], inputs["timeZone"]]),
        ).toEqual([
            ["30,40,50 11 1 12 *", 48, "Etc/UTC"],
            ["*/10 12-23 1 12 *", 48, "Etc/UTC"],
            ["*/10 * 2-14 12 *", 48, "Etc/UTC"],
            ["*/10 0-10 15 12 *", 48, "Etc/UTC"],
            ["0,10,20 11 15 12 *", 0, "Etc/UTC"],
        ]);
        for (const { inputs } of schedules) {
            expect(inputs).toMatchObject({ autoscalingGroupName: "eks-asg", minSize: -1, maxSize: -1 });
            expect(inputs).not.toHaveProperty("startTime");
        }
    });

    it("changes nothing but schedules when it shrinks, so that no update sends a stale desired size", async () => {
        const inputsOf = async (nodes: number) => (await poolOf({ ...block, nodes })).named("h200-nodes").inputs;
        expect(await inputsOf(32)).toEqual(await inputsOf(64));
    });

    it("gives its name once the schedules exist", async () => {
        const run = await evaluate(async () => {
            const pool = new GpuNodePool("h200", block);
            const { Tag } = await import("@pulumi/aws/ec2/index.js");
            return new Tag("consumer", { resourceId: pool.pool.nodeGroupName, key: "k", value: "v" });
        }, withGroups);
        expect(run.named("consumer").dependencies).toEqual(
            expect.arrayContaining(["h200-nodes", "h200-up-1", "h200-down-1"]),
        );
    });
});

describe("what every pool's nodes are", () => {
    it("start with IMDSv2 at one hop, an encrypted root volume and RAID 0 of the NVMe disks", async () => {
        const { inputs } = (await poolOf(block)).named("h200-template");
        expect(inputs["metadataOptions"]).toEqual({
            httpEndpoint: "enabled",
            httpTokens: "required",
            httpPutResponseHopLimit: 1,
        });
        expect(inputs["blockDeviceMappings"]).toEqual([
            {
                deviceName: "/dev/xvda",
                ebs: {
                    volumeType: "gp3",
                    volumeSize: 200,
                    encrypted: "true",
                    kmsKeyId: cluster.kmsKeyArn,
                    deleteOnTermination: "true",
                },
            },
        ]);
        const userData = Buffer.from(String(inputs["userData"]), "base64").toString();
        expect(userData).toContain('Content-Type: multipart/mixed; boundary="kilogpu-node"');
        expect(userData).toContain("Content-Type: application/node.eks.aws");
        expect(userData).toContain("strategy: RAID0");
    });

    it("carry labels and the GPU taint, as the record says", async () => {
        const run = await poolOf({
            ...block,
            labels: { "example.com/team": "pretrain" },
            taints: [{ key: "example.com/reserved", value: "yes", effect: "PreferNoSchedule" }],
        });
        expect(run.named("h200-nodes").inputs["labels"]).toEqual({
            "example.com/team": "pretrain",
            "kilogpu.dev/pool": "h200",
            "kilogpu.dev/capacity-group": "p5en-48xlarge-us-east-2b-efa",
            "kilogpu.dev/fabric": "efa",
            "nvidia.com/gpu.present": "true",
        });
        expect(run.named("h200-nodes").inputs["taints"]).toEqual([
            { key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" },
            { key: "example.com/reserved", value: "yes", effect: "PREFER_NO_SCHEDULE" },
        ]);
        const { nodeGroupName, ...facts } = run.result.pool;
        expect(facts).toMatchObject({
            name: "h200",
            instanceType: "p5en.48xlarge",
            nodes: 64,
            gpusPerNode: 8,
            schedulableGpusPerNode: 8,
            efaPerNode: 16,
            zone: "us-east-2b",
            capacityGroup: "p5en-48xlarge-us-east-2b-efa",
            capacityKind: "capacity-block",
            topologyLevels: [
                "topology.k8s.aws/network-node-layer-1",
                "topology.k8s.aws/network-node-layer-2",
                "topology.k8s.aws/network-node-layer-3",
                "kubernetes.io/hostname",
            ],
        });
        expect(await valueOf(nodeGroupName)).toMatch(/^h200-[0-9a-f]{8}$/);
    });

    it("merge the kubelet's extra fields with the pod limit", async () => {
        const run = await poolOf({ ...block, maxPods: 64, kubelet: { topologyManagerPolicy: "best-effort" } });
        const userData = Buffer.from(String(run.named("h200-template").inputs["userData"]), "base64").toString();
        expect(userData).toContain("topologyManagerPolicy: best-effort");
        expect(userData).toContain("maxPods: 64");
    });

    it.each(instanceTypes().filter((type) => instance(type).network.efaInterfaces > 0))(
        "have every EFA interface of %s, one address, and both security groups on each",
        async (instanceType) => {
            const entry = instance(instanceType);
            const kind = entry.capacityKinds[0] as CapacityKind;
            const capacity =
                kind === CapacityKind.CapacityBlock || kind === CapacityKind.Reservation ? block.capacity : { kind };
            const run = await poolOf({ ...block, instanceType, nodes: 2, capacity });
            const interfaces = interfacesOf(run.named("h200-template"));
            expect(interfaces.filter(({ interfaceType }) => interfaceType === "efa-only")).toHaveLength(
                entry.network.efaInterfaces,
            );
            expect(interfaces.filter(({ interfaceType }) => interfaceType === "interface")).toHaveLength(1);
            expect(interfaces[0]).toMatchObject({ networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" });
            for (const item of interfaces) {
                expect(item.securityGroups).toEqual(["sg-cluster", "h200-efa-id"]);
                expect(item).not.toHaveProperty("associatePublicIpAddress");
                expect(item).not.toHaveProperty("subnetId");
            }
        },
    );

    it("let EFA traffic in from and out to their own group, every protocol", async () => {
        const run = await poolOf(block);
        for (const rule of ["h200-efa-in", "h200-efa-out"]) {
            expect(run.named(rule).inputs).toMatchObject({
                securityGroupId: "h200-efa-id",
                referencedSecurityGroupId: "h200-efa-id",
                ipProtocol: "-1",
            });
        }
    });
});

describe("other ways to buy", () => {
    it("on-demand: a placement group, sizes that the program owns", async () => {
        const run = await poolOf(onDemand);
        expect(run.named("h200-placement").inputs).toMatchObject({ strategy: "cluster" });
        expect(run.named("h200-template").inputs["placement"]).toEqual({ groupId: "h200-placement-id" });
        const group = run.named("h200-nodes");
        expect(group.inputs).toMatchObject({
            capacityType: "ON_DEMAND",
            scalingConfig: { minSize: 2, desiredSize: 2, maxSize: 2 },
        });
        expect(group.ignoreChanges).toEqual([]);
        expect(run.ofType("aws:autoscaling/schedule:Schedule")).toEqual([]);
    });

    it("a reservation: targeted, without market options and without placement group", async () => {
        const run = await poolOf({
            ...onDemand,
            capacity: { kind: CapacityKind.Reservation, reservationId: "cr-0def" },
        });
        const { inputs } = run.named("h200-template");
        expect(inputs["capacityReservationSpecification"]).toEqual({
            capacityReservationTarget: { capacityReservationId: "cr-0def" },
        });
        expect(inputs).not.toHaveProperty("instanceMarketOptions");
        expect(run.ofType("aws:ec2/placementGroup:PlacementGroup")).toEqual([]);
    });

    it("several reservations: by their resource group", async () => {
        const reservationGroupArn = "arn:aws:resource-groups:us-east-2:123456789012:group/h200";
        const run = await poolOf({ ...onDemand, capacity: { kind: CapacityKind.Reservation, reservationGroupArn } });
        expect(run.named("h200-template").inputs["capacityReservationSpecification"]).toEqual({
            capacityReservationTarget: { capacityReservationResourceGroupArn: reservationGroupArn },
        });
    });

    it("spot on tcp: one interface with the cluster's group, shared GPUs counted", async () => {
        const run = await poolOf({
            ...onDemand,
            instanceType: "g6.xlarge",
            nodes: 1,
            fabric: FabricKind.Tcp,
            capacity: { kind: CapacityKind.Spot },
            timeSlicing: 4,
        });
        const { inputs } = run.named("h200-template");
        expect(inputs["vpcSecurityGroupIds"]).toEqual(["sg-cluster"]);
        expect(inputs).not.toHaveProperty("networkInterfaces");
        expect(run.ofType("aws:ec2/securityGroup:SecurityGroup")).toEqual([]);
        expect(run.named("h200-nodes").inputs["capacityType"]).toBe("SPOT");
        expect(run.result.pool).toMatchObject({
            gpusPerNode: 1,
            schedulableGpusPerNode: 4,
            efaPerNode: 0,
            capacityGroup: "g6-xlarge-us-east-2b-tcp-x4",
        });
    });

    it("MIG: a label for the manager, and the instances counted", async () => {
        const run = await poolOf({ ...onDemand, instanceType: "p5.48xlarge", migProfile: "1g.10gb" });
        expect(run.result.pool.labels["nvidia.com/mig.config"]).toBe("all-1g.10gb");
        expect(run.result.pool.schedulableGpusPerNode).toBe(56);
    });

    it("two blocks of one capacity group share one EFA security group", async () => {
        const run = await evaluate(() => {
            const shared = efaSecurityGroup(
                "group",
                { vpcId: "vpc-1", capacityGroup: "p5en-48xlarge-us-east-2b-efa", tags: {} },
                {},
            );
            return ["block-a", "block-b"].map(
                (name) => new GpuNodePool(name, { ...block, efaSecurityGroupId: shared.id }),
            );
        }, withGroups);
        expect(run.ofType("aws:ec2/securityGroup:SecurityGroup").map(({ name }) => name)).toEqual(["group"]);
        expect(interfacesOf(run.named("block-b-template"))[1]?.securityGroups).toEqual(["sg-cluster", "group-id"]);
        expect(new Set(run.result.map(({ pool }) => pool.capacityGroup)).size).toBe(1);
    });
});

describe("identity", () => {
    it("renames the node group only when EKS would have to replace it", async () => {
        const nameOf = async (change: Partial<GpuNodePoolArgs>) =>
            String((await poolOf({ ...onDemand, ...change })).named("h200-nodes").inputs["nodeGroupName"]);
        const name = await nameOf({});
        expect(await nameOf({ nodes: 4, labels: { "example.com/a": "b" } })).toBe(name);
        expect(await nameOf({ instanceType: "p5.48xlarge" })).not.toBe(name);
        expect(await nameOf({ capacity: { kind: CapacityKind.Spot } })).not.toBe(name);
    });

    it("registers the same children in a preview, and knows the plain facts there", async () => {
        const up = await poolOf(block);
        const preview = await poolOf(block, { preview: true });
        expect(preview.inventory()).toEqual(up.inventory());
        expect(preview.named("h200-up-1").inputs["autoscalingGroupName"]).toBe(UNKNOWN);
        expect(preview.result.pool.nodes).toBe(64);
        expect(await valueOf(preview.result.pool.nodeGroupName)).toBeUndefined();
    });

    it("registers nothing when an argument is wrong", async () => {
        const run = await evaluate(() => messageOf(() => new GpuNodePool("h200", { ...block, nodes: 65 })));
        expect(run.result).toContain('GpuNodePool "h200": capacity.reservedNodes: got 65 nodes');
        expect(run.resources).toEqual([]);
    });
});

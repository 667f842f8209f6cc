import { describe, expect, it } from "vitest";
import { ClusterNetwork, NatGateways, checkClusterNetwork } from "../../../components/cluster-network";
import type { ClusterNetworkArgs } from "../../../components/cluster-network";
import { evaluate, messageOf, valueOf } from "../../support/mocks";

const args: ClusterNetworkArgs = {
    zones: ["us-east-2a", "us-east-2b"],
    gpuZone: "us-east-2b",
    tags: { environment: "test" },
};

describe("ClusterNetwork", () => {
    it("creates exactly these resources, all its own children", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", args));
        expect(run.inventory()).toEqual(
            [
                "aws:cloudwatch/logGroup:LogGroup net-flow-logs",
                "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup net-default",
                "aws:ec2/eip:Eip net-nat-us-east-2a",
                "aws:ec2/eip:Eip net-nat-us-east-2b",
                "aws:ec2/flowLog:FlowLog net-flow-logs",
                "aws:ec2/internetGateway:InternetGateway net-internet",
                "aws:ec2/natGateway:NatGateway net-nat-us-east-2a",
                "aws:ec2/natGateway:NatGateway net-nat-us-east-2b",
                "aws:ec2/route:Route net-private-us-east-2a-nat",
                "aws:ec2/route:Route net-private-us-east-2b-nat",
                "aws:ec2/route:Route net-public-internet",
                "aws:ec2/routeTable:RouteTable net-private-us-east-2a",
                "aws:ec2/routeTable:RouteTable net-private-us-east-2b",
                "aws:ec2/routeTable:RouteTable net-public",
                "aws:ec2/routeTableAssociation:RouteTableAssociation net-private-us-east-2a",
                "aws:ec2/routeTableAssociation:RouteTableAssociation net-private-us-east-2b",
                "aws:ec2/routeTableAssociation:RouteTableAssociation net-public-us-east-2a",
                "aws:ec2/routeTableAssociation:RouteTableAssociation net-public-us-east-2b",
                "aws:ec2/securityGroup:SecurityGroup net-endpoints",
                "aws:ec2/subnet:Subnet net-private-us-east-2a",
                "aws:ec2/subnet:Subnet net-private-us-east-2b",
                "aws:ec2/subnet:Subnet net-public-us-east-2a",
                "aws:ec2/subnet:Subnet net-public-us-east-2b",
                "aws:ec2/vpc:Vpc net-vpc",
                ...["ec2", "ecr-api", "ecr-dkr", "eks", "eks-auth", "logs", "s3", "sts"].map(
                    (service) => `aws:ec2/vpcEndpoint:VpcEndpoint net-${service}`,
                ),
                "aws:iam/role:Role net-flow-logs",
                "aws:iam/rolePolicy:RolePolicy net-flow-logs",
                "aws:kms/key:Key net-flow-logs",
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule net-endpoints-https",
            ].sort(),
        );
        expect(run.custom.every((resource) => resource.parentName === "net")).toBe(true);
        expect(run.calls).toEqual([]);
    });

    it("gives half of the range to the GPU zone, and nobody a public address", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", args));
        const subnets = run.ofType("aws:ec2/subnet:Subnet");
        expect(Object.fromEntries(subnets.map(({ name, inputs }) => [name, inputs["cidrBlock"]]))).toEqual({
            "net-private-us-east-2a": "10.0.128.0/21",
            "net-private-us-east-2b": "10.0.0.0/17",
            "net-public-us-east-2a": "10.0.192.0/22",
            "net-public-us-east-2b": "10.0.196.0/22",
        });
        expect(subnets.every(({ inputs }) => inputs["mapPublicIpOnLaunch"] === false)).toBe(true);
        expect(run.named("net-private-us-east-2b", "aws:ec2/subnet:Subnet").inputs["tags"]).toEqual({
            environment: "test",
            Name: "net-private-us-east-2b",
            "kubernetes.io/role/internal-elb": "1",
        });
    });

    it("sends each zone through its own NAT gateway, or all through the GPU zone's", async () => {
        const perZone = await evaluate(() => new ClusterNetwork("net", args));
        expect(perZone.named("net-private-us-east-2a-nat").inputs["natGatewayId"]).toBe("net-nat-us-east-2a-id");
        const single = await evaluate(() => new ClusterNetwork("net", { ...args, natGateways: NatGateways.Single }));
        expect(single.ofType("aws:ec2/natGateway:NatGateway").map(({ name }) => name)).toEqual(["net-nat-us-east-2b"]);
        expect(single.named("net-private-us-east-2a-nat").inputs["natGatewayId"]).toBe("net-nat-us-east-2b-id");
        const none = await evaluate(() => new ClusterNetwork("net", { ...args, natGateways: NatGateways.None }));
        expect(none.ofType("aws:ec2/natGateway:NatGateway")).toEqual([]);
        expect(none.ofType("aws:ec2/route:Route").map(({ name }) => name)).toEqual(["net-public-internet"]);
    });

    it("takes a Local Zone for the GPUs, which leave through the region's NAT gateway and endpoints", async () => {
        const local = {
            zones: ["us-east-1a", "us-east-1b", "us-east-1-dfw-2a"],
            gpuZone: "us-east-1-dfw-2a",
        };
        expect(checkClusterNetwork(local)).toEqual([]);
        const run = await evaluate(() => new ClusterNetwork("net", { ...local, natGateways: NatGateways.Single }));
        expect(run.ofType("aws:ec2/natGateway:NatGateway").map(({ name }) => name)).toEqual(["net-nat-us-east-1a"]);
        expect(run.named("net-private-us-east-1-dfw-2a-nat").inputs["natGatewayId"]).toBe("net-nat-us-east-1a-id");
        expect(run.named("net-private-us-east-1-dfw-2a", "aws:ec2/subnet:Subnet").inputs["cidrBlock"]).toBe(
            "10.0.0.0/17",
        );
        expect(run.named("net-ecr-api").inputs["subnetIds"]).toEqual([
            "net-private-us-east-1a-id",
            "net-private-us-east-1b-id",
        ]);
        expect(run.result.placement).toMatchObject({ region: "us-east-1", gpuZone: "us-east-1-dfw-2a" });
    });

    it("reaches AWS services from inside: S3 through the route tables, others by private names over HTTPS only", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", args));
        expect(run.named("net-s3").inputs).toMatchObject({
            vpcEndpointType: "Gateway",
            serviceName: "com.amazonaws.us-east-2.s3",
            routeTableIds: ["net-private-us-east-2a-id", "net-private-us-east-2b-id"],
        });
        expect(run.named("net-ecr-dkr").inputs).toMatchObject({
            vpcEndpointType: "Interface",
            serviceName: "com.amazonaws.us-east-2.ecr.dkr",
            subnetIds: ["net-private-us-east-2a-id", "net-private-us-east-2b-id"],
            securityGroupIds: ["net-endpoints-id"],
            privateDnsEnabled: true,
        });
        expect(run.named("net-endpoints-https").inputs).toMatchObject({
            cidrIpv4: "10.0.0.0/16",
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
        });
    });

    it("logs all traffic to an encrypted group that only its role writes to", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", { ...args, flowLogRetentionDays: 30 }));
        expect(run.named("net-flow-logs", "aws:cloudwatch/logGroup:LogGroup").inputs).toMatchObject({
            retentionInDays: 30,
            kmsKeyId: "arn:aws:mock:::Key/net-flow-logs",
        });
        expect(run.named("net-flow-logs", "aws:ec2/flowLog:FlowLog")).toMatchObject({
            inputs: { trafficType: "ALL", logDestinationType: "cloud-watch-logs", vpcId: "net-vpc-id" },
        });
        const policy = JSON.parse(
            String(run.named("net-flow-logs", "aws:iam/rolePolicy:RolePolicy").inputs["policy"]),
        ) as { Statement: { Action: string[]; Resource: string[] }[] };
        expect(policy.Statement.flatMap(({ Action }) => Action).some((action) => action.includes("*"))).toBe(false);
        expect(policy.Statement[0]?.Resource[0]).toBe("arn:aws:mock:::LogGroup/net-flow-logs");
    });

    it("empties the default security group", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", args));
        expect(run.named("net-default").inputs).toMatchObject({ ingress: [], egress: [], vpcId: "net-vpc-id" });
    });

    it("hands out ids of private subnets that wait for routes and endpoints", async () => {
        const run = await evaluate(() => new ClusterNetwork("net", args));
        const { placement } = run.result;
        expect(placement).toMatchObject({ region: "us-east-2", gpuZone: "us-east-2b", vpcCidr: "10.0.0.0/16" });
        const gpu = placement.privateSubnets.find((subnet) => subnet.zone === "us-east-2b");
        expect(await valueOf(gpu?.id ?? "")).toBe("net-private-us-east-2b-id");
        const consumers = await evaluate(async () => {
            const network = new ClusterNetwork("net", args);
            const { Tag } = await import("@pulumi/aws/ec2/index.js");
            const subnet = network.placement.privateSubnets[1];
            return new Tag("consumer", { resourceId: subnet?.id ?? "", key: "k", value: "v" });
        });
        const dependencies = consumers.named("consumer").dependencies;
        for (const name of ["net-private-us-east-2b", "net-private-us-east-2b-nat", "net-s3", "net-ecr-api"]) {
            expect(dependencies).toContain(name);
        }
    });

    it("registers the same children in a preview, where ids are unknown", async () => {
        const up = await evaluate(() => new ClusterNetwork("net", args));
        const preview = await evaluate(() => new ClusterNetwork("net", args), { preview: true });
        expect(preview.inventory()).toEqual(up.inventory());
        expect(await valueOf(preview.result.placement.vpcId)).toBeUndefined();
        expect(preview.result.placement.privateSubnets.map(({ cidr }) => cidr)).toEqual([
            "10.0.128.0/21",
            "10.0.0.0/17",
        ]);
    });
});

describe("mistakes in a network", () => {
    it.each<[string, Partial<ClusterNetworkArgs>, string, string]>([
        ["one zone", { zones: ["us-east-2a"], gpuZone: "us-east-2a" }, "zones", "at least 2 zones"],
        ["a GPU zone outside the list", { gpuZone: "us-east-2c" }, "gpuZone", "us-east-2a, us-east-2b"],
        [
            "zones of two regions",
            { zones: ["us-east-2a", "us-west-2b"], gpuZone: "us-east-2a" },
            "zones[1]",
            "us-east-2",
        ],
        ["a region of other zones", { region: "eu-west-1" }, "zones[0]", "eu-west-1"],
        ["a zone named twice", { zones: ["us-east-2b", "us-east-2b"] }, "zones[1]", "named once"],
        ["a zone that is a region", { zones: ["us-east-2", "us-east-2b"] }, "zones[0]", "a region and a letter"],
        ["a misspelt region", { zones: ["us-est-2a", "us-est-2b"], gpuZone: "us-est-2b" }, "zones[0]", "no AWS region"],
        [
            "a Local Zone without GPUs",
            { zones: ["us-east-1a", "us-east-1b", "us-east-1-dfw-2a"], gpuZone: "us-east-1a" },
            "zones[2]",
            "GPU nodes and nothing else",
        ],
        ["a public range", { cidr: "8.8.0.0/16" }, "cidr", "private range"],
        ["a range with bits behind the prefix", { cidr: "10.0.1.0/16" }, "cidr", "private range"],
        ["a range too small", { cidr: "10.0.0.0/24" }, "cidr", "/16 to /20"],
        ["more nodes than addresses", { gpuNodes: 2000 }, "gpuNodes", "1365 nodes"],
        ["an unknown number of NAT gateways", { natGateways: "one" as NatGateways }, "natGateways", "per-zone"],
        ["an interface endpoint for S3", { interfaceEndpoints: ["s3"] }, "interfaceEndpoints[0]", "gateway"],
        [
            "an endpoint with its region",
            { interfaceEndpoints: ["com.amazonaws.us-east-2.sts"] },
            "interfaceEndpoints[0]",
            "without its region",
        ],
        ["a retention that AWS has not", { flowLogRetentionDays: 42 }, "flowLogRetentionDays", "30, 60"],
    ])("names %s", (_title, change, path, legal) => {
        const problems = checkClusterNetwork({ ...args, ...change });
        expect(problems.map((problem) => problem.path)).toContain(path);
        expect(problems.map((problem) => problem.legal).join(" ")).toContain(legal);
        expect(problems.every((problem) => problem.remedy.endsWith(".") || problem.remedy.endsWith("?"))).toBe(true);
    });

    it("are collected and thrown before anything is registered", async () => {
        const run = await evaluate(() =>
            messageOf(() => new ClusterNetwork("net", { ...args, gpuZone: "us-east-2z", cidr: "1.2.3.4/5" })),
        );
        expect(run.result.split("\n")).toHaveLength(2);
        expect(run.result).toContain('ClusterNetwork "net": gpuZone: got "us-east-2z"');
        expect(run.resources).toEqual([]);
    });

    it("are none in good arguments", () => {
        expect(checkClusterNetwork(args)).toEqual([]);
        expect(checkClusterNetwork({ ...args, gpuNodes: 1280 })).toEqual([]);
    });
});

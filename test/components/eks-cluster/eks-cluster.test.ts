import { describe, expect, it } from "vitest";
import { versionFor } from "../../../catalog/releases";
import {
    EksCluster,
    Reachability,
    checkEksCluster,
    defaultServiceCidr,
    endpointReachability,
} from "../../../components/eks-cluster";
import type { EksClusterArgs } from "../../../components/eks-cluster";
import { sentence } from "../../../components/input";
import { network } from "../../support/cluster";
import { UNKNOWN, evaluate, isSecret, messageOf, valueOf } from "../../support/mocks";
import type { EvaluateOptions } from "../../support/mocks";

const admin = "arn:aws:iam::123456789012:role/platform";
const args: EksClusterArgs = { network, kubernetesVersion: "1.35", admins: [admin], tags: { environment: "test" } };
const computed: EvaluateOptions = {
    stack: "prod",
    computed: (type, _name, inputs) => {
        if (type === "aws:eks/cluster:Cluster") {
            return {
                endpoint: "https://train.eks.invalid",
                certificateAuthority: { data: "Y2E=" },
                vpcConfig: { ...(inputs["vpcConfig"] as object), clusterSecurityGroupId: "sg-cluster" },
            };
        }
        return type === "aws:iam/role:Role" ? { arn: "arn:aws:iam::123456789012:role/x" } : { latestVersion: 3 };
    },
};
const run = (change: Partial<EksClusterArgs> = {}, options: EvaluateOptions = {}) =>
    evaluate(() => new EksCluster("train", { ...args, ...change }), { ...computed, ...options });

interface Statement {
    Sid?: string;
    Effect: string;
    Principal?: unknown;
    Action: string | string[];
    Condition?: { [operator: string]: { [key: string]: unknown } };
}

describe("EksCluster", () => {
    it("creates exactly these resources, all its own children, and looks nothing up", async () => {
        const evaluation = await run();
        expect(evaluation.inventory()).toEqual(
            [
                "aws:cloudwatch/logGroup:LogGroup train-logs",
                "aws:ec2/launchTemplate:LaunchTemplate train-system-template",
                "aws:eks/accessEntry:AccessEntry train-access-123456789012-role-platform",
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation train-access-123456789012-role-platform",
                ...[
                    "aws-ebs-csi-driver",
                    "coredns",
                    "eks-node-monitoring-agent",
                    "eks-pod-identity-agent",
                    "kube-proxy",
                    "vpc-cni",
                ].map((addOn) => `aws:eks/addon:Addon train-${addOn}`),
                "aws:eks/cluster:Cluster train-cluster",
                "aws:eks/nodeGroup:NodeGroup train-system-nodes",
                "aws:iam/role:Role train-cluster",
                "aws:iam/role:Role train-ebs-csi",
                "aws:iam/role:Role train-system-node",
                "aws:iam/role:Role train-vpc-cni",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment train-cluster-amazoneksclusterpolicy",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment train-ebs-csi-amazonebscsidriverpolicy",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment train-system-node-amazonec2containerregistrypullonly",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment train-system-node-amazoneksworkernodepolicy",
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment train-vpc-cni-amazoneks_cni_policy",
                "aws:kms/key:Key train-key",
            ].sort(),
        );
        expect(evaluation.custom.every((resource) => resource.parentName === "train")).toBe(true);
        expect(evaluation.calls).toEqual([]);
    });

    it("is private, encrypted, fully logged, and knows no aws-auth", async () => {
        const cluster = (await run()).named("train-cluster", "aws:eks/cluster:Cluster");
        expect(cluster.inputs).toMatchObject({
            name: "train-prod",
            version: "1.35",
            accessConfig: { authenticationMode: "API" },
            bootstrapSelfManagedAddons: false,
            vpcConfig: {
                subnetIds: ["subnet-a", "subnet-b"],
                endpointPrivateAccess: true,
                endpointPublicAccess: false,
            },
            encryptionConfig: { provider: { keyArn: "arn:aws:mock:::Key/train-key" }, resources: ["secrets"] },
            enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
            kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16" },
            upgradePolicy: { supportType: "STANDARD" },
        });
        expect(cluster.inputs["vpcConfig"]).not.toHaveProperty("publicAccessCidrs");
        expect(cluster.dependencies).toEqual(
            expect.arrayContaining(["train-cluster-amazoneksclusterpolicy", "train-logs"]),
        );
    });

    it("opens its endpoint to named ranges only", async () => {
        const cluster = (await run({ publicAccessCidrs: ["203.0.113.7/32"] })).named(
            "train-cluster",
            "aws:eks/cluster:Cluster",
        );
        expect(cluster.inputs["vpcConfig"]).toMatchObject({
            endpointPrivateAccess: true,
            endpointPublicAccess: true,
            publicAccessCidrs: ["203.0.113.7/32"],
        });
    });

    it("writes its logs into a group that exists before it, with key and retention", async () => {
        const logs = (await run({ logRetentionDays: 365 })).named("train-logs");
        expect(logs.inputs).toMatchObject({
            name: "/aws/eks/train-prod/cluster",
            retentionInDays: 365,
            kmsKeyId: "arn:aws:mock:::Key/train-key",
        });
    });

    it("lets its key be used by the account, its logs and its volumes, and by nobody else", async () => {
        const key = (await run()).named("train-key");
        expect(key.inputs["enableKeyRotation"]).toBe(true);
        const { Statement: statements } = JSON.parse(String(key.inputs["policy"])) as { Statement: Statement[] };
        expect(statements.map(({ Sid }) => Sid)).toEqual([
            "AdministrationByIam",
            "UseByCloudWatchLogs",
            "UseThroughEbs",
        ]);
        expect(statements[0]?.Principal).toEqual({ AWS: "arn:aws:iam::123456789012:root" });
        expect(statements[2]?.Condition).toEqual({
            StringEquals: { "kms:CallerAccount": "123456789012" },
            StringLike: { "kms:ViaService": "ec2.*.amazonaws.com" },
        });
    });

    it("pins every add-on by the catalogue, in an order in which nodes can join", async () => {
        const evaluation = await run();
        const addOns = evaluation.ofType("aws:eks/addon:Addon");
        for (const { inputs } of addOns) {
            expect(inputs["addonVersion"]).toBe(versionFor(String(inputs["addonName"]), "1.35"));
            expect(inputs["resolveConflictsOnUpdate"]).toBe("OVERWRITE");
        }
        expect(evaluation.named("train-vpc-cni", "aws:eks/addon:Addon").inputs).toMatchObject({
            podIdentityAssociations: [{ serviceAccount: "aws-node" }],
            configurationValues: JSON.stringify({
                enableNetworkPolicy: "true",
                env: { MINIMUM_IP_TARGET: "16", WARM_IP_TARGET: "4" },
            }),
        });
        const nodes = evaluation.named("train-system-nodes");
        expect(nodes.dependencies).toEqual(
            expect.arrayContaining(["train-vpc-cni", "train-kube-proxy", "train-eks-pod-identity-agent"]),
        );
        expect(evaluation.named("train-coredns").dependencies).toContain("train-system-nodes");
    });

    it("gives controllers nodes over all zones: IMDSv2, encrypted volumes, repair", async () => {
        const evaluation = await run({ systemNodes: { instanceType: "m7g.xlarge", nodes: 4 } });
        expect(evaluation.named("train-system-nodes").inputs).toMatchObject({
            subnetIds: ["subnet-a", "subnet-b"],
            amiType: "AL2023_ARM_64_STANDARD",
            scalingConfig: { minSize: 4, desiredSize: 4, maxSize: 4 },
            nodeRepairConfig: { enabled: true },
        });
        expect(evaluation.named("train-system-template").inputs).toMatchObject({
            instanceType: "m7g.xlarge",
            metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
            blockDeviceMappings: [{ ebs: { encrypted: "true", kmsKeyId: "arn:aws:mock:::Key/train-key" } }],
        });
        const standard = await run();
        expect(standard.named("train-system-nodes").inputs["amiType"]).toBe("AL2023_x86_64_STANDARD");
    });

    it("grants access by entries", async () => {
        const viewer = "arn:aws:iam::123456789012:role/readers";
        const evaluation = await run({ viewers: [viewer] });
        expect(
            evaluation
                .ofType("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
                .map(({ inputs }) => [inputs["principalArn"], inputs["policyArn"]]),
        ).toEqual([
            [admin, "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"],
            [viewer, "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"],
        ]);
    });

    it("gives a kubeconfig that is secret, signs in by the AWS CLI, and waits for the system nodes", async () => {
        const evaluation = await evaluate(async () => {
            const cluster = new EksCluster("train", args);
            const k8s = await import("@pulumi/kubernetes");
            new k8s.Provider("inside", { kubeconfig: cluster.kubeconfig });
            return cluster;
        }, computed);
        expect(await isSecret(evaluation.result.kubeconfig)).toBe(true);
        const kubeconfig = JSON.parse(String(await valueOf(evaluation.result.kubeconfig))) as {
            clusters: { cluster: unknown }[];
            users: { user: { exec: { command: string; args: string[] } } }[];
        };
        expect(kubeconfig.clusters[0]?.cluster).toEqual({
            server: "https://train.eks.invalid",
            "certificate-authority-data": "Y2E=",
        });
        expect(kubeconfig.users[0]?.user.exec).toMatchObject({
            command: "aws",
            args: ["eks", "get-token", "--cluster-name", "train-prod", "--region", "us-east-2", "--output", "json"],
        });
        const provider = evaluation.named("inside");
        expect(provider.secretInputs).toContain("kubeconfig");
        expect(provider.dependencies).toEqual(
            expect.arrayContaining(["train-system-nodes", "train-coredns", "train-aws-ebs-csi-driver"]),
        );
    });

    it("hands pools a record whose name waits for the network add-ons", async () => {
        const evaluation = await run();
        const { access } = evaluation.result;
        expect(access).toMatchObject({ kubernetesVersion: "1.35", tags: { environment: "test" } });
        expect(await valueOf(access.clusterName)).toBe("train-prod");
        expect(await valueOf(access.securityGroupId)).toBe("sg-cluster");
        expect(await valueOf(access.serviceCidr)).toBe("172.20.0.0/16");
        expect(await valueOf(access.network.vpcId)).toBe("vpc-1");
    });

    it("registers the same children in a preview, where nothing is known of the cluster", async () => {
        const [up, preview] = [await run(), await run({}, { preview: true })];
        expect(preview.inventory()).toEqual(up.inventory());
        expect(preview.named("train-key").inputs["policy"]).toBe(UNKNOWN);
        expect(await valueOf(preview.result.access.endpoint)).toBeUndefined();
        expect(await valueOf(preview.result.kubeconfig)).toBeUndefined();
    });

    it("keeps Services off the VPC's own range", () => {
        expect(defaultServiceCidr("10.0.0.0/16")).toBe("172.20.0.0/16");
        expect(defaultServiceCidr("172.20.0.0/18")).toBe("10.100.0.0/16");
    });
});

describe("mistakes in a cluster", () => {
    const oneZone = { ...network, privateSubnets: network.privateSubnets.slice(1) };
    it.each<[string, Partial<EksClusterArgs>, string, string]>([
        ["a minor that EKS has not", { kubernetesVersion: "1.21" }, "kubernetesVersion", "1.35"],
        [
            "the whole internet",
            { publicAccessCidrs: ["0.0.0.0/0"] },
            "publicAccessCidrs[0]",
            "never open to the whole internet",
        ],
        ["half of the internet", { publicAccessCidrs: ["0.0.0.0/1"] }, "publicAccessCidrs[0]", "never open"],
        [
            "a private range as public",
            { publicAccessCidrs: ["10.1.0.0/16"] },
            "publicAccessCidrs[0]",
            "public addresses",
        ],
        ["an address without prefix", { publicAccessCidrs: ["203.0.113.7"] }, "publicAccessCidrs[0]", "/32"],
        [
            "more ranges than EKS takes",
            { publicAccessCidrs: Array.from({ length: 41 }, (_, index) => `203.0.113.${String(index)}/32`) },
            "publicAccessCidrs",
            "EKS accepts 40",
        ],
        [
            "a session as admin",
            { admins: ["arn:aws:sts::123456789012:assumed-role/platform/me"] },
            "admins[0]",
            "role's own ARN",
        ],
        ["one principal twice", { viewers: [admin] }, "viewers[0]", "admins[0] is this one"],
        ["one zone", { network: oneZone }, "network.privateSubnets", "two availability zones"],
        ["Services inside the VPC", { serviceCidr: "10.0.64.0/18" }, "serviceCidr", "outside the VPC's 10.0.0.0/16"],
        ["a cluster name with spaces", { clusterName: "our cluster" }, "clusterName", "letters, digits"],
        [
            "a GPU for controllers",
            { systemNodes: { instanceType: "g6.xlarge" } },
            "systemNodes.instanceType",
            "without GPUs",
        ],
        [
            "a misspelt system type",
            { systemNodes: { instanceType: "m7i.2xlrge" } },
            "systemNodes.instanceType",
            "Did you mean m7i.2xlarge?",
        ],
        ["one system node", { systemNodes: { nodes: 1 } }, "systemNodes.nodes", "from 2 to 100"],
        ["a retention that AWS has not", { logRetentionDays: 10 }, "logRetentionDays", "Give 14."],
    ])("%s", (_title, change, path, words) => {
        const problems = checkEksCluster({ ...args, ...change });
        expect(problems.map((problem) => problem.path)).toEqual([path]);
        expect(problems.map(sentence).join()).toContain(words);
    });

    it("are thrown before anything is registered", async () => {
        const evaluation = await evaluate(() =>
            messageOf(() => new EksCluster("train", { ...args, publicAccessCidrs: ["0.0.0.0/0"] })),
        );
        expect(evaluation.result).toMatch(/^EksCluster "train": publicAccessCidrs\[0\]: got "0\.0\.0\.0\/0"; /);
        expect(evaluation.resources).toEqual([]);
    });

    it("are none in good arguments", () => {
        expect(checkEksCluster(args)).toEqual([]);
    });
});

describe("whether a machine reaches the endpoint", () => {
    const endpoint = { clusterName: "train-prod", vpcCidr: "10.0.0.0/16", publicAccessCidrs: [] as string[] };
    const open = { ...endpoint, publicAccessCidrs: ["203.0.113.0/24"] };

    it.each([
        ["inside the VPC", endpoint, { addresses: ["192.168.1.2", "10.0.3.4"] }, Reachability.Yes, "10.0.3.4"],
        ["outside a private one", endpoint, { addresses: ["192.168.1.2"] }, Reachability.Unknown, "VPN"],
        [
            "from a named range",
            open,
            { addresses: [], egressAddress: "203.0.113.9" },
            Reachability.Yes,
            "203.0.113.0/24",
        ],
        [
            "from another range",
            open,
            { addresses: [], egressAddress: "198.51.100.1" },
            Reachability.No,
            "198.51.100.1/32",
        ],
        ["from an unknown address", open, { addresses: ["192.168.1.2"] }, Reachability.Unknown, "not known"],
    ])("%s", (_title, facts, machine, reachable, words) => {
        const answer = endpointReachability(facts, machine);
        expect(answer.reachable).toBe(reachable);
        expect(answer.explanation).toContain(words);
    });
});

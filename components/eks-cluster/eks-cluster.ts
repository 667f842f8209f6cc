/** The Kubernetes cluster on EKS. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { defaultKubernetesMinor } from "../../catalog/releases";
import { regionOf } from "../cluster-network/check";
import { overlaps, parseCidr } from "../cluster-network/cidr";
import { refuse } from "../input";
import type { ClusterAccess } from "./access";
import { createClusterAddOns, createNodeAddOns } from "./add-ons";
import { DEFAULT_SYSTEM_INSTANCE, checkEksCluster } from "./check";
import type { EksClusterArgs } from "./eks-cluster-args";
import { clusterKeyPolicy } from "./key-policy";
import { eksKubeconfig } from "./kubeconfig";
import { createSystemNodes } from "./system-nodes";
import { warnOfUnreachableEndpoint } from "./warning";

/** Every log that the control plane can write. */
const CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/**
 * An EKS cluster: private API endpoint, secrets and volumes encrypted by a key of its own, all control-plane logs, access
 * entries instead of aws-auth, pinned add-ons with pod identity roles, and a small group of system nodes over all zones.
 *
 * Costs by the hour: the control plane, and the system nodes.
 */
export class EksCluster extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:EksCluster";

    /** What node pools need. Its cluster name resolves once nodes can join: network and identity add-ons are there. */
    readonly access: ClusterAccess;

    /**
     * A kubeconfig that signs in through `aws eks get-token`. A secret. It resolves once the system nodes and the cluster add-ons run,
     * so that whatever is installed with it finds a node, and is removed before they are.
     */
    readonly kubeconfig: pulumi.Output<string>;

    constructor(name: string, args: EksClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`EksCluster "${name}"`, checkEksCluster(args));
        super(EksCluster.__pulumiType, name, args, opts);
        const resolved = resolve(name, args, this);
        const { vpcCidr } = args.network;
        const { clusterName } = resolved;
        warnOfUnreachableEndpoint({ clusterName, vpcCidr, publicAccessCidrs: args.publicAccessCidrs ?? [] }, this);

        const role = createClusterRole(resolved);
        const key = createKey(resolved, role.arn);
        const cluster = createCluster(resolved, args, role, key);
        createAccessEntries(resolved, args, cluster);
        const context = { ...resolved, cluster };
        const nodeAddOns = createNodeAddOns(context);
        const systemNodes = createSystemNodes(
            name,
            {
                clusterName: cluster.name,
                kubernetesVersion: resolved.kubernetesVersion,
                subnetIds: resolved.subnetIds,
                kmsKeyArn: key.arn,
                instanceType: args.systemNodes?.instanceType ?? DEFAULT_SYSTEM_INSTANCE,
                nodes: args.systemNodes?.nodes ?? 3,
                rootVolumeGib: args.systemNodes?.rootVolumeGib ?? 100,
                tags: resolved.tags,
                dependsOn: nodeAddOns,
            },
            resolved.child,
        );
        const clusterAddOns = createClusterAddOns(context, systemNodes);

        const network = args.network;
        this.access = {
            clusterName: after(cluster.name, nodeAddOns),
            kubernetesVersion: resolved.kubernetesVersion,
            endpoint: cluster.endpoint,
            certificateAuthority: cluster.certificateAuthority.apply((authority) => authority.data ?? ""),
            serviceCidr: cluster.kubernetesNetworkConfig.apply((config) => config.serviceIpv4Cidr ?? ""),
            securityGroupId: cluster.vpcConfig.apply((config) => config.clusterSecurityGroupId ?? ""),
            kmsKeyArn: key.arn,
            network: {
                ...network,
                vpcId: pulumi.output(network.vpcId),
                privateSubnets: network.privateSubnets.map((subnet) => ({ ...subnet, id: pulumi.output(subnet.id) })),
                publicSubnets: network.publicSubnets.map((subnet) => ({ ...subnet, id: pulumi.output(subnet.id) })),
            },
            tags: resolved.tags,
        };
        this.kubeconfig = pulumi.secret(
            eksKubeconfig({
                clusterName: after(cluster.name, [systemNodes, ...clusterAddOns]),
                endpoint: this.access.endpoint,
                certificateAuthority: this.access.certificateAuthority,
                region: network.region,
            }),
        );
        this.registerOutputs({ access: this.access, kubeconfig: this.kubeconfig });
    }
}

interface ResolvedCluster {
    name: string;
    clusterName: string;
    kubernetesVersion: string;
    serviceCidr: string;
    /** Private subnets in availability zones: control plane and system nodes; local zones hold neither. */
    subnetIds: pulumi.Input<string>[];
    logRetentionDays: number;
    tags: { [key: string]: string };
    child: pulumi.CustomResourceOptions;
}

function resolve(name: string, args: EksClusterArgs, parent: pulumi.Resource): ResolvedCluster {
    return {
        name,
        clusterName: args.clusterName ?? `${name}-${pulumi.getStack()}`,
        kubernetesVersion: args.kubernetesVersion ?? defaultKubernetesMinor,
        serviceCidr: args.serviceCidr ?? defaultServiceCidr(args.network.vpcCidr),
        subnetIds: args.network.privateSubnets
            .filter((subnet) => regionOf(subnet.zone) !== undefined)
            .map((subnet) => subnet.id),
        logRetentionDays: args.logRetentionDays ?? 90,
        tags: args.tags ?? {},
        child: { parent },
    };
}

/** The range that EKS itself would choose; given, so that it is known before anything exists. */
export function defaultServiceCidr(vpcCidr: string): string {
    const [usual, vpc] = [parseCidr("172.20.0.0/16"), parseCidr(vpcCidr)];
    return usual !== undefined && vpc !== undefined && overlaps(usual, vpc) ? "10.100.0.0/16" : "172.20.0.0/16";
}

function createClusterRole({ name, tags, child }: ResolvedCluster): {
    arn: pulumi.Output<string>;
    attachment: aws.iam.RolePolicyAttachment;
} {
    const role = new aws.iam.Role(
        `${name}-cluster`,
        {
            description: `Control plane of ${name}`,
            assumeRolePolicy: JSON.stringify({
                Version: "2012-10-17",
                Statement: [{ Effect: "Allow", Principal: { Service: "eks.amazonaws.com" }, Action: "sts:AssumeRole" }],
            }),
            tags,
        },
        child,
    );
    const attachment = new aws.iam.RolePolicyAttachment(
        `${name}-cluster-amazoneksclusterpolicy`,
        {
            role: role.name,
            policyArn: role.arn.apply(
                (arn) => `arn:${arn.split(":")[1] ?? "aws"}:iam::aws:policy/AmazonEKSClusterPolicy`,
            ),
        },
        child,
    );
    return { arn: role.arn, attachment };
}

function createKey({ name, tags, child }: ResolvedCluster, roleArn: pulumi.Output<string>): aws.kms.Key {
    return new aws.kms.Key(
        `${name}-key`,
        {
            description: `Secrets, volumes and logs of ${name}`,
            enableKeyRotation: true,
            policy: roleArn.apply((arn) => JSON.stringify(clusterKeyPolicy(arn))),
            tags,
        },
        child,
    );
}

function createCluster(
    resolved: ResolvedCluster,
    args: EksClusterArgs,
    role: { arn: pulumi.Output<string>; attachment: aws.iam.RolePolicyAttachment },
    key: aws.kms.Key,
): aws.eks.Cluster {
    const { name, clusterName, tags, child } = resolved;
    // Made before the cluster: EKS would make it without key and without retention.
    const logs = new aws.cloudwatch.LogGroup(
        `${name}-logs`,
        {
            name: `/aws/eks/${clusterName}/cluster`,
            retentionInDays: resolved.logRetentionDays,
            kmsKeyId: key.arn,
            tags,
        },
        child,
    );
    const publicAccessCidrs = args.publicAccessCidrs ?? [];
    return new aws.eks.Cluster(
        `${name}-cluster`,
        {
            name: clusterName,
            roleArn: role.arn,
            version: resolved.kubernetesVersion,
            accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: true },
            // The add-ons below are the only owners of CNI, DNS and proxy.
            bootstrapSelfManagedAddons: false,
            vpcConfig: {
                subnetIds: resolved.subnetIds,
                endpointPrivateAccess: true,
                endpointPublicAccess: publicAccessCidrs.length > 0,
                ...(publicAccessCidrs.length > 0 ? { publicAccessCidrs } : {}),
            },
            kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: resolved.serviceCidr },
            encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
            enabledClusterLogTypes: CONTROL_PLANE_LOGS,
            // Extended support costs six times as much, and would begin without anybody deciding it.
            upgradePolicy: { supportType: "STANDARD" },
            deletionProtection: args.deletionProtection ?? false,
            tags,
        },
        {
            ...child,
            dependsOn: [role.attachment, logs],
            customTimeouts: { create: "45m", update: "90m", delete: "45m" },
        },
    );
}

function createAccessEntries(resolved: ResolvedCluster, args: EksClusterArgs, cluster: aws.eks.Cluster): void {
    const grants = [
        ...(args.admins ?? []).map((arn) => ({ arn, policy: "AmazonEKSClusterAdminPolicy" })),
        ...(args.viewers ?? []).map((arn) => ({ arn, policy: "AmazonEKSViewPolicy" })),
    ];
    for (const { arn, policy } of grants) {
        // Named by principal, so that removing one from the list touches no other.
        const suffix = `access-${arn.split(":").slice(4).join("-").replaceAll("/", "-")}`;
        const entry = new aws.eks.AccessEntry(
            `${resolved.name}-${suffix}`,
            { clusterName: cluster.name, principalArn: arn, type: "STANDARD", tags: resolved.tags },
            resolved.child,
        );
        new aws.eks.AccessPolicyAssociation(
            `${resolved.name}-${suffix}`,
            {
                clusterName: cluster.name,
                principalArn: entry.principalArn,
                policyArn: `arn:${arn.split(":")[1] ?? "aws"}:eks::aws:cluster-access-policy/${policy}`,
                accessScope: { type: "cluster" },
            },
            resolved.child,
        );
    }
}

/** The value, once the resources exist. */
function after(value: pulumi.Output<string>, resources: pulumi.CustomResource[]): pulumi.Output<string> {
    return pulumi.all([value, ...resources.map((resource) => resource.id)]).apply(([first]) => first as string);
}

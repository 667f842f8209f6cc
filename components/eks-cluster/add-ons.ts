/** The EKS add-ons, pinned by the release catalogue. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { versionFor } from "../../catalog/releases";
import { podIdentityRole } from "./pod-identity";

/** What every add-on needs. */
export interface AddOnContext {
    name: string;
    cluster: aws.eks.Cluster;
    kubernetesVersion: string;
    tags: { [key: string]: string };
    child: pulumi.CustomResourceOptions;
}

/** Configuration of the VPC CNI. */
const VPC_CNI = {
    enableNetworkPolicy: "true",
    // Few addresses in reserve: left alone, the CNI holds a whole interface's worth (50) on every GPU node, which empties a /17
    // at 650 nodes. The minimum keeps a node's first pods from calling EC2 one by one. ADDRESSES_PER_GPU_NODE counts on this.
    env: { MINIMUM_IP_TARGET: "16", WARM_IP_TARGET: "4" },
};

/** Two replicas for a thousand nodes are too few: CoreDNS grows with the cluster. */
const COREDNS = { autoScaling: { enabled: true, minReplicas: 2, maxReplicas: 20 } };

/** Add-ons that must be there before the first node: without network and identity a node never becomes Ready. */
export function createNodeAddOns(context: AddOnContext): aws.eks.Addon[] {
    const identity = addOn(context, "eks-pod-identity-agent");
    const cni = podIdentityRole(
        `${context.name}-vpc-cni`,
        {
            description: "VPC CNI: addresses of pods",
            managedPolicies: ["AmazonEKS_CNI_Policy"],
            tags: context.tags,
        },
        context.child,
    );
    return [
        identity,
        addOn(context, "kube-proxy"),
        addOn(context, "vpc-cni", {
            configurationValues: JSON.stringify(VPC_CNI),
            podIdentityAssociations: [{ serviceAccount: "aws-node", roleArn: cni.role.arn }],
            dependsOn: [identity, ...cni.attachments],
        }),
    ];
}

/** Add-ons whose pods need a node to run on. */
export function createClusterAddOns(context: AddOnContext, nodes: pulumi.Resource): aws.eks.Addon[] {
    const csi = podIdentityRole(
        `${context.name}-ebs-csi`,
        {
            description: "EBS CSI driver: volumes of pods",
            managedPolicies: ["service-role/AmazonEBSCSIDriverPolicy"],
            tags: context.tags,
        },
        context.child,
    );
    return [
        addOn(context, "coredns", { configurationValues: JSON.stringify(COREDNS), dependsOn: [nodes] }),
        addOn(context, "aws-ebs-csi-driver", {
            podIdentityAssociations: [{ serviceAccount: "ebs-csi-controller-sa", roleArn: csi.role.arn }],
            dependsOn: [nodes, ...csi.attachments],
        }),
        addOn(context, "eks-node-monitoring-agent", { dependsOn: [nodes] }),
    ];
}

interface AddOnOptions {
    configurationValues?: string;
    podIdentityAssociations?: { serviceAccount: string; roleArn: pulumi.Output<string> }[];
    dependsOn?: pulumi.Resource[];
}

function addOn(context: AddOnContext, release: string, options: AddOnOptions = {}): aws.eks.Addon {
    const { dependsOn = [], ...settings } = options;
    return new aws.eks.Addon(
        `${context.name}-${release}`,
        {
            clusterName: context.cluster.name,
            addonName: release,
            addonVersion: versionFor(release, context.kubernetesVersion),
            // The program owns the add-on: what was changed by hand is put back.
            resolveConflictsOnCreate: "OVERWRITE",
            resolveConflictsOnUpdate: "OVERWRITE",
            ...settings,
            tags: context.tags,
        },
        { ...context.child, dependsOn },
    );
}

/** The record that EksCluster gives and node pools take. */
import type * as pulumi from "@pulumi/pulumi";
import type { NetworkPlacement, NetworkPlacementArgs } from "../cluster-network/placement";

/** What a node pool needs to know of its cluster. */
export interface ClusterAccess {
    clusterName: pulumi.Output<string>;
    /** Kubernetes minor, for example `1.35`. Plain, so that checks can compare it. */
    kubernetesVersion: string;
    endpoint: pulumi.Output<string>;
    certificateAuthority: pulumi.Output<string>;
    serviceCidr: pulumi.Output<string>;
    /** The cluster security group that EKS made; nodes must carry it. */
    securityGroupId: pulumi.Output<string>;
    /** KMS key of volumes and secrets. */
    kmsKeyArn: pulumi.Output<string>;
    network: NetworkPlacement;
    /** Tags that every resource of the environment carries. */
    tags: { [key: string]: string };
}

/** A cluster as input. */
export interface ClusterAccessArgs {
    clusterName: pulumi.Input<string>;
    kubernetesVersion: string;
    endpoint: pulumi.Input<string>;
    certificateAuthority: pulumi.Input<string>;
    serviceCidr: pulumi.Input<string>;
    securityGroupId: pulumi.Input<string>;
    kmsKeyArn: pulumi.Input<string>;
    network: NetworkPlacementArgs;
    tags: { [key: string]: string };
}

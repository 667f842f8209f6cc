/** Arguments of EksCluster. */
import type { NetworkPlacementArgs } from "../cluster-network/placement";

/** The nodes that controllers run on; GPU nodes are tainted. */
export interface SystemNodesArgs {
    /** EC2 instance type without GPU. Defaults to m7i.2xlarge; Graviton types get the ARM image. */
    instanceType?: string;
    /** Nodes, spread over the availability zones, at least 2. Defaults to 3. */
    nodes?: number;
    /** Size of the encrypted root volume, GiB. Defaults to 100. */
    rootVolumeGib?: number;
}

/** An EKS cluster. */
export interface EksClusterArgs {
    /** The network: `ClusterNetwork.placement`, or the facts of a VPC that exists already. */
    network: NetworkPlacementArgs;
    /** Kubernetes minor, for example `1.35`. Defaults to the release catalogue's. */
    kubernetesVersion?: string;
    /** Name of the cluster in AWS. Defaults to the resource's name and the stack's: `train-prod`. */
    clusterName?: string;
    /**
     * Public IPv4 ranges from which the API endpoint is reachable, besides the VPC. Defaults to none: the endpoint is private, and
     * `up` must run inside the VPC or behind a VPN, peering or transit gateway into it. 0.0.0.0/0 is refused.
     */
    publicAccessCidrs?: string[];
    /** ARNs of IAM roles or users that administer the cluster, besides the identity that creates it. Defaults to none. */
    admins?: string[];
    /** ARNs of IAM roles or users that may read everything but secrets. Defaults to none. */
    viewers?: string[];
    /** Range of Service addresses. Defaults to 172.20.0.0/16, or 10.100.0.0/16 where the VPC overlaps it. */
    serviceCidr?: string;
    /** Nodes for controllers. Defaults to three m7i.2xlarge. */
    systemNodes?: SystemNodesArgs;
    /** Days that control-plane logs are kept. Defaults to 90. */
    logRetentionDays?: number;
    /** Whether AWS refuses to delete the cluster until this is false again. Defaults to false. */
    deletionProtection?: boolean;
    /** Tags of everything that is created, and of the node pools. Defaults to none. */
    tags?: { [key: string]: string };
}

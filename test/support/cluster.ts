/** Records of a network and a cluster as components take them, so that a test of one component builds no other. */
import type { NetworkPlacementArgs } from "../../components/cluster-network";
import type { ClusterAccessArgs } from "../../components/eks-cluster/access";

/** A network of two zones, GPUs in the second. */
export const network: NetworkPlacementArgs = {
    vpcId: "vpc-1",
    region: "us-east-2",
    vpcCidr: "10.0.0.0/16",
    zones: ["us-east-2a", "us-east-2b"],
    gpuZone: "us-east-2b",
    privateSubnets: [
        { zone: "us-east-2a", cidr: "10.0.128.0/21", id: "subnet-a" },
        { zone: "us-east-2b", cidr: "10.0.0.0/17", id: "subnet-b" },
    ],
    publicSubnets: [],
};

/** A cluster in that network. */
export const cluster: ClusterAccessArgs = {
    clusterName: "train-test",
    kubernetesVersion: "1.35",
    endpoint: "https://train.eks.invalid",
    certificateAuthority: "Y2E=",
    serviceCidr: "172.20.0.0/16",
    securityGroupId: "sg-cluster",
    kmsKeyArn: "arn:aws:kms:us-east-2:123456789012:key/k",
    network,
    tags: { environment: "test" },
};

/** Arguments of ClusterNetwork. */

/** How private subnets reach the internet. */
export const NatGateways = {
    /** One gateway in each zone: a zone that fails takes only its own nodes with it. */
    PerZone: "per-zone",
    /** One gateway, in the GPU zone: cheaper, for development. */
    Single: "single",
    /** None: an air-gapped network, where everything comes through endpoints and mirrors. */
    None: "none",
} as const;
export type NatGateways = (typeof NatGateways)[keyof typeof NatGateways];

/** What a network is made of. */
export interface ClusterNetworkArgs {
    /** Availability zones, two to eight, all of one region. Append new zones: the order fixes the ranges. */
    zones: string[];
    /** The zone of the GPU nodes, one of `zones`. EFA works inside one zone only. */
    gpuZone: string;
    /** AWS region. Defaults to the region of the zones. */
    region?: string;
    /** Range of the VPC, /16 to /20. Half of it is the GPU zone's private subnet. Defaults to 10.0.0.0/16. */
    cidr?: string;
    /** NAT gateways: one per zone, a single one, or none. Defaults to one per zone. */
    natGateways?: NatGateways;
    /**
     * Services that get a private interface endpoint, without region: `ecr.api`, `sts`. Each costs by the hour and zone. Defaults to
     * ec2, ecr.api, ecr.dkr, eks, eks-auth, logs and sts. S3 always has a gateway endpoint.
     */
    interfaceEndpoints?: string[];
    /** GPU nodes that the network must hold, to check its addresses (24 a node). Defaults to no check. */
    gpuNodes?: number;
    /** Days that flow logs are kept. Defaults to 90. */
    flowLogRetentionDays?: number;
    /** Tags of everything that is created. Defaults to none. */
    tags?: { [key: string]: string };
}

/** The record that ClusterNetwork gives and EksCluster takes. Two interfaces: Outputs on the way out, Inputs on the way in. */
import type * as pulumi from "@pulumi/pulumi";

/** One subnet of the network. */
export interface SubnetPlacement {
    zone: string;
    /** IPv4 range, for example `10.0.64.0/18`. */
    cidr: string;
    id: pulumi.Output<string>;
}

/** Where things can be placed: what a cluster needs to know of its network. */
export interface NetworkPlacement {
    vpcId: pulumi.Output<string>;
    region: string;
    vpcCidr: string;
    /** Zones of the network, in the order given. */
    zones: string[];
    /** Zone of the GPU nodes: EFA works inside one zone only. */
    gpuZone: string;
    privateSubnets: SubnetPlacement[];
    publicSubnets: SubnetPlacement[];
}

/** One subnet as input. */
export interface SubnetPlacementArgs {
    zone: string;
    cidr: string;
    id: pulumi.Input<string>;
}

/** A network as input: a `ClusterNetwork.placement`, or the facts of a VPC that exists already. */
export interface NetworkPlacementArgs {
    vpcId: pulumi.Input<string>;
    region: string;
    vpcCidr: string;
    zones: string[];
    gpuZone: string;
    privateSubnets: SubnetPlacementArgs[];
    publicSubnets: SubnetPlacementArgs[];
}

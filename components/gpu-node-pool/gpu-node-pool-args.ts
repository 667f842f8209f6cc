/** Arguments of GpuNodePool. */
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterAccessArgs } from "../eks-cluster/access";
import type { FabricKind } from "../fabric/profile";
import type { PoolTaint } from "./pool";

/** How the instances are bought. */
export const CapacityKind = {
    OnDemand: "on-demand",
    Spot: "spot",
    /** On-demand capacity reservation (ODCR). */
    Reservation: "reservation",
    /** Capacity block for ML: paid in advance, for a window of time. */
    CapacityBlock: "capacity-block",
} as const;
export type CapacityKind = (typeof CapacityKind)[keyof typeof CapacityKind];

/** Where a pool's instances come from. */
export interface CapacityArgs {
    kind: CapacityKind;
    /** Id of the reservation or of the capacity block, `cr-…`. */
    reservationId?: string;
    /** ARN of a resource group of several reservations, instead of `reservationId`. */
    reservationGroupArn?: string;
    /** Instances that the reservation or the block holds. A pool with more nodes is refused. Defaults to no check. */
    reservedNodes?: number;
    /** Start of a capacity block, UTC: `2026-12-01T11:30:00Z`. */
    start?: string;
    /** End of a capacity block, UTC. */
    end?: string;
    /**
     * Minutes before the end at which the pool goes to zero, at most 1440. Defaults to the least: 30, when AWS begins to take the
     * instances, and 60 for UltraServers. Give more where a checkpoint takes longer than the pods' grace period.
     */
    drainMinutes?: number;
    /**
     * Whether to put the nodes into a cluster placement group. Only for on-demand and spot: with a reservation or a block AWS has placed
     * the instances already, and a group on top makes launches fail. Defaults to true for on-demand nodes with EFA, else false.
     */
    placementGroup?: boolean;
}

/** A pool of GPU nodes. */
export interface GpuNodePoolArgs {
    /** The cluster: `EksCluster.access`. */
    cluster: ClusterAccessArgs;
    /** EC2 instance type of the catalogue, for example `p5en.48xlarge`. */
    instanceType: string;
    /** Nodes of the pool, during its window where it has one. At most 450, EKS's default quota of a node group. */
    nodes: number;
    /** Network between the nodes: `efa`, or `tcp` for development and serving. */
    fabric: FabricKind;
    /** How the instances are bought. */
    capacity: CapacityArgs;
    /** Zone of the nodes. Defaults to the network's GPU zone. */
    zone?: string;
    /**
     * Security group of the pool's capacity group, where several pools share one, so that a gang may span them:
     * `efaSecurityGroup(…).id`. Defaults to a group of the pool's own.
     */
    efaSecurityGroupId?: pulumi.Input<string>;
    /** Pods that share one GPU by time-slicing, 1 to 48. Defaults to 1, no sharing. */
    timeSlicing?: number;
    /** MIG profile that every GPU is cut into, for example `1g.10gb`. Defaults to whole GPUs. */
    migProfile?: string;
    /** Node labels besides the library's. Defaults to none. */
    labels?: { [key: string]: string };
    /** Taints besides `nvidia.com/gpu=true:NoSchedule`. Defaults to none. */
    taints?: PoolTaint[];
    /** Size of the encrypted root volume, GiB. Defaults to 200: training images are large. */
    rootVolumeGib?: number;
    /** Pods of one node, 16 to 250. Defaults to what EKS computes from the interfaces. */
    maxPods?: number;
    /** KubeletConfiguration fields, for example `{ topologyManagerPolicy: "best-effort" }`. Defaults to none. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the kubelet's configuration is not ours to type
    kubelet?: { [field: string]: any };
    /** Whether EKS replaces or reboots nodes that its monitoring agent finds unhealthy. Defaults to true. */
    repair?: boolean;
    /** AMI release, for example `1.35.0-20261101`. Defaults to the newest one when the node group is created. */
    amiReleaseVersion?: string;
    /** Tags besides the environment's. Defaults to none. */
    tags?: { [key: string]: string };
}

/** The record that a node pool gives (cloud or bare metal) and everything inside the cluster takes. */
import type * as pulumi from "@pulumi/pulumi";
import type { FabricKind } from "../fabric/profile";

/** A taint of the pool's nodes. */
export interface PoolTaint {
    key: string;
    value: string;
    /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. */
    effect: string;
}

/** A GPU node pool as the rest of the cluster sees it. Everything is plain but `nodeGroupName`. */
export interface NodePool {
    name: string;
    /** EC2 instance type, or the machine type of the bare-metal catalogue. */
    instanceType: string;
    /** Nodes during the pool's window: for quotas, checks and cost. */
    nodes: number;
    /** Physical GPUs of one node. */
    gpusPerNode: number;
    /** Schedulable GPUs of one node: more than `gpusPerNode` under time-slicing. */
    schedulableGpusPerNode: number;
    fabric: FabricKind;
    /** `vpc.amazonaws.com/efa` of one node; 0 without EFA. */
    efaPerNode: number;
    zone: string;
    /** Pools of one type, zone and fabric: one ResourceFlavor and one EFA security group. */
    capacityGroup: string;
    /** `on-demand`, `spot`, `reservation` or `capacity-block` (or `owned` on bare metal). */
    capacityKind: string;
    /** Node labels that the pool sets, among them `kilogpu.dev/capacity-group`. */
    labels: { [key: string]: string };
    taints: PoolTaint[];
    /** Node labels from the widest domain to the node, `kubernetes.io/hostname` last. */
    topologyLevels: string[];
    /** Nodes of the pool in each domain of a level, by label and then by the label's value. Absent where only running nodes tell, as on AWS. */
    topologyDomains?: { [level: string]: { [domain: string]: number } };
    /** Resolves once the pool's nodes can be used; orders creation and teardown. */
    nodeGroupName: pulumi.Output<string>;
}

/** A node pool as input. */
export interface NodePoolArgs {
    name: string;
    instanceType: string;
    nodes: number;
    gpusPerNode: number;
    schedulableGpusPerNode: number;
    fabric: FabricKind;
    efaPerNode: number;
    zone: string;
    capacityGroup: string;
    capacityKind: string;
    labels: { [key: string]: string };
    taints: PoolTaint[];
    topologyLevels: string[];
    /** Nodes of the pool in each domain of a level, by label and then by the label's value. Absent where only running nodes tell, as on AWS. */
    topologyDomains?: { [level: string]: { [domain: string]: number } };
    nodeGroupName: pulumi.Input<string>;
}

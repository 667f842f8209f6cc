export { ClusterNetwork } from "./cluster-network";
export { NatGateways } from "./cluster-network-args";
export type { ClusterNetworkArgs } from "./cluster-network-args";
export { ADDRESSES_PER_GPU_NODE, checkClusterNetwork } from "./check";
export type { NetworkPlacement, NetworkPlacementArgs, SubnetPlacement, SubnetPlacementArgs } from "./placement";

/** Re-exports by name; nothing else lives here. */
export { InputError } from "./input";
export type { InputProblem } from "./input";
export { ClusterNetwork, NatGateways } from "./cluster-network";
export type { ClusterNetworkArgs, NetworkPlacement, NetworkPlacementArgs } from "./cluster-network";
export type { SubnetPlacement, SubnetPlacementArgs } from "./cluster-network";
export { CapacityKind, GpuNodePool } from "./gpu-node-pool";
export type { CapacityArgs, GpuNodePoolArgs, NodePool, NodePoolArgs, PoolTaint } from "./gpu-node-pool";
export { FabricKind, RdmaFabric } from "./fabric";
export type { FabricFacts, FabricFactsArgs, FabricInterface, FabricProfile, RdmaFabricArgs } from "./fabric";
export { EksCluster, Reachability, endpointReachability } from "./eks-cluster";
export type { ClusterAccess, ClusterAccessArgs, EksClusterArgs, SystemNodesArgs } from "./eks-cluster";
export type { EndpointFacts, EndpointReachability, MachineFacts } from "./eks-cluster";

export { EksCluster, defaultServiceCidr } from "./eks-cluster";
export type { EksClusterArgs, SystemNodesArgs } from "./eks-cluster-args";
export { checkEksCluster } from "./check";
export type { ClusterAccess, ClusterAccessArgs } from "./access";
export { eksKubeconfig } from "./kubeconfig";
export { Reachability, endpointReachability, machineAddresses } from "./reachability";
export type { EndpointFacts, EndpointReachability, MachineFacts } from "./reachability";
export { POD_IDENTITY_TRUST, podIdentityRole } from "./pod-identity";

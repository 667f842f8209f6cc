export { capacityGroups, checkPools, schedulableGpus } from "./capacity-group";
export type { CapacityGroup } from "./capacity-group";
export { coveredResources, gpusPerPod, nodeQuota, podShare } from "./pod-resources";
export type { NodeShape, PodShape } from "./pod-resources";
export { baseUnits, scaled, sum } from "./quantity";

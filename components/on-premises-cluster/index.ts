export { OnPremisesCluster } from "./on-premises-cluster";
export type { OnPremisesClusterArgs, SiteArgs, SiteCostArgs } from "./on-premises-cluster-args";
export { checkOnPremisesCluster } from "./check";

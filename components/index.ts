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
export { DriverOwner, GpuOperator } from "./gpu-operator";
export type { GpuOperatorArgs } from "./gpu-operator";
export { TrainingQueues } from "./training-queues";
export type { GroupShare, QueueFacts, QueueSpec, QueueSpecArgs, TeamQuota } from "./training-queues";
export type { PriorityArgs, TeamArgs, TeamShareArgs, TrainingQueuesArgs } from "./training-queues";
export { Kubeflow } from "./kubeflow";
export type { KubeflowArgs, RuntimeSet, RuntimeSetArgs, TrainingRuntime } from "./kubeflow";
export { TopologyMode, TrainingJob } from "./training-job";
export type { CheckpointVolumeArgs, JobTopologyArgs, TrainingJobArgs } from "./training-job";
export { TrainingCluster } from "./training-cluster";
export type {
    CheckpointFileSystemArgs,
    CheckpointSettingsArgs,
    FreezeWindowArgs,
    KubernetesSettingsArgs,
    NetworkSettingsArgs,
    PoolSettingsArgs,
    TrainingClusterArgs,
} from "./training-cluster";
export type {
    BudgetArgs,
    GpuSettingsArgs,
    JobSettingsArgs,
    MonitoringSettingsArgs,
    TrainingSettingsArgs,
} from "./training-platform";
export { CheckpointStorage, CheckpointVolumes } from "./checkpoint-storage";
export type {
    CheckpointMount,
    CheckpointMountArgs,
    CheckpointMounts,
    CheckpointMountsArgs,
} from "./checkpoint-storage";
export type { CheckpointVolumesArgs } from "./checkpoint-storage";
export type {
    CheckpointFolder,
    CheckpointFolderArgs,
    CheckpointPlace,
    CheckpointPlaceArgs,
} from "./checkpoint-storage";
export type { CheckpointStorageArgs, CheckpointWriterArgs, LustreArgs } from "./checkpoint-storage";
export type { LustreMount, LustreMountArgs } from "./checkpoint-storage";
export { LeafWiring, designFabric, drawFabric, estimateCongestion } from "./topology";
export type { Cable, FabricPlan, FabricRequest } from "./topology";
export { nicConfigurationTemplate, roceQos } from "./quality-of-service";
export type { RoceQos, RoceQosArgs } from "./quality-of-service";
export { SwitchDialect, fabricDisagreements } from "./switches";
export type { Disagreement, Observation } from "./switches";
export { inventorySchema, kueueLevels, readInventory, topologyLabels } from "./inventory";
export type { Inventory, InventoryHost, InventoryNic } from "./inventory";
export { BareMetalCluster, BareMetalNodePool } from "./bare-metal";
export type { BareMetalAccess, BareMetalAccessArgs, BareMetalClusterArgs, BareMetalNodePoolArgs } from "./bare-metal";
export type {
    ExpectationArgs,
    JumpHostArgs,
    Rke2Args,
    RolloutArgs,
    ScratchArgs,
    SshArgs,
    TuningArgs,
} from "./bare-metal";
export { TrainingImage } from "./training-image";
export type { TrainingImageArgs } from "./training-image";
export { OnPremisesCluster } from "./on-premises-cluster";
export type { OnPremisesClusterArgs, SiteArgs, SiteCostArgs } from "./on-premises-cluster";
export { NetworkDriver, SecondaryNetwork } from "./fabric";
export type { RackFabricArgs } from "./fabric";

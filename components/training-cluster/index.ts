export { TrainingCluster } from "./training-cluster";
export { checkTrainingCluster } from "./check";
export type {
    BudgetArgs,
    CheckpointFileSystemArgs,
    CheckpointSettingsArgs,
    GpuSettingsArgs,
    MonitoringSettingsArgs,
    FreezeWindowArgs,
    JobSettingsArgs,
    KubernetesSettingsArgs,
    NetworkSettingsArgs,
    PoolSettingsArgs,
    TrainingClusterArgs,
    TrainingSettingsArgs,
} from "./training-cluster-args";

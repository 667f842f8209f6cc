export { TrainingCluster } from "./training-cluster";
export { checkTrainingCluster } from "./check";
export type {
    CheckpointFileSystemArgs,
    CheckpointSettingsArgs,
    FreezeWindowArgs,
    KubernetesSettingsArgs,
    NetworkSettingsArgs,
    PoolSettingsArgs,
    TrainingClusterArgs,
} from "./training-cluster-args";

export { CheckpointStorage, folderPolicy } from "./checkpoint-storage";
export type { CheckpointStorageArgs, CheckpointWriterArgs, LustreArgs } from "./checkpoint-storage-args";
export { checkCheckpointStorage } from "./check";
export { CHECKPOINT_CLAIM, CheckpointVolumes, checkCheckpointVolumes } from "./checkpoint-volumes";
export type { CheckpointVolumesArgs } from "./checkpoint-volumes";
export type { CheckpointMount, CheckpointMountArgs, CheckpointMounts, CheckpointMountsArgs } from "./mounts";
export type {
    CheckpointFolder,
    CheckpointFolderArgs,
    CheckpointPlace,
    CheckpointPlaceArgs,
    LustreMount,
    LustreMountArgs,
} from "./place";

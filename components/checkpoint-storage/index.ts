export { CheckpointStorage, folderPolicy } from "./checkpoint-storage";
export type { CheckpointStorageArgs, CheckpointWriterArgs, LustreArgs } from "./checkpoint-storage-args";
export { checkCheckpointStorage } from "./check";
export type {
    CheckpointFolder,
    CheckpointFolderArgs,
    CheckpointPlace,
    CheckpointPlaceArgs,
    LustreMount,
    LustreMountArgs,
} from "./place";

export { TrainingImage, buildPolicy } from "./training-image";
export type { TrainingImageArgs } from "./training-image-args";
export { buildSpec, startBuild } from "./build-spec";
export { checkTrainingImage } from "./check";
export { contentTag, dockerfile } from "./dockerfile";
export type { ImageContents } from "./dockerfile";

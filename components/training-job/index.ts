export { TrainingJob } from "./training-job";
export { TopologyMode } from "./training-job-args";
export type { CheckpointVolumeArgs, JobTopologyArgs, TrainingJobArgs } from "./training-job-args";
export { checkTrainingJob } from "./check";

export { Kubeflow, checkImage, checkKubeflow, trainingRuntimes } from "./kubeflow";
export type { KubeflowArgs } from "./kubeflow";
export type { RuntimeSet, RuntimeSetArgs, TrainingRuntime } from "./runtime";
export { finalExitCodes, gracePeriodSeconds, lostNodeSeconds, trainerApi, trainerNode } from "./training-runtime";

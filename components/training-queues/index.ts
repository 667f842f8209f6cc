export { DEFAULT_PRIORITIES, TrainingQueues, queueFacts } from "./training-queues";
export type { PriorityArgs, TeamArgs, TeamShareArgs, TrainingQueuesArgs } from "./training-queues-args";
export { checkTeams, checkTrainingQueues } from "./check";
export { priorityClassLabel, queueNameLabel, teamLabel } from "./names";
export { teamQuotas } from "./quota";
export type { GroupShare, QueueFacts, QueueSpec, QueueSpecArgs, TeamQuota } from "./spec";

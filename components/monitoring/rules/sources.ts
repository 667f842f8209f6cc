/** Every rule group, in the order in which they build upon one another. */
import { fabric } from "./fabric";
import { gpuHardware } from "./gpu";
import { logs } from "./logs";
import { gpuMemory } from "./memory";
import { nccl } from "./nccl";
import { controlPlane, storage } from "./platform";
import { queuesAndCapacity } from "./queues";
import { expectations, observations, trainingStatistics } from "./recordings";
import type { RuleSource } from "./rule";
import { slowCauses } from "./slow-causes";
import { training } from "./training";
import { gpuUse } from "./use";

/** All groups. Recordings come before the alerts that read them. */
export const ruleSources: readonly RuleSource[] = [
    expectations,
    observations,
    trainingStatistics,
    slowCauses,
    gpuHardware,
    gpuMemory,
    gpuUse,
    fabric,
    nccl,
    training,
    queuesAndCapacity,
    storage,
    controlPlane,
    logs,
];

/** All cases, beside the rule group whose alerts they try. */
import type { RuleCase } from "../case";
import { fabricCases } from "./fabric";
import { gpuHardwareCases } from "./gpu";
import { gpuMemoryCases, gpuUseCases } from "./memory-and-use";
import { logCases } from "./logs";
import { ncclCases } from "./nccl";
import { controlPlaneCases, storageCases } from "./platform";
import { queueCases } from "./queues";
import { trainingCases } from "./training";

/** Cases by rule group. */
export const ruleCases: { [group: string]: RuleCase[] } = {
    "gpu-hardware": gpuHardwareCases,
    "gpu-memory": gpuMemoryCases,
    "gpu-use": gpuUseCases,
    fabric: fabricCases,
    nccl: ncclCases,
    training: trainingCases,
    queues: queueCases,
    storage: storageCases,
    "control-plane": controlPlaneCases,
    logs: logCases,
};

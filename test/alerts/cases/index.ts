/** All cases, beside the rule group whose alerts they try. */
import type { RuleCase } from "../case";
import { gpuHardwareCases } from "./gpu";

/** Cases by rule group. */
export const ruleCases: { [group: string]: RuleCase[] } = {
    "gpu-hardware": gpuHardwareCases,
};

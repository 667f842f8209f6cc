/** Every rule group, in the order in which they build upon one another. */
import { gpuHardware } from "./gpu";
import { expectations, observations, trainingStatistics } from "./recordings";
import type { RuleSource } from "./rule";

/** All groups. Recordings come before the alerts that read them. */
export const ruleSources: readonly RuleSource[] = [expectations, observations, trainingStatistics, gpuHardware];

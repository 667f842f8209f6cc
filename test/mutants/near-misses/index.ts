/** Every near-miss. */
import type { NearMiss } from "../near-miss";
import { fabricAndCapacity } from "./fabric-and-capacity";
import { jobsAndStorage } from "./jobs-and-storage";
import { operatorsAndQueues } from "./operators-and-queues";
import { securityAndCost } from "./security-and-cost";

export const nearMisses: NearMiss[] = [
    ...fabricAndCapacity,
    ...operatorsAndQueues,
    ...jobsAndStorage,
    ...securityAndCost,
];

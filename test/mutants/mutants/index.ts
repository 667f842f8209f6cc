/** Every mutant. */
import type { Mutant } from "../mutant";
import { fabricAndCapacity } from "./fabric-and-capacity";
import { jobsAndStorage } from "./jobs-and-storage";
import { operatorsAndQueues } from "./operators-and-queues";
import { securityAndCost } from "./security-and-cost";

export const mutants: Mutant[] = [...fabricAndCapacity, ...operatorsAndQueues, ...jobsAndStorage, ...securityAndCost];

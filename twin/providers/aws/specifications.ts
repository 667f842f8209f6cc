/** Every simulated type of AWS: what the twin's engine asks, and `kilogpu plan --against` too, so that both know of the same replacements. */
import { eksTypes } from "./eks";
import { computeTypes } from "./launch-template";
import { networkTypes } from "./network";
import { securityGroupTypes } from "./security-groups";
import { serviceTypes } from "./services";
import type { Specification } from "./specification";

export const specifications: { [type: string]: Specification } = {
    ...networkTypes,
    ...securityGroupTypes,
    ...computeTypes,
    ...eksTypes,
    ...serviceTypes,
};

export { InputError, at, oneOf, refuse, sentence, show, wholeNumber } from "./problem";
export type { InputProblem } from "./problem";
export { requirePlain } from "./plain";

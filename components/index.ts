/** Re-exports by name; nothing else lives here. */
export { InputError } from "./input";
export type { InputProblem } from "./input";

export { PromqlError } from "./lexer";
export { inferLabels } from "./labels";
export type { Inference, Known } from "./labels";
export { parse, seconds } from "./parser";
export { selectors } from "./syntax";
export type { Expression, Selector } from "./syntax";

export { costItems, environmentCost } from "./cost";
export type { CostItem, CostOptions, CostSubject, EnvironmentCost } from "./cost";

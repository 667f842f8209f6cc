export { FabricKind } from "./profile";
export type { FabricInterface, FabricProfile } from "./profile";
export type { FabricFacts, FabricFactsArgs } from "./facts";

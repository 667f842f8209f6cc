export type { Inventory, InventoryHost, InventoryNic } from "./inventory";
export { checkShape, inventorySchema } from "./fields";
export { checkInventory } from "./check";
export { inventoryFromCsv, inventoryFromNetBox, readInventory } from "./read";
export type { NetBoxExport } from "./read";
export { NVLINK_DOMAIN_LABEL, kueueLevels, leafGroup, topologyDomains, topologyLabels } from "./levels";

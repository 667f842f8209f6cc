export { GpuNodePool } from "./gpu-node-pool";
export { CapacityKind } from "./gpu-node-pool-args";
export type { CapacityArgs, GpuNodePoolArgs } from "./gpu-node-pool-args";
export { checkGpuNodePool } from "./check";
export {
    GPU_TAINT,
    MAX_BLOCK_INSTANCES,
    MAX_GROUP_NODES,
    capacityGroupName,
    contentName,
    migInstancesPerGpu,
    planPool,
} from "./plan";
export type { PoolFacts, PoolPlan } from "./plan";
export type { NodePool, NodePoolArgs, PoolTaint } from "./pool";
export { efaSecurityGroup } from "./security-group";
export type { EfaSecurityGroup, EfaSecurityGroupArgs } from "./security-group";
export { createNodeRole } from "./node-role";
export { DRAIN_MINUTES, capacityWindow, leastDrainMinutes, parseInstant, windowSchedules } from "./window";
export type { CapacityWindow, Recurrence } from "./window";

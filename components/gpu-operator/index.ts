export { GpuOperator } from "./gpu-operator";
export { DriverOwner } from "./gpu-operator-args";
export type { GpuOperatorArgs } from "./gpu-operator-args";
export { checkGpuOperator } from "./check";
export { devicePluginConfigLabel } from "./sharing";

export { checkRoceQos, ecnThresholds, roceQos } from "./roce-qos";
export type { RoceQos, RoceQosArgs } from "./roce-qos";
export { hostCommands, hostScript, hostSysfs, ncclEnvironment, nicConfigurationTemplate, pfcBitmap } from "./host";
export type { HostPort, NicConfigurationTemplate } from "./host";

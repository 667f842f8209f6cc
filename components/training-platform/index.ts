export { checkAmounts, checkNames, checkPlatformSettings, checkTrainingPlatform, distinct, ofCharts } from "./check";
export { chartValues, mirrorsOf, withoutName } from "./parts";
export type { PlatformGround } from "./training-platform";
export { createTrainingPlatform } from "./training-platform";
export type {
    BudgetArgs,
    GpuSettingsArgs,
    JobSettingsArgs,
    MonitoringSettingsArgs,
    TrainingPlatformArgs,
    TrainingSettingsArgs,
} from "./training-platform-args";

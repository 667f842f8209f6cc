export { chartReference, checkChartMirror, installChart, releaseArgs } from "./chart";
export type { ChartInstall, ChartReference } from "./chart";
export { checkImageMirror, imageFrom, mirroredValues } from "./image-mirror";
export { podSecurityLabels, securedNamespace } from "./namespace";
export type { PodSecurityLevel } from "./namespace";
export { checkChartValues, mergeValues } from "./values";
export type { ChartValues } from "./values";

/** What is true of hardware, releases and prices: typed readers over the JSON files of this folder. */
export { capacityBlockRules, isCapacityBlockLength } from "./capacity-blocks";
export { chartImages, chartsWithImages, inMirror, withoutRegistry } from "./chart-images";
export { chartValues, unknownChartValues } from "./chart-values";
export type { UnknownChartValue } from "./chart-values";
export { compatible, pinnedVersions } from "./compatibility";
export type { Incompatibility } from "./compatibility";
export { findInstance, instance, instanceTypes, networkInterfaces, supportsEfa } from "./instances";
export type { NetworkInterfaceOptions } from "./instances";
export { computeNics, computePorts, findMachine, machine, machineTypes } from "./machines";
export { editDistance, nearest } from "./nearest";
export {
    hoursPerMonth,
    instancePrices,
    oldestPriceDate,
    rate,
    rateOrReason,
    serviceNames,
    servicePrice,
} from "./prices";
export type { Rate, RateAnswer, RateQuery } from "./prices";
export {
    compareMinors,
    defaultKubernetesMinor,
    findRelease,
    imageReference,
    kubernetesMinors,
    release,
    releaseNames,
    releasesOf,
    stagingVersion,
    supportsKubernetes,
    versionFor,
} from "./releases";
export {
    efaResource,
    findRegion,
    gpuResource,
    gpuTaintKey,
    gpuTaintValue,
    hugepagesResource,
    instanceTopologyLevels,
    kilogpuLabels,
    networkLayerLabel,
    nodeLabels,
    region,
    regionNames,
    regionOfZone,
    topologyLevels,
    zoneNames,
} from "./topology";
export { findNodeShape, findSystemInstance, systemInstance, systemInstanceTypes } from "./system-instances";
export type {
    AwsRegion,
    CapacityBlockRules,
    CardCarries,
    ChartValues,
    InstancePrice,
    InstanceType,
    MachineNic,
    MachineType,
    NetworkCard,
    NetworkInterfaceLayout,
    NodeShape,
    PriceKind,
    Release,
    ServicePrice,
    Source,
    SystemInstanceType,
} from "./types";
export { unknownName, UnknownNameError } from "./unknown-name";

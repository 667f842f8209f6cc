/** The twin's Kubernetes: a real control plane, simulated kubelets, real controllers. */
export { ApiClient, refOf } from "./api-client";
export type {
    ApplyOptions,
    DeleteOptions,
    KubernetesObject,
    ListOptions,
    ObjectMeta,
    ObjectRef,
    PatchOptions,
    WatchEvent,
    WriteOptions,
} from "./api-client";
export { ApiError, ApiUnreachableError, isAlreadyExists, isConflict, isNotFound } from "./api-error";
export type { ApiStatus } from "./api-error";
export { installChart, uninstallChart, upgradeChart } from "./charts/install";
export { installedCharts } from "./charts/record";
export { ChartError } from "./charts/render";
export {
    ControlPlaneError,
    health,
    missingParts,
    readControlPlane,
    requireControlPlane,
    startControlPlane,
    stopControlPlane,
} from "./control-plane";
export type { ApiResource } from "./discovery";
export {
    createNodes,
    deleteNodes,
    hardwareAnnotation,
    hardwareOf,
    kubeletAnnotation,
    notReadyLabel,
    offerDevices,
    withdrawDevices,
} from "./nodes";
export { inParallel } from "./parallel";
export { logOf, ProcessFailedError } from "./processes";
export { ControllerChart } from "./types";
export type { ChartOptions, ControlPlane, ControlPlaneOptions, Health, ProcessHealth, TwinNode } from "./types";
export { conditionStatus, waitForDeletion, waitForObject, waitForObjects, WaitTimeoutError } from "./wait";

/** Values of the gpu-operator chart: who owns the driver decides all that depends on it. Pure. */
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import type { ChartValues } from "../helm-chart";
import { findMachine } from "../../catalog/machines";
import { FabricKind, GpuDirect, NetworkDriver } from "../fabric";
import { DriverOwner } from "./gpu-operator-args";
import { devicePluginConfigs, migConfig } from "./sharing";

/** Label of training pods; the training runtimes set it. A driver upgrade waits for them to end. */
export const trainingPodSelector = "kilogpu.dev/training=true";

/** What the values depend on. */
export interface OperatorOptions {
    driver: DriverOwner;
    networkDriver: NetworkDriver;
    gpuDirect: GpuDirect;
    serviceMonitor: boolean;
    metricsIntervalSeconds: number;
}

/** Arm has pages of 64 KiB, which nvidia_peermem does not serve; on x86 it is what DOCA-OFED was made with. */
export function gpuDirectOf(pools: NodePoolArgs[]): GpuDirect {
    return pools.some((pool) => findMachine(pool.instanceType)?.cpuArchitecture === "arm64")
        ? GpuDirect.DmaBuf
        : GpuDirect.Peermem;
}

/** Tolerations for every taint of the pools, the GPU taint first. */
export function poolTolerations(pools: NodePoolArgs[]): { key: string; operator: string; effect: string }[] {
    const all = [
        { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
        ...pools
            .flatMap((pool) => pool.taints)
            .map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect })),
    ];
    return all.filter(
        (toleration, index) =>
            all.findIndex((other) => other.key === toleration.key && other.effect === toleration.effect) === index,
    );
}

/** The values. */
export function operatorValues(pools: NodePoolArgs[], options: OperatorOptions): ChartValues {
    const efa = pools.some((pool) => pool.fabric === FabricKind.Efa);
    const mellanox = pools.some((pool) => pool.fabric === FabricKind.Infiniband || pool.fabric === FabricKind.Roce);
    return {
        // One owner: node-feature-discovery is a release of its own.
        nfd: { enabled: false },
        // Both are on by default, for confidential and Kata containers.
        ccManager: { enabled: false },
        kataSandboxDevicePlugin: { enabled: false },
        sandboxWorkloads: { enabled: false },
        // An empty env breaks the chart's template; and a CUDA sample need not run on each node on each restart.
        validator: { plugin: { env: [{ name: "WITH_WORKLOAD", value: "false" }] } },
        daemonsets: { tolerations: poolTolerations(pools) },
        ...driverValues(options, efa, mellanox),
        devicePlugin: devicePluginValues(pools, efa, mellanox && options.gpuDirect === GpuDirect.Peermem),
        // All GPUs of a pool are divided alike, so that slices can go by the name nvidia.com/gpu, which quotas count.
        mig: { strategy: "single" },
        migManager: migValues(pools),
        dcgmExporter: {
            serviceMonitor: {
                enabled: options.serviceMonitor,
                interval: `${String(options.metricsIntervalSeconds)}s`,
                // Labels of the exporter win, so that `pod` is the training pod and not the exporter's own.
                honorLabels: true,
            },
        },
    };
}

function driverValues(options: OperatorOptions, efa: boolean, mellanox: boolean): ChartValues {
    if (options.driver === DriverOwner.Ami) {
        // gdrcopy is a kernel module next to the driver's: without the operator's driver pod it has nothing to build against.
        return { driver: { enabled: false }, toolkit: { enabled: false }, gdrcopy: { enabled: false } };
    }
    // nvidia_peermem needs the symbols of DOCA-OFED; DMA-BUF needs NVIDIA's open modules and nothing else.
    const peermem = mellanox && options.gpuDirect === GpuDirect.Peermem;
    return {
        driver: {
            enabled: true,
            ...(mellanox && !peermem ? { kernelModuleType: "open" } : {}),
            // On EFA the validator would wait for nvidia_peermem for ever: it loads only where OFED is.
            // And it would wait for the network operator's driver pod where the hosts themselves bring DOCA-OFED.
            rdma: { enabled: peermem, useHostMofed: peermem && options.networkDriver === NetworkDriver.Host },
            upgradePolicy: {
                autoUpgrade: true,
                maxParallelUpgrades: 1,
                maxUnavailable: 1,
                // 0: no limit. A run of weeks is not ended by a driver.
                waitForCompletion: { podSelector: trainingPodSelector, timeoutSeconds: 0 },
                gpuPodDeletion: { force: false, timeoutSeconds: 300, deleteEmptyDir: false },
                drain: { enable: false, force: false },
            },
        },
        toolkit: { enabled: true },
        gdrcopy: { enabled: efa || mellanox },
    };
}

function devicePluginValues(pools: NodePoolArgs[], efa: boolean, peermem: boolean): ChartValues {
    const configs = devicePluginConfigs(pools);
    const rdma = pools.some((pool) => pool.fabric === FabricKind.Infiniband || pool.fabric === FabricKind.Roce);
    return {
        env: [
            // On by default, it demands Mellanox device files and keeps pods on EFA nodes from starting (k8s-device-plugin#1692).
            // With DMA-BUF the network operator's plugin alone hands them out.
            ...(peermem ? [] : [{ name: "MOFED_ENABLED", value: "false" }]),
            ...(efa || rdma ? [{ name: "GDRCOPY_ENABLED", value: "true" }] : []),
        ],
        ...(configs === undefined
            ? {}
            : {
                  config: { create: true, name: "kilogpu-device-plugin", default: configs.default, data: configs.data },
              }),
    };
}

function migValues(pools: NodePoolArgs[]): ChartValues {
    const config = migConfig(pools);
    return config === undefined
        ? { enabled: false }
        : {
              enabled: true,
              config: {
                  create: true,
                  name: "kilogpu-mig",
                  default: "all-disabled",
                  data: { "config.yaml": config },
              },
          };
}

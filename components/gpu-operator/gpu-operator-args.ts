/** Arguments of GpuOperator. */
import type { GpuDirect, NetworkDriver } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool/pool";

/** Who installs the NVIDIA driver on a node. Exactly one may, or both fight over the kernel module. */
export const DriverOwner = {
    /** The node's image brings driver and container toolkit, as the EKS NVIDIA images do. */
    Ami: "ami",
    /** The operator installs both, in containers: nodes whose image has none. */
    Operator: "operator",
} as const;
export type DriverOwner = (typeof DriverOwner)[keyof typeof DriverOwner];

/** What the GPU operator is installed with. */
export interface GpuOperatorArgs {
    /** Pools whose GPUs are served: `GpuNodePool.pool`. */
    pools: NodePoolArgs[];
    /** Who installs the NVIDIA driver. Defaults to the image of the nodes. */
    driver?: DriverOwner;
    /**
     * Who installs DOCA-OFED on nodes with InfiniBand or RoCE, as RdmaFabric's `rack.driver`: the operator's driver pod builds
     * nvidia_peermem against it, and waits for the network operator's pod only where that one brings it. Defaults to the hosts' image.
     */
    networkDriver?: NetworkDriver;
    /**
     * How NICs of InfiniBand and RoCE reach GPU memory, as RdmaFabric's `rack.gpuDirect`: nvidia_peermem beside the operator's driver, or its open
     * modules alone. Defaults to `dma-buf` where a pool is Arm, else `peermem`.
     */
    gpuDirect?: GpuDirect;
    /** Whether Prometheus finds the GPU metrics by a ServiceMonitor; needs the Prometheus operator's CRDs. Defaults to false. */
    serviceMonitor?: boolean;
    /** Seconds between two readings of the GPU metrics. Defaults to 15. */
    metricsIntervalSeconds?: number;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the gpu-operator chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
    /** Values of the node-feature-discovery chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    featureDiscoveryValues?: { [key: string]: any };
}

/** What a rack's fabric is told beside its kind. Plain data; nothing of it applies to EFA. */
import type { FabricOptions } from "./derive";

/** Who installs NVIDIA's network driver (DOCA-OFED) on the hosts. Exactly one may. */
export const NetworkDriver = {
    /** The hosts' image has it, or the kernel's own driver serves. */
    Host: "host",
    /** The network operator installs it in containers, and the GPU driver waits for it. */
    Operator: "operator",
} as const;
export type NetworkDriver = (typeof NetworkDriver)[keyof typeof NetworkDriver];

/** Interfaces that pods get beside their ordinary one. */
export const SecondaryNetwork = {
    None: "none",
    /** MACVLAN on the rail's interface; RoCE. */
    Macvlan: "macvlan",
    /** IP over InfiniBand. */
    Ipoib: "ipoib",
} as const;
export type SecondaryNetwork = (typeof SecondaryNetwork)[keyof typeof SecondaryNetwork];

/** How NICs reach the memory of GPUs without the CPU. */
export const GpuDirect = {
    /** The kernel's own way; needs NVIDIA's open kernel modules and Linux 5.12. The only one on Arm. */
    DmaBuf: "dma-buf",
    /** Module nvidia_peermem; needs DOCA-OFED under the GPU driver. */
    Peermem: "peermem",
} as const;
export type GpuDirect = (typeof GpuDirect)[keyof typeof GpuDirect];

/** A rack's fabric. */
export interface RackFabricArgs extends FabricOptions {
    /** RDMA devices of a host in rail order. Defaults to `mlx5_0`, `mlx5_1` and so on. */
    devices?: string[];
    /** Network interfaces of a host in rail order, for example `ens1f0np0`: needed for secondary networks and virtual functions. */
    interfaces?: string[];
    /** Range that the rails' addresses come from; each rail gets a /24 or wider part of it. Defaults to 172.16.0.0/12. */
    addressRange?: string;
    /** Addresses that a node keeps on each rail. Defaults to 4. */
    addressesPerNode?: number;
    /** Defaults to none on shared devices. Host devices and virtual functions bring a network of their own. */
    secondaryNetwork?: SecondaryNetwork;
    /** Virtual functions of a port, in mode `sriov`. Defaults to 1. */
    virtualFunctions?: number;
    /** IP MTU of the rails on RoCE. Defaults to 9000. */
    mtu?: number;
    /** Packet buffer of the shallowest switch, KiB; with it the hosts' quality of service is set on RoCE by the NIC operator. */
    switchBufferKib?: number;
    /** Defaults to the hosts'. */
    driver?: NetworkDriver;
    /**
     * How NICs reach GPU memory. Defaults by platform: `dma-buf` on Arm; on x86 either will do on hosts with a driver of their own, and the GPU
     * operator's driver loads nvidia_peermem.
     */
    gpuDirect?: GpuDirect;
    /**
     * InfiniBand partition of the rails, 1 to 32766 (0x7ffe), at index 1 of the ports' tables; index 0 is the default partition. Preflight looks
     * for it, NCCL is told to use it. Defaults to the default partition.
     */
    pkey?: number;
    /** Secret in the network operator's namespace with UFM's address and login: virtual functions in a partition of their own need it. */
    ufmSecret?: string;
    /**
     * Let InfiniBand switches reduce (SHARP): needs the aggregation manager beside the subnet manager, and NCCL's SHARP plugin in the training
     * image. Defaults to false.
     */
    sharp?: boolean;
    /** Label selector of pods that a driver upgrade waits for. Defaults to the library's training pods. */
    waitForPods?: string;
}

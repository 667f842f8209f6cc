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
    /** Label selector of pods that a driver upgrade waits for. Defaults to the library's training pods. */
    waitForPods?: string;
}

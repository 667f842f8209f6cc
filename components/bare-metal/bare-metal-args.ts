/** Arguments of BareMetalCluster and BareMetalNodePool, and the record that one gives the other. */
import type * as pulumi from "@pulumi/pulumi";
import type { FabricKind } from "../fabric/profile";
import type { GpuDirect } from "../fabric/rack-args";
import type { PoolTaint } from "../gpu-node-pool/pool";
import type { InventoryHost } from "../inventory/inventory";

/** A host that connections go through. */
export interface JumpHostArgs {
    host: string;
    /** Defaults to 22. */
    port?: number;
    /** Defaults to the user of the hosts. */
    user?: string;
    /** Public host key, `ssh-ed25519 AAAA…`. */
    hostKey: string;
}

/**
 * How hosts are reached. Keys stay in the SSH agent: there is no argument for a private key or a password, and one that is
 * given all the same is refused. Each host's `hostKey` in the inventory pins its identity.
 */
export interface SshArgs {
    /** Needs password-less sudo where it is not root. Defaults to root. */
    user?: string;
    /** Defaults to 22. */
    port?: number;
    /** Socket of the SSH agent. Defaults to SSH_AUTH_SOCK. */
    agentSocketPath?: string;
    jumpHost?: JumpHostArgs;
}

/** The RKE2 to install; its SHA-256 is checked on every host before it is unpacked. */
export interface Rke2Args {
    /** For example `v1.35.4+rke2r1`. */
    version: string;
    /** Where the archive lies: a mirror's URL on a site without internet. Defaults to the release on GitHub. */
    url?: string;
    /** SHA-256 of the archive, from the release's own checksum file. */
    sha256: string;
    /** Archive of all images (zstd), for sites without internet. */
    imagesUrl?: string;
    imagesSha256?: string;
    /** Registry that answers for all others, `https://registry.example.com`. */
    registryMirror?: string;
    /** Path of its CA on the hosts. */
    registryCa?: string;
}

/** The control plane. */
export interface BareMetalClusterArgs {
    /** Hosts of the control plane: one, or an odd number so that etcd keeps its majority. They need no NICs. */
    servers: InventoryHost[];
    /** Kubernetes minor, for example `1.35`. */
    kubernetesVersion: string;
    rke2: Rke2Args;
    ssh?: SshArgs;
    /** Name or address that reaches all servers (a virtual address, a load balancer). Defaults to the first server's address. */
    endpoint?: string;
}

/** What a pool needs to know of its cluster. */
export interface BareMetalAccess {
    kubernetesVersion: string;
    rke2: Rke2Args;
    ssh: SshArgs;
    /** First server: membership is set there. */
    server: InventoryHost;
    /** `https://endpoint:9345`. */
    joinUrl: string;
    /** Secret. Reaches hosts over standard input alone. */
    joinToken: pulumi.Output<string>;
    /** Secret. */
    kubeconfig: pulumi.Output<string>;
}

/** A bare-metal cluster as input: `BareMetalCluster.access`. */
export interface BareMetalAccessArgs {
    kubernetesVersion: string;
    rke2: Rke2Args;
    ssh: SshArgs;
    server: InventoryHost;
    joinUrl: string;
    joinToken: pulumi.Input<string>;
    kubeconfig: pulumi.Input<string>;
}

/** In which order hosts are changed. Each stage waits for the one before; a failure stops all later stages. */
export interface RolloutArgs {
    /** Hosts of the first stage. Defaults to 1. */
    canaries?: number;
    /** Most hosts of one later stage, and so the most that reboot at a time. Defaults to 4. */
    maxUnavailable?: number;
    /**
     * Most racks of one later stage. Defaults to 1: what takes a rack away meets no second one. More makes the first rollout of a large site
     * shorter, while nothing runs there yet: a server reboots for minutes, and each stage waits for the one before.
     */
    racks?: number;
}

/** Settings of a host's kernel. */
export interface TuningArgs {
    /** Pages of 2 MiB. Defaults to 0. */
    hugepages?: number;
    /** Defaults to `iommu=pt`. */
    kernelArguments?: string[];
    /** Whether a pod sees only its own RDMA devices. Needs a reboot, which is why it is set before joining. Defaults to true on RoCE. */
    exclusiveRdma?: boolean;
    /** Let tuning reboot hosts, within `rollout.maxUnavailable`. Defaults to false: the rollout stops and says which host waits. */
    allowReboot?: boolean;
}

/** Local scratch space. */
export interface ScratchArgs {
    /** Empty NVMe disks that make up the RAID 0. */
    disks: number;
    /** Defaults to `/mnt/scratch`. */
    mountPoint?: string;
}

/** What a host must be, before and after tuning, beside the machine catalogue. */
export interface ExpectationArgs {
    /** NIC firmware, for example `28.43.1014`. Defaults to: the same on all ports. */
    nicFirmware?: string;
    /** NVIDIA driver. Defaults to: module and tools agree. */
    driver?: string;
    /** Free space under /var/lib, GiB. Defaults to 100. */
    diskGib?: number;
    /** Let PCIe bridges redirect traffic between GPUs and NICs (ACS), as virtual machines need it. Defaults to false. */
    allowAcs?: boolean;
    /** Most that the clock may be off, seconds. Defaults to 0.1. */
    clockOffsetSeconds?: number;
    /** How NICs reach GPU memory, as RdmaFabric's `rack.gpuDirect`. Defaults to: `dma-buf` on Arm, either way on x86. */
    gpuDirect?: GpuDirect;
    /** InfiniBand partition that every rail is a full member of, as RdmaFabric's `rack.pkey`. Defaults to none. */
    pkey?: number;
}

/** A pool of GPU hosts of one machine type. */
export interface BareMetalNodePoolArgs {
    /** The cluster that the hosts join: `BareMetalCluster.access`. */
    cluster: BareMetalAccessArgs;
    /** The pool's hosts, from the inventory. */
    hosts: InventoryHost[];
    /** Machine type of the catalogue, for example `hgx-h100`. */
    machineType: string;
    fabric: FabricKind;
    /** Name of the site; the zone of the pool's record. */
    site: string;
    rollout?: RolloutArgs;
    tuning?: TuningArgs;
    scratch?: ScratchArgs;
    expect?: ExpectationArgs;
    /** Node labels besides the library's. Defaults to none. */
    labels?: { [key: string]: string };
    /** Beside the GPU taint. */
    taints?: PoolTaint[];
    /**
     * Ask every host over SSH, while the program runs, whether it is still as wanted: a host changed by hand then shows in the
     * preview. `kilogpu plan` asks nobody. Defaults to false.
     */
    detectDrift?: boolean;
}

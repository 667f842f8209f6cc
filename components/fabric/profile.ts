/**
 * The fabric profile: one pure function from a pool's hardware to everything that follows from its network. Node groups,
 * pod resources, queues, training runtimes and alerts all read this record, so that none of them can disagree.
 */
/** Network between the nodes of a pool. */
export const FabricKind = {
    Tcp: "tcp",
    Efa: "efa",
    Infiniband: "infiniband",
    Roce: "roce",
} as const;
export type FabricKind = (typeof FabricKind)[keyof typeof FabricKind];

/** One network interface of a node's launch template. */
export interface FabricInterface {
    networkCardIndex: number;
    deviceIndex: number;
    /** `interface`, `efa-only` or `efa`. */
    interfaceType: string;
}

/** What follows from a pool's network. Plain data. */
export interface FabricProfile {
    kind: FabricKind;
    /** How the devices reach a pod: `none`, `device-plugin`, `shared-device`, `sriov`, `host-device`. */
    mode: string;
    /** Network interfaces of a node's launch template, in order; empty on bare metal. */
    networkInterfaces: FabricInterface[];
    /** Resources of one whole-node training pod besides GPUs, CPU and memory, for example `vpc.amazonaws.com/efa: "16"`, `hugepages-2Mi: "5120Mi"`. */
    podResources: { [resource: string]: string };
    /** Resource names that a queue must cover so that pods on this fabric are admissible. */
    coveredResources: string[];
    /** NCCL and libfabric environment of a training container. Empty where the modern defaults are right. */
    ncclEnvironment: { [name: string]: string };
    /** Annotations of a training pod, which attach it to the rails' networks. Defaults to none. */
    podAnnotations?: { [annotation: string]: string };
    /** RDMA-capable ports of one node; 0 for tcp. */
    portsPerNode: number;
    /** Rate of one port, Gbit/s; 0 for tcp. */
    portGbps: number;
    /** What NCCL prints after "Using network" when the fabric works; "Socket" means the fall-back. */
    expectedNetwork: string;
    /** Floor of all_reduce bus bandwidth over many nodes, GB/s; 0 where no figure is published. */
    busBandwidthFloorGBs: number;
    /** Whether the pod needs IPC_LOCK (pinned memory for RDMA). */
    ipcLock: boolean;
    /** A reason in words for everything that was left out on purpose, for people who read the plan. */
    notes: string[];
}

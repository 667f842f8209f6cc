/** From a machine and a kind of fabric to everything that follows. Pure: the one place where these facts meet. */
import { efaResource, hugepagesResource } from "../../catalog/topology";
import type { FabricMachine, RdmaPort } from "./machine";
import { FabricKind } from "./profile";
import type { FabricProfile } from "./profile";

/** How RDMA devices reach a pod on InfiniBand and RoCE. */
export const FabricMode = {
    /** Every pod of a node sees all devices through one shared resource: one training pod on a node. */
    SharedDevice: "shared-device",
    /** Virtual functions, one network namespace each: several tenants on a node. */
    Sriov: "sriov",
    /** Whole physical functions moved into the pod. */
    HostDevice: "host-device",
} as const;
export type FabricMode = (typeof FabricMode)[keyof typeof FabricMode];

/** What of a fabric a site decides for itself. Plain data; nothing of it applies to EFA. */
export interface FabricOptions {
    /** Defaults to `shared-device` on InfiniBand and `sriov` on RoCE. */
    mode?: FabricMode;
    /** Resource name after its domain: `ib` gives `rdma/ib`. Defaults to `ib` or `roce`, and to `hostdev` for host devices. */
    resourceName?: string;
    /** Index of the RoCE v2 address in a port's table. Defaults to 3, IPv4 where the port has one address. */
    gidIndex?: number;
    /** DSCP of RDMA traffic on RoCE; the switches must put it into the lossless class. Defaults to 26. */
    dscp?: number;
    /** Lossless priority of that class, 0 to 7. Defaults to 3. */
    losslessPriority?: number;
    /** Interface of NCCL's bootstrap connections inside the pod. Defaults to `eth0`. */
    socketInterface?: string;
    /** Floor of all_reduce bus bandwidth over many nodes, GB/s; replaces the catalogue's. */
    busBandwidthFloorGBs?: number;
    /** Partition of the rails on InfiniBand; at index 1 of the ports' tables. Defaults to the default partition. */
    pkey?: number;
    /** Whether InfiniBand switches reduce. Defaults to false. */
    sharp?: boolean;
}

/** DSCP that RoCE traffic has where a site names none (a common lossless plan: DSCP 26, priority 3). */
export const DEFAULT_DSCP = 26;
/** Priority of the lossless class where a site names none. */
export const DEFAULT_LOSSLESS_PRIORITY = 3;

/**
 * Hugepages of one training pod, MiB: what AWS's EFA manifests ask for. The AMI allocates twice as much, so that a debugging pod
 * with EFA still fits beside the job.
 */
const EFA_HUGEPAGES_MIB = 5120;
const MIB_PER_PAGE = 2;

/** The profile of a machine on a fabric. Call it on what `checkFabricKind` and `checkFabricOptions` have passed. */
export function fabricProfile(machine: FabricMachine, kind: FabricKind, options: FabricOptions = {}): FabricProfile {
    const floor = options.busBandwidthFloorGBs ?? machine.busBandwidthGBs;
    switch (kind) {
        case FabricKind.Efa:
            return efaProfile(machine, floor);
        case FabricKind.Infiniband:
            return rdmaProfile(machine, kind, options, floor);
        case FabricKind.Roce:
            return rdmaProfile(machine, kind, options, floor);
        default:
            return tcpProfile(machine);
    }
}

function tcpProfile(machine: FabricMachine): FabricProfile {
    return {
        kind: FabricKind.Tcp,
        mode: "none",
        networkInterfaces: machine.interfaces.tcp,
        podResources: {},
        coveredResources: [],
        ncclEnvironment: {},
        portsPerNode: 0,
        portGbps: 0,
        expectedNetwork: "Socket",
        busBandwidthFloorGBs: 0,
        ipcLock: false,
        notes:
            machine.efaInterfaces > 0
                ? [`${machine.type} has ${String(machine.efaInterfaces)} EFA interfaces that a tcp pool leaves unused.`]
                : [],
    };
}

function efaProfile(machine: FabricMachine, floor: number): FabricProfile {
    const hugepages = Math.min(EFA_HUGEPAGES_MIB, machine.hugepages2Mi * MIB_PER_PAGE);
    const resources: { [resource: string]: string } = { [efaResource]: String(machine.efaInterfaces) };
    if (hugepages > 0) {
        resources[hugepagesResource] = `${String(hugepages)}Mi`;
    }
    const spansMachines = machine.nvlinkDomainGpus > machine.gpus;
    return {
        kind: FabricKind.Efa,
        mode: "device-plugin",
        networkInterfaces: machine.interfaces.efa,
        podResources: resources,
        coveredResources: Object.keys(resources),
        // libfabric 1.18 and aws-ofi-nccl 1.7 choose the rest themselves (aws-ofi-nccl doc/efa-env-var.md).
        ncclEnvironment: spansMachines ? { NCCL_MNNVL_ENABLE: "1", NCCL_NVLS_ENABLE: "1" } : {},
        portsPerNode: machine.efaInterfaces,
        portGbps: machine.efaInterfaces === 0 ? 0 : machine.efaGbps / machine.efaInterfaces,
        expectedNetwork: "AWS Libfabric",
        busBandwidthFloorGBs: floor,
        ipcLock: true,
        notes: [
            "FI_PROVIDER, FI_EFA_USE_DEVICE_RDMA, FI_EFA_FORK_SAFE and NCCL_PROTO are left out on purpose: libfabric 1.18 and aws-ofi-nccl 1.7 choose them, and old values cost bandwidth.",
            "/dev/infiniband is not mounted: the device plugin hands out the devices, and a hostPath over them breaks EFA.",
            ...(hugepages > 0
                ? []
                : [`${machine.type} allocates no hugepages at boot, so that its pods ask for none.`]),
            ...(spansMachines
                ? [
                      `${String(machine.nvlinkDomainGpus)} GPUs share one NVLink domain over several nodes; a job uses it with a ComputeDomain and pods of one nvidia.com/gpu.clique.`,
                  ]
                : []),
        ],
    };
}

function rdmaProfile(machine: FabricMachine, kind: FabricKind, options: FabricOptions, floor: number): FabricProfile {
    const mode = options.mode ?? (kind === FabricKind.Roce ? FabricMode.Sriov : FabricMode.SharedDevice);
    const ports = railOrder(machine.rdmaPorts);
    const resource = rdmaResource(kind, mode, options.resourceName);
    // A shared device is one resource that opens all ports; virtual and physical functions are counted one by one.
    const count = mode === FabricMode.SharedDevice ? 1 : ports.length;
    return {
        kind,
        mode,
        networkInterfaces: [],
        podResources: { [resource]: String(count) },
        coveredResources: [resource],
        ncclEnvironment: {
            NCCL_IB_HCA: hcaList(ports, mode),
            NCCL_SOCKET_IFNAME: options.socketInterface ?? "eth0",
            ...(kind === FabricKind.Roce ? roceEnvironment(options) : infinibandEnvironment(options, mode)),
        },
        portsPerNode: ports.length,
        portGbps: Math.min(...ports.map((port) => port.gbps)),
        expectedNetwork: "IB",
        busBandwidthFloorGBs: floor,
        ipcLock: true,
        notes: [
            "NCCL_NET_GDR_LEVEL is left out on purpose: NCCL reads the PCIe topology, and a fixed level hides a wrong slot.",
            ...(mode === FabricMode.Sriov
                ? ["NCCL_IB_HCA is a prefix: virtual functions are numbered differently in each pod."]
                : [
                      "NCCL_IB_HCA lists the ports by exact name in rail order, so that storage and management ports stay out.",
                  ]),
            ...(kind === FabricKind.Roce
                ? ["Switches must map the DSCP to the lossless priority; hosts alone cannot make RoCE lossless."]
                : infinibandNotes(options)),
        ],
    };
}

/** Extended resource of an RDMA device: `rdma/…` from the shared device plugin, `nvidia.com/…` from the SR-IOV plugin. */
export function rdmaResource(kind: FabricKind, mode: FabricMode, resourceName?: string): string {
    const fallback = kind === FabricKind.Roce ? "roce" : "ib";
    switch (mode) {
        case FabricMode.SharedDevice:
            return `rdma/${resourceName ?? fallback}`;
        case FabricMode.HostDevice:
            return `nvidia.com/${resourceName ?? "hostdev"}`;
        default:
            return `nvidia.com/${resourceName ?? `${fallback}_vf`}`;
    }
}

/** The ToS byte of RDMA traffic: the DSCP, and ECN-capable transport (ECT(0)), without which switches drop instead of marking. */
export function trafficClass(dscp: number): number {
    return dscp * 4 + 2;
}

function roceEnvironment(options: FabricOptions): { [name: string]: string } {
    return {
        NCCL_IB_GID_INDEX: String(options.gidIndex ?? 3),
        NCCL_IB_TC: String(trafficClass(options.dscp ?? DEFAULT_DSCP)),
        // The priority on the wire of VLAN-tagged frames: the same class as the DSCP's, or tagged traffic would be dropped unpaused.
        NCCL_IB_SL: String(options.losslessPriority ?? DEFAULT_LOSSLESS_PRIORITY),
        // 4 µs · 2^22, about 17 s: a PFC pause or a rerouted path must not end a job (NCCL's default gives up after 4 s).
        NCCL_IB_TIMEOUT: "22",
    };
}

/** Index of the rails' own partition in a port's table: the subnet manager keeps the default one at 0. */
const OWN_PARTITION_INDEX = 1;

function infinibandEnvironment(options: FabricOptions, mode: FabricMode): { [name: string]: string } {
    return {
        // NCCL takes an index, not a key. A virtual function has its partition at 0, NCCL's default.
        ...(options.pkey === undefined || mode === FabricMode.Sriov
            ? {}
            : { NCCL_IB_PKEY: String(OWN_PARTITION_INDEX) }),
        // Relaxed ordering: switches answer in any order (Nebius' NCCL runtime for H100 sets it).
        ...(options.sharp === true ? { NCCL_COLLNET_ENABLE: "1", SHARP_COLL_ENABLE_PCI_RELAXED_ORDERING: "1" } : {}),
    };
}

function infinibandNotes(options: FabricOptions): string[] {
    return [
        options.pkey === undefined
            ? "The rails are in the default partition; NCCL_IB_PKEY is left out on purpose."
            : "The subnet manager must have all nodes as full members of the partition (kilogpu writes its partitions.conf).",
        ...(options.sharp === true
            ? [
                  "SHARP needs sharp_am beside the subnet manager and libnccl-net of nccl-rdma-sharp-plugins in the image: without them NCCL reduces on the hosts and says so in its log (CollNet).",
              ]
            : []),
    ];
}

/** A leading `=` makes NCCL match whole names: without it, `mlx5_1` would also take `mlx5_10` to `mlx5_19`. */
function hcaList(ports: RdmaPort[], mode: FabricMode): string {
    return mode === FabricMode.Sriov ? "mlx5" : `=${ports.map((port) => port.device).join(",")}`;
}

function railOrder(ports: RdmaPort[]): RdmaPort[] {
    return ports.toSorted((a, b) => a.rail - b.rail);
}

/** What the fabric profile reads of a machine, be it an EC2 instance or a server in a rack. */
import { networkInterfaces } from "../../catalog/instances";
import { computeNics, computePorts } from "../../catalog/machines";
import type { InstanceType, MachineType, NetworkInterfaceLayout } from "../../catalog/types";

/** One RDMA port of a server, as NCCL names it. */
export interface RdmaPort {
    /** Device name, for example `mlx5_0`. */
    device: string;
    /** Rail that the port belongs to: ports of one rail meet on one leaf switch. */
    rail: number;
    /** Link rate, Gbit/s. */
    gbps: number;
    /** `infiniband` or `ethernet`. */
    linkLayer: string;
}

/** A machine as the fabric sees it. Plain data. */
export interface FabricMachine {
    /** EC2 instance type, or the machine type of a rack. */
    type: string;
    gpus: number;
    /** GPUs of one NVLink domain: more than `gpus` where a domain spans machines. */
    nvlinkDomainGpus: number;
    /** EFA interfaces; 0 where there is none. */
    efaInterfaces: number;
    /** Sum over the EFA interfaces, Gbit/s. */
    efaGbps: number;
    /** Pages of 2 MiB that the machine allocates at boot. */
    hugepages2Mi: number;
    /** all_reduce bus bandwidth that many such machines should reach, GB/s; 0 where none is published. */
    busBandwidthGBs: number;
    /** Network interfaces of a launch template with EFA, and without; empty for a server in a rack. */
    interfaces: { efa: NetworkInterfaceLayout[]; tcp: NetworkInterfaceLayout[] };
    /** RDMA ports of a server in a rack; empty on EC2. */
    rdmaPorts: RdmaPort[];
    /** True for EC2, where AWS decides which fabrics exist. */
    cloud: boolean;
}

/** An EC2 instance type as the fabric sees it. */
export function instanceMachine(entry: InstanceType): FabricMachine {
    return {
        type: entry.type,
        gpus: entry.gpus.count,
        nvlinkDomainGpus: entry.nvlinkDomainGpus,
        efaInterfaces: entry.network.efaInterfaces,
        efaGbps: entry.network.efaGbps,
        hugepages2Mi: entry.hugepages2Mi,
        busBandwidthGBs: entry.ncclBusBandwidthGBs ?? 0,
        interfaces: {
            efa: entry.network.efaInterfaces > 0 ? networkInterfaces(entry, { efa: true }) : [],
            tcp: networkInterfaces(entry, { efa: false }),
        },
        rdmaPorts: [],
        cloud: true,
    };
}

/**
 * A server in a rack as the fabric sees it.
 *
 * @param linkLayer `infiniband` or `ethernet`.
 * @param devices RDMA devices in rail order. Defaults to `mlx5_0`, `mlx5_1` and so on.
 */
export function serverMachine(entry: MachineType, linkLayer: string, devices: readonly string[] = []): FabricMachine {
    const gbps = computeNics(entry)[0]?.gbps ?? 0;
    return {
        type: entry.type,
        gpus: entry.gpus.count,
        nvlinkDomainGpus: entry.nvlinkDomainGpus,
        efaInterfaces: 0,
        efaGbps: 0,
        hugepages2Mi: 0,
        busBandwidthGBs: entry.ncclBusBandwidthGBs ?? 0,
        interfaces: { efa: [], tcp: [] },
        rdmaPorts: Array.from({ length: computePorts(entry) }, (_, rail) => ({
            device: devices[rail] ?? `mlx5_${String(rail)}`,
            rail,
            gbps,
            linkLayer,
        })),
        cloud: false,
    };
}

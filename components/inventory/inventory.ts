/** A rack's hosts as typed data: what a site knows of its machines, and everything bare metal is derived from. */

/** One RDMA port of a host and where its cable ends. */
export interface InventoryNic {
    /** RDMA device, `mlx5_0`. */
    device: string;
    /** Network interface, `ens1f0np0`; needed for RoCE. */
    netdev?: string;
    /** Rail, counted from 0: ports of one rail meet on one leaf. */
    rail: number;
    /** Leaf switch and its port. */
    leaf: string;
    leafPort?: number;
    /** Name of that port in the switch's own configuration, `swp1s0`. Defaults to what the switch's model gives `leafPort`. */
    leafInterface?: string;
    /** NIC model of the machine catalogue. Defaults to the machine's own compute NIC. */
    model?: string;
    /** Port GUID (InfiniBand) or MAC (Ethernet). */
    hardwareAddress?: string;
    /** IPv4 address on the rail's network; RoCE only. */
    address?: string;
}

/** One host. */
export interface InventoryHost {
    /** Host name, which is also the node's. */
    name: string;
    /** IPv4 address that SSH reaches. */
    address: string;
    /** IPv4 address of the baseboard management controller. */
    bmc?: string;
    /** Public SSH host key, `ssh-ed25519 AAAA…`. Connections are pinned to it. */
    hostKey?: string;
    rack: string;
    /** Pod or spine block: the widest level of the fabric. */
    pod?: string;
    /** NVLink domain where it spans hosts (GB200 NVL72). */
    nvlinkDomain?: string;
    /** Machine type of the catalogue. Defaults to the inventory's. */
    machineType?: string;
    nics: InventoryNic[];
}

/** All hosts of a site. */
export interface Inventory {
    name: string;
    /** Machine type of hosts that name none. */
    machineType?: string;
    hosts: InventoryHost[];
}

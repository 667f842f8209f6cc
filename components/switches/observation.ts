/** What a host or a switch says of its quality of service, in one form for all dialects: a port, a setting, a value. */

/** Names of settings, as a disagreement prints them. */
export const Setting = {
    Trust: "trust",
    DataClass: "class of the data's DSCP",
    CnpClass: "class of the notifications' DSCP",
    StrayClass: "other DSCPs in the lossless class",
    Lossless: "lossless priorities",
    Ecn: "ECN marking",
    EcnMin: "ECN lower threshold, bytes",
    EcnMax: "ECN upper threshold, bytes",
    EcnProbability: "marking probability, percent",
    Mtu: "MTU",
    Speed: "speed, Gbit/s",
    Watchdog: "PFC watchdog",
    CnpDscp: "DSCP of notifications",
    CnpPriority: "priority of notifications",
    TrafficClass: "ToS byte of RDMA",
    Notify: "congestion notification",
    React: "reaction to notifications",
    GidIndex: "GID index",
    ServiceLevel: "service level",
    Hca: "RDMA devices of NCCL",
    CmaTos: "ToS byte of rdma_cm",
    GidType: "type of the address at the GID index",
    LinkState: "link state",
    LinkLayer: "link layer",
    SubnetManager: "subnet manager",
    Partition: "partition key",
    PartitionIndex: "index of the partition",
    Cable: "other end of the cable",
    Hostname: "host name",
} as const;
export type Setting = (typeof Setting)[keyof typeof Setting];

/** What was read from. `infiniband`: a host on InfiniBand, which has no quality of service of RoCE. */
export type ObservationSource = "host" | "infiniband" | "nccl" | "nvue" | "sonic" | "eos";

/** One value; `port` is empty for what holds for the whole device. */
export interface ObservedSetting {
    port: string;
    setting: Setting;
    value: string;
}

/** Everything that one device says. */
export interface Observation {
    device: string;
    source: ObservationSource;
    /** Ports that the design has cables on: those must be there, whether the device mentions them or not. */
    ports: string[];
    settings: ObservedSetting[];
    /** What only this device must say, beside what its kind must: its name, where its cables end. Defaults to nothing. */
    own?: ObservedSetting[];
    /** RDMA device of a host's port, by port; remedies name it. Defaults to none. */
    devices?: { [port: string]: string };
}

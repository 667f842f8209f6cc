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
} as const;
export type Setting = (typeof Setting)[keyof typeof Setting];

/** What was read from. */
export type ObservationSource = "host" | "nccl" | "nvue" | "sonic" | "eos";

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
}

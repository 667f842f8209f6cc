/** Reads back a host: output of `mlnx_qos -i`, files under /sys, and a container's NCCL variables. Pure. */
import type { HostPort, RoceQos } from "../quality-of-service";
import { Setting } from "./observation";
import type { Observation, ObservedSetting } from "./observation";

/** What was read on one port. */
export interface HostReading {
    port: HostPort;
    /** Output of `mlnx_qos -i <netdev>`. */
    mlnxQos: string;
    /** Path under /sys and content. */
    sysfs: { [path: string]: string };
    /** Output of `cma_roce_tos -d <device>`. */
    cmaTos?: string;
}

/** Trust state, DSCP map and PFC row of `mlnx_qos`. */
export function parseMlnxQos(text: string): { trust: string; classes: Map<number, number>; lossless: number[] } {
    const trust = /^Priority trust state:\s*(\w+)/m.exec(text)?.[1] ?? "unknown";
    const classes = new Map<number, number>();
    for (const [, priority, list] of text.matchAll(/^\s*prio:(\d)\s+dscp:([\d, ]+)/gm)) {
        for (const dscp of (list ?? "").split(",").filter((entry) => entry.trim() !== "")) {
            classes.set(Number(dscp), Number(priority));
        }
    }
    const row = /^PFC configuration:\s*\n\s*priority[^\n]*\n\s*enabled([\s\d]+?)$/m.exec(text)?.[1] ?? "";
    const lossless = row
        .trim()
        .split(/\s+/)
        .flatMap((flag, priority) => (flag === "1" ? [priority] : []));
    return { trust, classes, lossless };
}

/** One host's observation. `qos` says which DSCPs and which priority's switches to look at. */
export function observeHost(device: string, qos: RoceQos, readings: readonly HostReading[]): Observation {
    return {
        device,
        source: "host",
        ports: readings.map((reading) => reading.port.netdev),
        settings: readings.flatMap((reading) => [
            ...readPort(qos, reading),
            ...linkSettings(reading.port.netdev, reading.port.device, reading.sysfs, qos.gidIndex),
        ]),
        devices: Object.fromEntries(readings.map(({ port }) => [port.netdev, port.device])),
    };
}

/** What the kernel says of an RDMA port: `4: ACTIVE`, `400 Gb/sec (4X NDR)`, `Ethernet`, `RoCE v2`. */
export function linkSettings(
    port: string,
    device: string,
    sysfs: { [path: string]: string },
    gidIndex?: number,
): ObservedSetting[] {
    const file = (name: string): string => sysfs[`/sys/class/infiniband/${device}/ports/1/${name}`]?.trim() ?? "";
    const values: [Setting, string | undefined][] = [
        [Setting.LinkState, /^\d+:\s*(\w+)/.exec(file("state"))?.[1]],
        [Setting.Speed, /^(\d+)(?:\.\d+)? Gb\/sec/.exec(file("rate"))?.[1]],
        [Setting.LinkLayer, file("link_layer") || undefined],
        // A port of Ethernet has neither; one that was not read says nothing.
        ...(gidIndex === undefined && file("sm_lid") !== ""
            ? [[Setting.SubnetManager, Number(file("sm_lid")) === 0 ? "none" : "one"] as [Setting, string]]
            : []),
        ...(gidIndex === undefined && file("pkeys/1") !== ""
            ? [[Setting.Partition, file("pkeys/1")] as [Setting, string]]
            : []),
        ...(gidIndex === undefined
            ? []
            : [[Setting.GidType, file(`gid_attrs/types/${String(gidIndex)}`) || undefined] as [Setting, string]]),
    ];
    return values.flatMap(([setting, value]) => (value === undefined ? [] : [{ port, setting, value }]));
}

function readPort(qos: RoceQos, { port, mlnxQos, sysfs, cmaTos }: HostReading): ObservedSetting[] {
    const said = parseMlnxQos(mlnxQos);
    const ecn = `/sys/class/net/${port.netdev}/ecn`;
    const files: [Setting, string][] = [
        [Setting.Notify, `${ecn}/roce_np/enable/${String(qos.priority)}`],
        [Setting.React, `${ecn}/roce_rp/enable/${String(qos.priority)}`],
        [Setting.CnpDscp, `${ecn}/roce_np/cnp_dscp`],
        [Setting.CnpPriority, `${ecn}/roce_np/cnp_802p_prio`],
        [Setting.Mtu, `/sys/class/net/${port.netdev}/mtu`],
        [Setting.TrafficClass, `/sys/class/infiniband/${port.device}/tc/1/traffic_class`],
    ];
    const dscpClass = (dscp: number): string => String(said.classes.get(dscp) ?? "none");
    const values: [Setting, string][] = [
        [Setting.Trust, said.trust],
        [Setting.DataClass, dscpClass(qos.dscp)],
        [Setting.CnpClass, dscpClass(qos.cnpDscp)],
        [Setting.Lossless, said.lossless.join(",")],
        ...(cmaTos === undefined
            ? []
            : [[Setting.CmaTos, /\d+\s*$/.exec(cmaTos)?.[0].trim() ?? ""] as [Setting, string]]),
        ...files.flatMap(([setting, path]): [Setting, string][] => {
            const value = sysfs[path];
            // traffic_class reads "Global tclass=106" on mlx5.
            return value === undefined ? [] : [[setting, value.trim().replace(/^.*=/, "")]];
        }),
    ];
    return values.map(([setting, value]) => ({ port: port.netdev, setting, value }));
}

/** What a container tells NCCL. */
export function observeNccl(device: string, environment: { [name: string]: string }): Observation {
    const variables: [Setting, string][] = [
        [Setting.TrafficClass, "NCCL_IB_TC"],
        [Setting.GidIndex, "NCCL_IB_GID_INDEX"],
        [Setting.ServiceLevel, "NCCL_IB_SL"],
        [Setting.Hca, "NCCL_IB_HCA"],
        [Setting.PartitionIndex, "NCCL_IB_PKEY"],
    ];
    return {
        device,
        source: "nccl",
        ports: [],
        settings: variables.flatMap(([setting, name]) => {
            const value = environment[name];
            return value === undefined ? [] : [{ port: "", setting, value }];
        }),
    };
}

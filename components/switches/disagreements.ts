/** Where a device says something else than the one quality-of-service object. Pure. */
import { trafficClass } from "../fabric/derive";
import type { RoceQos } from "../quality-of-service";
import { Setting } from "./observation";
import type { Observation, ObservationSource, ObservedSetting } from "./observation";
import { remedyFor } from "./remedies";

/** One disagreement. */
export interface Disagreement {
    device: string;
    /** Empty for what holds for the whole device. */
    port: string;
    setting: Setting;
    expected: string;
    /** `nothing` where the device does not say. */
    found: string;
    /** What it does to the traffic. */
    effect: string;
    /** What mends it: a command of the device, or what a person does. */
    remedy: string;
}

const EFFECTS: { [setting in Setting]: string } = {
    [Setting.Trust]: "the DSCP is not looked at, RDMA lands in the default class",
    [Setting.DataClass]: "RDMA lands outside the lossless class and is dropped under load",
    [Setting.CnpClass]: "notifications wait in the wrong queue, senders slow down too late",
    [Setting.StrayClass]: "other traffic fills the lossless class and pauses RDMA",
    [Setting.Lossless]: "PFC pauses another class, or none: RDMA is dropped under load",
    [Setting.Ecn]: "nothing is marked, only PFC holds senders back",
    [Setting.EcnMin]: "marking starts too early or too late",
    [Setting.EcnMax]: "full marking comes too early, or after PFC",
    [Setting.EcnProbability]: "senders are slowed down too much or too little",
    [Setting.Mtu]: "packets larger than the smaller side are dropped",
    [Setting.Speed]: "the link is slower than the fabric is designed for",
    [Setting.Watchdog]: "one stuck host can pause the whole fabric",
    [Setting.CnpDscp]: "switches don't know the notifications",
    [Setting.CnpPriority]: "notifications can be paused",
    [Setting.TrafficClass]: "RDMA has another DSCP than switches expect",
    [Setting.Notify]: "marked packets are ignored by this receiver",
    [Setting.React]: "this sender ignores notifications",
    [Setting.GidIndex]: "NCCL uses another address type, RoCE v1 is not routed",
    [Setting.ServiceLevel]: "tagged frames carry another priority",
    [Setting.Hca]: "NCCL uses storage or management ports, or leaves rails idle",
    [Setting.CmaTos]: "connections made by rdma_cm leave the lossless class",
    [Setting.GidType]: "RoCE v1 is not routed, and carries no DSCP",
    [Setting.LinkState]: "the rail is down, and every collective waits for it",
    [Setting.LinkLayer]: "the port speaks another protocol than the fabric",
    [Setting.SubnetManager]: "the port has no address and no route, whatever its light says",
    [Setting.Partition]: "the rail is no full member of the fabric's partition, and its packets are refused",
    [Setting.PartitionIndex]: "NCCL sends in another partition than the rails are in",
    [Setting.Cable]: "the rail meets another rail's leaf, and collectives cross the spines",
    [Setting.Hostname]: "these readings are of another device",
};

/** What each kind of device must say, for the device or for each port. Of InfiniBand only the links count. */
function expectations(
    source: ObservationSource,
    qos: RoceQos,
): { device: [Setting, string][]; port: [Setting, string][] } {
    const classes: [Setting, string][] = [
        [Setting.DataClass, String(qos.priority)],
        [Setting.CnpClass, String(qos.cnpPriority)],
    ];
    const lossless: [Setting, string] = [Setting.Lossless, String(qos.priority)];
    const ecn: [Setting, string][] = [
        [Setting.Ecn, "on"],
        [Setting.EcnMin, String(qos.ecnMinBytes)],
        [Setting.EcnMax, String(qos.ecnMaxBytes)],
        [Setting.EcnProbability, String(qos.ecnProbability)],
    ];
    const link: [Setting, string][] = [
        [Setting.Mtu, String(qos.mtu)],
        [Setting.Speed, String(qos.linkGbps)],
        [Setting.Watchdog, "on"],
    ];
    switch (source) {
        case "nccl":
            return {
                device: [
                    [Setting.TrafficClass, String(trafficClass(qos.dscp))],
                    [Setting.GidIndex, String(qos.gidIndex)],
                    [Setting.ServiceLevel, String(qos.priority)],
                ],
                port: [],
            };
        case "host":
            return {
                device: [],
                port: [
                    [Setting.Trust, "dscp"],
                    ...classes,
                    lossless,
                    [Setting.Notify, "1"],
                    [Setting.React, "1"],
                    [Setting.CnpDscp, String(qos.cnpDscp)],
                    [Setting.CnpPriority, String(qos.cnpPriority)],
                    [Setting.Mtu, String(qos.mtu)],
                    [Setting.TrafficClass, String(trafficClass(qos.dscp))],
                    [Setting.CmaTos, String(trafficClass(qos.dscp))],
                    [Setting.GidType, "RoCE v2"],
                    [Setting.LinkState, "ACTIVE"],
                    [Setting.Speed, String(qos.linkGbps)],
                    [Setting.LinkLayer, "Ethernet"],
                ],
            };
        case "infiniband":
            return {
                device: [],
                port: [
                    [Setting.LinkState, "ACTIVE"],
                    [Setting.Speed, String(qos.linkGbps)],
                    [Setting.LinkLayer, "InfiniBand"],
                    [Setting.SubnetManager, "one"],
                ],
            };
        case "nvue":
            return { device: [[Setting.Trust, "l3"], ...classes, lossless, ...ecn], port: link };
        case "sonic":
            return { device: [], port: [...classes, [Setting.StrayClass, ""], lossless, ...ecn, ...link] };
        default:
            return { device: classes, port: [...link, [Setting.Trust, "dscp"], lossless, ...ecn] };
    }
}

/** Every disagreement of every device, in the order of the devices; empty where all say the same. */
export function fabricDisagreements(qos: RoceQos, observed: readonly Observation[]): Disagreement[] {
    return observed.flatMap((observation) => {
        const said = new Map(observation.settings.map((entry) => [`${entry.port}/${entry.setting}`, entry.value]));
        const expected = expectations(observation.source, qos);
        const compare = ({ port, setting, value }: ObservedSetting): Disagreement[] => {
            const found = said.get(`${port}/${setting}`);
            return found === value
                ? []
                : [
                      {
                          device: observation.device,
                          port,
                          setting,
                          expected: value === "" ? "none" : value,
                          found: found === undefined || found === "" ? "nothing" : found,
                          effect: EFFECTS[setting],
                          remedy: remedyFor(observation, { port, setting, value }, qos),
                      },
                  ];
        };
        const own = observation.own ?? [];
        return [
            ...own.filter(({ port }) => port === "").flatMap(compare),
            ...expected.device.flatMap(([setting, value]) => compare({ port: "", setting, value })),
            ...observation.ports.flatMap((port) => [
                ...own.filter((entry) => entry.port === port).flatMap(compare),
                ...expected.port.flatMap(([setting, value]) => compare({ port, setting, value })),
            ]),
        ];
    });
}

/** `leaf-u1-r3 swp7: MTU: expected 9000, found 1500: packets larger than the smaller side are dropped.` */
export function disagreementSentence(entry: Disagreement): string {
    const place = entry.port === "" ? entry.device : `${entry.device} ${entry.port}`;
    return `${place}: ${entry.setting}: expected ${entry.expected}, found ${entry.found}: ${entry.effect}.`;
}

/** Arista EOS: commands of a RoCE quality-of-service profile and of every port, in the form of running-config. Pure. */
import type { RoceQos } from "../quality-of-service";
import type { SwitchSpec } from "./ports";

/** Name of the profile that every port of the fabric has. */
export const EOS_PROFILE = "KILOGPU-ROCE";
/** Speeds that exist only with a number of lanes: Arista AVD's schema of interface speeds, pyavd 6.4.0. */
const LANED_GBPS = 800;
const LANES = 8;

/** ECN of the data's queue. */
export function ecnLine(qos: RoceQos): string {
    return `random-detect ecn minimum-threshold ${String(qos.ecnMinBytes)} bytes maximum-threshold ${String(qos.ecnMaxBytes)} bytes max-mark-probability ${String(qos.ecnProbability)} weight 0`;
}

/** Speed as EOS names it: from 800 Gbit/s on it wants the lanes. */
function speedName(gbps: number): string {
    return gbps >= LANED_GBPS ? `${String(gbps)}g-${String(LANES)}` : `${String(gbps)}g`;
}

/** The configuration; `configure session` takes it as it is. */
export function eosConfig(spec: SwitchSpec, qos: RoceQos): string {
    const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2);
    const lines = [
        `hostname ${spec.hostname}`,
        "!",
        `qos map dscp ${String(qos.dscp)} to traffic-class ${String(qos.priority)}`,
        `qos map dscp ${String(qos.cnpDscp)} to traffic-class ${String(qos.cnpPriority)}`,
        "!",
        "priority-flow-control pause watchdog action drop",
        `priority-flow-control pause watchdog default timeout ${seconds(qos.watchdogMs)}`,
        `priority-flow-control pause watchdog default polling-interval ${seconds(qos.watchdogMs / 2)}`,
        `priority-flow-control pause watchdog default recovery-time ${seconds(2 * qos.watchdogMs)}`,
        "!",
        `qos profile ${EOS_PROFILE}`,
        "   qos trust dscp",
        "   priority-flow-control on",
        `   priority-flow-control priority ${String(qos.priority)} no-drop`,
        "   !",
        `   uc-tx-queue ${String(qos.priority)}`,
        "      no priority",
        "      bandwidth percent 50",
        `      ${ecnLine(qos)}`,
        "   !",
        `   uc-tx-queue ${String(qos.cnpPriority)}`,
        "      priority strict",
        "!",
    ];
    const ports = spec.ports.flatMap((port) => [
        `interface ${port.name}`,
        `   description ${port.peer}`,
        `   mtu ${String(qos.mtu)}`,
        `   speed ${speedName(qos.linkGbps)}`,
        `   service-profile ${EOS_PROFILE}`,
        "!",
    ]);
    return [...lines, ...ports, "end", ""].join("\n");
}

/** What mends one disagreement: the command of the device that said something else, with every value filled in. Pure. */
import { hostSysfs, pfcBitmap } from "../quality-of-service/host";
import type { RoceQos } from "../quality-of-service";
import { EOS_PROFILE, ecnLine } from "./eos";
import { nvueSettings } from "./nvue";
import { Setting } from "./observation";
import type { Observation, ObservedSetting } from "./observation";
import { SONIC_NAME, bestEffort } from "./sonic";

/** The remedy of one expectation that the device does not meet. */
export function remedyFor(observation: Observation, expected: ObservedSetting, qos: RoceQos): string {
    const { setting, port, value } = expected;
    switch (setting) {
        case Setting.Cable:
            return `Move the cable of ${port} to ${value}, or correct the inventory.`;
        case Setting.Hostname:
            return `Read ${observation.device} again, or rename the file.`;
        case Setting.LinkState:
            return `Reseat or replace the transceiver of ${port}: mlxlink -d ${deviceOf(observation, port)} -m shows its light.`;
        case Setting.LinkLayer:
            return `mlxconfig -d ${deviceOf(observation, port)} set LINK_TYPE_P1=${value === "InfiniBand" ? "1" : "2"}, then reboot.`;
        case Setting.SubnetManager:
            return `Start the subnet manager (UFM or opensm), then sminfo -C ${port} must name it.`;
        case Setting.Partition:
            return `Add the port's GUID (ibstat ${port}) to the partition as full member in partitions.conf or UFM, then restart or reload the manager.`;
        case Setting.PartitionIndex:
            return `Set NCCL_IB_PKEY=${value} in the container, as the training runtime of this fabric has it.`;
        case Setting.Hca:
            return `Set NCCL_IB_HCA="${value}" in the container, as the training runtime of this fabric has it.`;
        default:
            break;
    }
    switch (observation.source) {
        case "infiniband":
            return `mlxlink -d ${deviceOf(observation, port)} -c shows why ${port} came up slower; clean or replace the cable.`;
        case "host":
            return host(observation, expected, qos);
        case "nccl":
            return `Set ${NCCL_VARIABLES[setting] ?? setting}=${value} in the container, as the training runtime of this fabric has it.`;
        case "nvue":
            return nvue(setting, port, qos);
        case "sonic":
            return sonic(setting, port, qos);
        default:
            return eos(setting, port, qos);
    }
}

const NCCL_VARIABLES: { [setting: string]: string } = {
    [Setting.TrafficClass]: "NCCL_IB_TC",
    [Setting.GidIndex]: "NCCL_IB_GID_INDEX",
    [Setting.ServiceLevel]: "NCCL_IB_SL",
};

function deviceOf(observation: Observation, port: string): string {
    return observation.devices?.[port] ?? port;
}

function host(observation: Observation, { setting, port, value }: ObservedSetting, qos: RoceQos): string {
    const device = deviceOf(observation, port);
    const file = (ending: string): string => {
        const found = Object.entries(hostSysfs(qos, { device, netdev: port })).find(([path]) => path.endsWith(ending));
        return found === undefined ? "" : `printf '%s\\n' ${found[1]} > ${found[0]}`;
    };
    const priority = String(qos.priority);
    const commands: { [name: string]: string } = {
        [Setting.Trust]: `mlnx_qos -i ${port} --trust dscp`,
        [Setting.DataClass]: `mlnx_qos -i ${port} --dscp2prio set,${String(qos.dscp)},${priority}`,
        [Setting.CnpClass]: `mlnx_qos -i ${port} --dscp2prio set,${String(qos.cnpDscp)},${String(qos.cnpPriority)}`,
        [Setting.Lossless]: `mlnx_qos -i ${port} --pfc ${pfcBitmap(qos.priority)}`,
        [Setting.Notify]: file(`roce_np/enable/${priority}`),
        [Setting.React]: file(`roce_rp/enable/${priority}`),
        [Setting.CnpDscp]: file("cnp_dscp"),
        [Setting.CnpPriority]: file("cnp_802p_prio"),
        [Setting.Mtu]: `ip link set dev ${port} mtu ${value}`,
        [Setting.TrafficClass]: file("traffic_class"),
        [Setting.CmaTos]: `cma_roce_tos -d ${device} -t ${value}`,
        [Setting.GidType]: `give ${port} its IPv4 address, then read show_gids ${device}: index ${String(qos.gidIndex)} must be RoCE v2, or set gidIndex to the one that is`,
        [Setting.Speed]: `mlxlink -d ${device} -c shows why ${port} came up slower; clean or replace the cable`,
    };
    return `${commands[setting] ?? `set ${setting} of ${port} to ${value}`}.`;
}

function nvue(setting: Setting, port: string, qos: RoceQos): string {
    const priority = String(qos.priority);
    const global = "default-global";
    const roots: { [name: string]: string } = {
        [Setting.Trust]: `qos mapping ${global} trust`,
        [Setting.DataClass]: `qos mapping ${global} dscp ${String(qos.dscp)}`,
        [Setting.CnpClass]: `qos mapping ${global} dscp ${String(qos.cnpDscp)}`,
        [Setting.Lossless]: `qos pfc ${global}`,
        [Setting.Ecn]: `qos congestion-control ${global} traffic-class ${priority} ecn`,
        [Setting.EcnMin]: `qos congestion-control ${global} traffic-class ${priority} min-threshold`,
        [Setting.EcnMax]: `qos congestion-control ${global} traffic-class ${priority} max-threshold`,
        [Setting.EcnProbability]: `qos congestion-control ${global} traffic-class ${priority} probability`,
        [Setting.Mtu]: `interface ${port} link mtu`,
        [Setting.Speed]: `interface ${port} link speed`,
        [Setting.Watchdog]: `interface ${port} qos pfc-watchdog`,
    };
    const root = roots[setting] ?? "";
    const lines = nvueSettings({ hostname: "", ports: port === "" ? [] : [{ name: port, peer: "" }] }, qos).filter(
        (line) => line === root || line.startsWith(`${root} `),
    );
    // What stands there beside the wanted priority would stay lossless.
    const first = setting === Setting.Lossless ? [`nv unset qos pfc ${global} switch-priority`] : [];
    return [...first, ...lines.map((line) => `nv set ${line}`), "nv config apply"].join("; ");
}

function sonic(setting: Setting, port: string, qos: RoceQos): string {
    const priority = String(qos.priority);
    const set = (table: string, key: string, field: string, value: string): string =>
        `sonic-db-cli CONFIG_DB HSET '${table}|${key}' ${field} ${value}`;
    const map = set("PORT_QOS_MAP", port, "dscp_to_tc_map", SONIC_NAME);
    const profile = set("QUEUE", `${port}|${priority}`, "wred_profile", SONIC_NAME);
    const wred = (field: string, value: number): string =>
        ["green", "yellow", "red"]
            .map((colour) => set("WRED_PROFILE", SONIC_NAME, `${colour}_${field}`, String(value)))
            .concat(profile)
            .join("; ");
    const commands: { [name: string]: string } = {
        [Setting.DataClass]: `${set("DSCP_TO_TC_MAP", SONIC_NAME, String(qos.dscp), priority)}; ${map}`,
        [Setting.CnpClass]: `${set("DSCP_TO_TC_MAP", SONIC_NAME, String(qos.cnpDscp), String(qos.cnpPriority))}; ${map}`,
        [Setting.StrayClass]: `${Array.from({ length: 64 }, (_, dscp) => dscp)
            .filter((dscp) => dscp !== qos.dscp && dscp !== qos.cnpDscp)
            .map((dscp) => set("DSCP_TO_TC_MAP", SONIC_NAME, String(dscp), String(bestEffort(qos))))
            .join("; ")}; ${map}`,
        [Setting.Lossless]: set("PORT_QOS_MAP", port, "pfc_enable", priority),
        [Setting.Ecn]: `${set("WRED_PROFILE", SONIC_NAME, "ecn", "ecn_all")}; ${profile}`,
        [Setting.EcnMin]: wred("min_threshold", qos.ecnMinBytes),
        [Setting.EcnMax]: wred("max_threshold", qos.ecnMaxBytes),
        [Setting.EcnProbability]: wred("drop_probability", qos.ecnProbability),
        [Setting.Mtu]: set("PORT", port, "mtu", String(qos.mtu)),
        [Setting.Speed]: set("PORT", port, "speed", String(qos.linkGbps * 1000)),
        [Setting.Watchdog]: `${set("PORT_QOS_MAP", port, "pfcwd_sw_enable", priority)}; pfcwd start --action drop ${port} ${String(qos.watchdogMs)} --restoration-time ${String(2 * qos.watchdogMs)}`,
    };
    return `${commands[setting] ?? "config load the rendered file"}; config save -y`;
}

function eos(setting: Setting, port: string, qos: RoceQos): string {
    const profile = (...lines: string[]): string => [`qos profile ${EOS_PROFILE}`, ...lines].join("; ");
    const attach = `interface ${port}; service-profile ${EOS_PROFILE}`;
    const queue = `uc-tx-queue ${String(qos.priority)}`;
    const map = (dscp: number, value: number): string =>
        `qos map dscp ${String(dscp)} to traffic-class ${String(value)}`;
    const ecn = `${profile(queue, ecnLine(qos))}; exit; exit; ${attach}`;
    const commands: { [name: string]: string } = {
        [Setting.DataClass]: map(qos.dscp, qos.priority),
        [Setting.CnpClass]: map(qos.cnpDscp, qos.cnpPriority),
        [Setting.Trust]: `${profile("qos trust dscp")}; exit; ${attach}`,
        [Setting.Lossless]: `${profile("priority-flow-control on", `priority-flow-control priority ${String(qos.priority)} no-drop`)}; exit; ${attach}; remove other no-drop lines`,
        [Setting.Ecn]: ecn,
        [Setting.EcnMin]: ecn,
        [Setting.EcnMax]: ecn,
        [Setting.EcnProbability]: ecn,
        [Setting.Mtu]: `interface ${port}; mtu ${String(qos.mtu)}`,
        [Setting.Speed]: `interface ${port}; speed ${String(qos.linkGbps)}g`,
        [Setting.Watchdog]: `priority-flow-control pause watchdog default timeout ${(qos.watchdogMs / 1000).toFixed(2)}; interface ${port}; no priority-flow-control pause watchdog disable`,
    };
    return `configure; ${commands[setting] ?? "load the rendered file"}; end; write`;
}

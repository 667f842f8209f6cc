/** Cases of the group fabric. */
import { readyNode } from "../case";
import type { RuleCase } from "../case";

const efa = readyNode("n1", "h200");
const ib = readyNode("n1", "ib");
const roce = readyNode("n1", "roce");
const on = (metric: string, device: string, node = "n1"): string =>
    `${metric}{node="${node}",device="${device}",port="1"}`;
const ports = (metric: string, count: number, values: (index: number) => string): { [series: string]: string } =>
    Object.fromEntries(
        Array.from({ length: count }, (_, index) => [on(metric, `mlx5_${index.toString()}`), values(index)]),
    );
const first = [{ node: "n1", device: "mlx5_0" }];
const state = "node_infiniband_state_id";

/** A counter that grows too fast in one case, and stands still, slowly grows or is reset by a reboot in the other. */
function counter(
    alert: string,
    metric: string,
    infrastructure: string,
    fast: string,
    quiet: string,
    device = "mlx5_0",
): RuleCase[] {
    const node = infrastructure === "efa" ? efa : infrastructure === "ib" ? ib : roce;
    const name = infrastructure === "ib" ? "infiniband" : infrastructure;
    return [
        {
            alert,
            name: `${metric} grows fast`,
            infrastructure: name,
            series: { ...node, [on(metric, device)]: `5x9 ${fast}` },
            fires: { at: "35m", notBefore: "9m", labels: [{ node: "n1", device }] },
        },
        {
            alert,
            name: "noise, a reboot that resets the counter, and a node that was not declared",
            infrastructure: name,
            series: {
                ...node,
                [on(metric, device)]: `5x9 ${quiet} 0x40`,
                [on(metric, device, "cpu-1")]: `5x9 ${fast}`,
            },
            silentAt: ["12m", "20m", "35m"],
        },
    ];
}

const tcp = `node_network_transmit_bytes_total{node="n1",device="ens5"}`;
const rdma = on("node_amazonefa_tx_bytes", "rdmap0s6");
const busy = `DCGM_FI_PROF_GR_ENGINE_ACTIVE{node="n1",gpu="0",UUID="GPU-n1-0"}`;
const offered = `kube_node_status_allocatable{node="n1",resource="vpc_amazonaws_com_efa"}`;
const pause = (priority: number): string =>
    `node_ethtool_received_prio${priority.toString()}_pause{node="n1",device="eth0"}`;
const device = [{ node: "n1", device: "eth0" }];

const unresponsive = (node: string): string =>
    `node_amazonefa_unresponsive_remote_events{node="${node}",device="rdmap0s6",port="1"}`;

export const fabricCases: RuleCase[] = [
    {
        alert: "RdmaPortDown",
        name: "a port goes down",
        infrastructure: "infiniband",
        series: { ...ib, ...ports(state, 8, (index) => (index === 0 ? "4x9 1x40" : "4x60")) },
        fires: { at: "11m", notBefore: "9m", labels: first },
    },
    {
        alert: "RdmaPortDown",
        name: "its light goes out before the subnet manager says so",
        infrastructure: "infiniband",
        series: {
            ...ib,
            ...ports(state, 8, () => "4x60"),
            ...ports("node_infiniband_physical_state_id", 8, (index) => (index === 0 ? "5x9 2x40" : "5x60")),
        },
        fires: { at: "11m", notBefore: "9m", labels: first },
    },
    {
        alert: "RdmaPortDown",
        name: "a port that was never cabled, and a node without GPUs",
        infrastructure: "infiniband",
        series: { ...ib, [on(state, "mlx5_9")]: "1x60", [on(state, "mlx5_0", "cpu-1")]: "4x9 1x40" },
        silentAt: ["15m", "40m"],
    },
    {
        alert: "RdmaPortsMissing",
        name: "seven of eight",
        infrastructure: "infiniband",
        series: { ...ib, ...ports(state, 7, () => "4x60") },
        fires: { at: "3m", notBefore: "1m", labels: [{ node: "n1" }] },
    },
    {
        alert: "RdmaPortsMissing",
        name: "all cards are gone",
        infrastructure: "roce",
        series: roce,
        fires: { at: "3m", notBefore: "1m", labels: [{ node: "n1" }] },
    },
    {
        alert: "RdmaPortsMissing",
        name: "eight, one flaps for a minute, then a reboot",
        infrastructure: "infiniband",
        series: {
            ...ib,
            [`node_boot_time_seconds{node="n1"}`]: "-100000x19 1200x60",
            ...ports(state, 8, (index) => (index === 0 ? "4x9 1 4x9 1x8 4x40" : "4x60")),
        },
        silentAt: ["11m", "13m", "24m", "28m", "40m"],
    },
    {
        alert: "RdmaRateDegraded",
        name: "200 of 400 Gbit/s",
        infrastructure: "infiniband",
        series: {
            ...ib,
            ...ports(state, 8, () => "4x60"),
            ...ports("node_infiniband_rate_bytes_per_second", 8, (index) => (index === 0 ? "25e9x60" : "50e9x60")),
        },
        fires: { at: "3m", notBefore: "1m", labels: first },
    },
    {
        alert: "RdmaRateDegraded",
        name: "the declared rate; a port that is down has none",
        infrastructure: "infiniband",
        series: {
            ...ib,
            ...ports(state, 8, (index) => (index === 0 ? "1x60" : "4x60")),
            ...ports("node_infiniband_rate_bytes_per_second", 8, (index) => (index === 0 ? "1e9x60" : "50e9x60")),
        },
        silentAt: ["30m"],
    },
    ...counter("RdmaLinkDowned", "node_infiniband_link_downed_total", "ib", "6+1x60", "5x8"),
    ...counter("RdmaLinkFlapping", "node_infiniband_link_error_recovery_total", "ib", "5+10x60", "5+1x8"),
    ...counter("RdmaSymbolErrors", "node_infiniband_symbol_error_total", "ib", "5+20x60", "5+2x8"),
    ...counter("RdmaLosslessBroken", "node_infiniband_excessive_buffer_overrun_errors_total", "ib", "6+1x60", "5x8"),
    ...counter("RdmaReceiveErrors", "node_infiniband_port_errors_received_total", "ib", "5+50x60", "5+2x8"),
    ...counter("RdmaTransmitDiscards", "node_infiniband_port_discards_transmitted_total", "ib", "5+12000x60", "5+60x8"),
    {
        alert: "RdmaCongested",
        name: "waits and sends little",
        infrastructure: "infiniband",
        series: {
            ...ib,
            [on("node_infiniband_port_transmit_wait_total", "mlx5_0")]: "0+12e10x60",
            [on("node_infiniband_port_data_transmitted_bytes_total", "mlx5_0")]: "0+3e11x60",
        },
        fires: { at: "20m", notBefore: "9m", labels: first },
    },
    {
        alert: "RdmaCongested",
        name: "waits because it sends at full rate",
        infrastructure: "infiniband",
        series: {
            ...ib,
            [on("node_infiniband_port_transmit_wait_total", "mlx5_0")]: "0+12e10x60",
            [on("node_infiniband_port_data_transmitted_bytes_total", "mlx5_0")]: "0+24e11x60",
        },
        silentAt: ["30m"],
    },
    {
        alert: "RdmaRailSkew",
        name: "one of eight rails carries a quarter",
        infrastructure: "infiniband",
        series: {
            ...ib,
            ...ports("node_infiniband_port_data_transmitted_bytes_total", 8, (index) =>
                index === 0 ? "0+3e11x60" : "0+12e11x60",
            ),
        },
        fires: { at: "25m", notBefore: "14m", labels: first },
    },
    {
        alert: "RdmaRailSkew",
        name: "all alike, and an idle node",
        infrastructure: "infiniband",
        series: {
            ...ib,
            ...ports("node_infiniband_port_data_transmitted_bytes_total", 8, () => "0+12e11x60"),
            [on("node_infiniband_port_data_transmitted_bytes_total", "mlx5_0", "n2")]: "0+1000x60",
            [on("node_infiniband_port_data_transmitted_bytes_total", "mlx5_1", "n2")]: "0+9000x60",
        },
        silentAt: ["40m"],
    },
    {
        alert: "TransportFellBackToSocket",
        name: "TCP carries what EFA should",
        series: { ...efa, [tcp]: "0+6e10x60", [rdma]: "0x60", [busy]: "0.95x60" },
        fires: { at: "10m", notBefore: "4m", labels: [{ node: "n1" }] },
    },
    {
        alert: "TransportFellBackToSocket",
        name: "a download while training runs over EFA",
        series: { ...efa, [tcp]: "0+6e10x60", [rdma]: "0+6e11x60", [busy]: "0.95x60" },
        silentAt: ["30m"],
    },
    {
        alert: "TransportFellBackToSocket",
        name: "a cluster that was declared with TCP",
        infrastructure: "tcp",
        series: { ...readyNode("n1", "l40s"), [tcp]: "0+6e10x60", [busy]: "0.95x60" },
        silentAt: ["30m"],
    },
    ...counter(
        "RdmaOutOfSequence",
        "node_infiniband_out_of_sequence_packets_received_total",
        "roce",
        "5+12000x60",
        "5+60x8",
    ),
    ...counter("RdmaAckTimeouts", "node_infiniband_local_ack_timeout_errors_total", "roce", "5+120x60", "5+6x8"),
    ...counter("RoceSlowRestart", "node_infiniband_roce_slow_restart_total", "roce", "5+1200x60", "5+60x8"),
    ...counter("RoceCnpIgnored", "node_infiniband_rp_cnp_ignored_packets_received_total", "roce", "5+60x60", "5x8"),
    {
        alert: "RoceCongestionMarked",
        name: "a tenth is marked",
        infrastructure: "roce",
        series: {
            ...roce,
            [on("node_infiniband_np_ecn_marked_roce_packets_received_total", "mlx5_0")]: "0+6e6x60",
            [on("node_infiniband_port_packets_received_total", "mlx5_0")]: "0+6e7x60",
        },
        fires: { at: "15m", notBefore: "9m", labels: first },
    },
    {
        alert: "RoceCongestionMarked",
        name: "one per cent, and silence on an idle port",
        infrastructure: "roce",
        series: {
            ...roce,
            [on("node_infiniband_np_ecn_marked_roce_packets_received_total", "mlx5_0")]: "0+6e5x60",
            [on("node_infiniband_port_packets_received_total", "mlx5_0")]: "0+6e7x60",
            [on("node_infiniband_np_ecn_marked_roce_packets_received_total", "mlx5_1")]: "0x60",
            [on("node_infiniband_port_packets_received_total", "mlx5_1")]: "0x60",
        },
        silentAt: ["40m"],
    },
    {
        alert: "RocePauseStorm",
        name: "20,000 pauses a second on the lossless priority",
        infrastructure: "roce",
        interval: "15s",
        series: { [pause(3)]: "0x20 0+300000x60" },
        fires: { at: "8m", notBefore: "5m", labels: device },
    },
    {
        alert: "RocePauseStorm",
        name: "ordinary flow control, and a storm on another priority",
        infrastructure: "roce",
        interval: "15s",
        series: { [pause(3)]: "0+30000x60", [pause(5)]: "0+3000000x60" },
        silentAt: ["8m", "14m"],
    },
    {
        alert: "RocePausedLong",
        name: "a fifth of the time",
        infrastructure: "roce",
        series: { [`node_ethtool_received_prio3_pause_duration{node="n1",device="eth0"}`]: "0+12e6x60" },
        fires: { at: "15m", notBefore: "9m", labels: device },
    },
    {
        alert: "RocePausedLong",
        name: "two per cent",
        infrastructure: "roce",
        series: { [`node_ethtool_received_prio3_pause_duration{node="n1",device="eth0"}`]: "0+12e5x60" },
        silentAt: ["40m"],
    },
    {
        alert: "RoceWrongPriority",
        name: "pauses on priority 0",
        infrastructure: "roce",
        series: { [pause(0)]: "0+6000x60" },
        fires: { at: "15m", notBefore: "9m", labels: device },
    },
    {
        alert: "RoceWrongPriority",
        name: "pauses on the declared priority only",
        infrastructure: "roce",
        series: { [pause(3)]: "0+6000x60", [pause(0)]: "7x60" },
        silentAt: ["40m"],
    },
    {
        alert: "NicDiscards",
        name: "drops",
        infrastructure: "roce",
        series: { [`node_ethtool_received_discards_phy{node="n1",device="eth0"}`]: "0+60x60" },
        fires: { at: "8m", notBefore: "4m", labels: device },
    },
    {
        alert: "NicDiscards",
        name: "an old value and a reboot",
        infrastructure: "roce",
        series: { [`node_ethtool_received_discards_phy{node="n1",device="eth0"}`]: "700x20 0x40" },
        silentAt: ["10m", "22m", "40m"],
    },
    {
        alert: "NicLinkFlapping",
        name: "five times down",
        infrastructure: "roce",
        series: { [`node_ethtool_link_down_events_phy{node="n1",device="eth0"}`]: "0x9 0+1x5 5x40" },
        fires: { at: "15m", notBefore: "9m", labels: device },
    },
    {
        alert: "NicLinkFlapping",
        name: "a reboot brings the link down once",
        infrastructure: "roce",
        series: {
            [`node_ethtool_link_down_events_phy{node="n1",device="eth0"}`]: "3x9 0 1x40",
            [`node_network_carrier_changes_total{node="n1",device="eth0"}`]: "2x9 0 2x40",
        },
        silentAt: ["12m", "20m"],
    },
    {
        alert: "EfaInterfacesMissing",
        name: "fifteen of sixteen",
        series: { ...efa, [offered]: "15x30" },
        fires: { at: "6m", notBefore: "4m", labels: [{ node: "n1" }] },
    },
    {
        alert: "EfaInterfacesMissing",
        name: "sixteen; and a new node whose plugin is not there yet",
        series: {
            ...efa,
            [offered]: "16x60",
            ...readyNode("n2", "h200"),
            [`node_boot_time_seconds{node="n2"}`]: "0x60",
            [`kube_node_status_allocatable{node="n2",resource="vpc_amazonaws_com_efa"}`]: "_x9 16x50",
        },
        silentAt: ["8m", "20m"],
    },
    ...counter("EfaRetransmits", "node_amazonefa_retrans_timeout_events", "efa", "5+120x60", "5+6x8", "rdmap0s6"),
    {
        alert: "EfaPeerUnreachable",
        name: "two nodes miss a peer: one alert for the group",
        series: {
            ...readyNode("n1", "h200"),
            ...readyNode("n2", "h200"),
            [unresponsive("n1")]: "5x9 6+1x60",
            [unresponsive("n2")]: "5x9 7+8x60",
        },
        fires: { at: "16m", notBefore: "12m", labels: [{ capacity_group: "h200" }] },
    },
    {
        alert: "EfaPeerUnreachable",
        name: "the peer is a node that has just gone: it pages itself",
        series: {
            ...readyNode("n1", "h200"),
            ...readyNode("n2", "h200"),
            [`kube_node_status_condition{node="n2",condition="Ready",status="true"}`]: "1x9 0x60",
            [unresponsive("n1")]: "5x9 6+1x5 11x60",
        },
        silentAt: ["12m", "15m", "20m", "40m"],
    },
    {
        alert: "EfaPeerUnreachable",
        name: "a few impaired connections, and a node of no group",
        series: {
            ...readyNode("n1", "h200"),
            [`node_amazonefa_impaired_remote_conn_events{node="n1",device="rdmap0s6",port="1"}`]: "0x9 4x60",
            [unresponsive("cpu-1")]: "5x9 6+1x60",
        },
        silentAt: ["12m", "16m", "30m"],
    },
    ...counter("EfaDrops", "node_amazonefa_rx_drops", "efa", "5+1200x60", "5+60x8", "rdmap0s6"),
    ...counter("EfaWorkRequestErrors", "node_amazonefa_rdma_read_wr_err", "efa", "6+1x60", "5x8", "rdmap0s6"),
];

/** The network between nodes: InfiniBand, RoCE and EFA, each against what was declared. */
import { alertThresholds } from "../../../catalog/alerts";
import { FabricKind } from "../../fabric/profile";
import type { Infrastructure } from "../infrastructure";
import { efaAlerts, efaRecordings } from "./efa";
import { cordoned } from "./healing";
import { increase, network, onPort, port, portAlert, rate } from "./port-alert";
import type { Alert, RuleSource } from "./rule";

function rdmaAlerts(): Alert[] {
    return [
        portAlert(
            "RdmaPortDown",
            "critical",
            `(min by (${port}) (node_infiniband_state_id) != 4 or min by (${port}) (node_infiniband_physical_state_id) != 5) and on (${port}) (max by (${port}) (max_over_time(node_infiniband_state_id[1h])) == 4)`,
            "the port is down.",
            "State {{ $value }} instead of 4 (active), or physical state instead of 5 (link up). Ports that were never up within the hour are RdmaPortsMissing's matter.",
            network(
                "NCCL loses a rail; running jobs hang or fail.",
                ["Cable, transceiver, switch port; in this order."],
                cordoned,
            ),
            "30s",
        ),
        {
            name: "RdmaPortsMissing",
            severity: "critical",
            for: "2m",
            expr: `(count by (node) (node_infiniband_state_id == 4) or on (node) 0 * sum by (node) (node:kilogpu_expected_rdma_ports))
  < on (node) group_left () sum by (node) (node:kilogpu_expected_rdma_ports)
  and on (node) node:kilogpu_in_service`,
            summary: "{{ $labels.node }} has {{ $value }} active RDMA ports, fewer than declared.",
            description:
                "{{ $value }} ports are active. The number is compared with the declaration, so that a card that is gone altogether counts too.",
            runbook: network(
                "Jobs on this node run with fewer rails, or not at all.",
                ["`lspci | grep -i mellanox`: is the card there?", "Reboot once, then replace."],
                cordoned,
            ),
        },
        portAlert(
            "RdmaRateDegraded",
            "critical",
            `min by (${port}) (node_infiniband_rate_bytes_per_second and on (${port}) node_infiniband_state_id == 4)
  < on (node) group_left () max by (node) (node:kilogpu_expected_port_rate_bytes)`,
            "the link runs below its declared rate.",
            "{{ $value | humanize }}B/s. One half-rate link slows every ring through it.",
            network(
                "All jobs across this node run at this link's rate.",
                ["Reseat or replace the cable; clean the optics.", "Check the switch port's speed setting."],
                cordoned,
            ),
            "2m",
        ),
        portAlert(
            "RdmaLinkDowned",
            "critical",
            `${increase("node_infiniband_link_downed_total", "10m")} > 0`,
            "the link went down.",
            "{{ $value }} times within ten minutes, even if it is up again now.",
            network("Running collectives stalled or failed at that moment.", ["Cable and transceiver."], cordoned),
        ),
        portAlert(
            "RdmaLinkFlapping",
            "warning",
            `${rate("node_infiniband_link_error_recovery_total", "5m")} * 60 > 5`,
            "the link recovers again and again.",
            "{{ $value }} recoveries a minute.",
            network("Retransmissions, then a downed link.", ["Plan to replace the cable."]),
        ),
        portAlert(
            "RdmaSymbolErrors",
            "critical",
            `${increase("node_infiniband_symbol_error_total", "1h")} > ${alertThresholds.infiniband.symbolErrorsPerHour.toString()}`,
            "symbol errors above the specified bit error rate.",
            "{{ $value }} symbol errors within an hour.",
            network("The link is out of specification.", ["Clean or replace optics."], cordoned),
        ),
        portAlert(
            "RdmaLosslessBroken",
            "critical",
            `${increase("node_infiniband_excessive_buffer_overrun_errors_total", "10m")} > 0
  or ${increase("node_infiniband_local_link_integrity_errors_total", "10m")} > 0`,
            "flow control failed.",
            "{{ $value }} buffer overruns or link integrity errors within ten minutes.",
            network(
                "Packets are lost on a network that must not lose any.",
                ["Firmware of card and switch; credits of the virtual lanes."],
                cordoned,
            ),
        ),
        portAlert(
            "RdmaReceiveErrors",
            "warning",
            `${rate("node_infiniband_port_errors_received_total", "5m")} * 60 > 10`,
            "packets arrive damaged.",
            "{{ $value }} damaged packets a minute.",
            network("Retransmissions on this path.", ["Cable at either end; compare the peer's symbol errors."]),
            "5m",
        ),
        portAlert(
            "RdmaCongested",
            "warning",
            `${rate("node_infiniband_port_transmit_wait_total", "5m")} > 1e9 and on (${port}) ${rate("node_infiniband_port_data_transmitted_bytes_total", "5m")} < on (node) group_left () (0.3 * max by (node) (node:kilogpu_expected_port_rate_bytes))`,
            "it waits for credits and sends little.",
            "{{ $value | humanize }} ticks a second of waiting below 30% of the rate.",
            network("Congestion or a slow receiver behind the switch.", [
                "Adaptive routing on? Is a rail shared with storage?",
            ]),
            "10m",
        ),
        portAlert(
            "RdmaTransmitDiscards",
            "warning",
            `${rate("node_infiniband_port_discards_transmitted_total", "5m")} > 100`,
            "it discards packets.",
            "{{ $value }} packets a second.",
            network("The port is congested or going down.", ["Look for a pause storm or a flapping peer."]),
            "2m",
        ),
    ];
}

/** What holds for every RDMA network: InfiniBand, RoCE and EFA. */
function anyRdmaAlerts(infrastructure: Infrastructure): Alert[] {
    return [
        {
            name: "RdmaRailSkew",
            severity: "warning",
            for: "15m",
            expr: `port:kilogpu_rdma_transmit_bytes:rate5m < on (node) group_left () (0.5 * quantile by (node) (0.5, port:kilogpu_rdma_transmit_bytes:rate5m))
  and on (node) quantile by (node) (0.5, port:kilogpu_rdma_transmit_bytes:rate5m) > 1e9`,
            summary: `${onPort} carries less than half of what its neighbours do.`,
            description: "{{ $value | humanize }}B/s; collectives load all rails alike.",
            runbook: network("A rail is slow or left out; NCCL may have dropped the card.", [
                "`NCCL_DEBUG=INFO`: which devices does NCCL use?",
                "Link rate and PCIe width of this card.",
            ]),
        },
        {
            name: "TransportFellBackToSocket",
            severity: "critical",
            for: "5m",
            expr: `node:kilogpu_tcp_transmit_bytes:rate5m > 2e8
  and on (node) (node:kilogpu_rdma_transmit_bytes:rate5m < 1e6)
  and on (node) (node:kilogpu_engine_active > 0.5)
  and on (node) (${declaredRdma(infrastructure)})`,
            summary: "Training on {{ $labels.node }} runs over TCP although it has RDMA.",
            description:
                '{{ $value | humanize }}B/s leave by TCP, nothing by RDMA, while GPUs are busy. NCCL printed "Using network Socket".',
            runbook: network(
                "The job runs, ten times slower, and nothing fails.",
                [
                    "Does the pod ask for the fabric's resources (vpc.amazonaws.com/efa, rdma/*) and hugepages?",
                    "Is the NCCL plugin in the image?",
                ],
                "None: the job must be started again with its resources. TrainingJob sets them, and the policy pack refuses a job without.",
            ),
        },
    ];
}

/** Nodes that were declared with RDMA. */
function declaredRdma({ groups }: Infrastructure): string {
    return [
        ...(groups.some((group) => group.efaPerNode > 0) ? ["sum by (node) (node:kilogpu_expected_efa)"] : []),
        ...(groups.some((group) => group.rdmaPorts > 0) ? ["sum by (node) (node:kilogpu_expected_rdma_ports)"] : []),
    ].join(" or ");
}

function roceAlerts({ losslessPriority }: Infrastructure): Alert[] {
    const priority = losslessPriority.toString();
    return [
        portAlert(
            "RdmaOutOfSequence",
            "warning",
            `${rate("node_infiniband_out_of_sequence_packets_received_total", "5m")} > 100 or ${rate("node_infiniband_packet_sequence_errors_total", "5m")} > 100`,
            "packets arrive out of sequence.",
            "{{ $value }} a second: loss or reordering on the way.",
            network("RoCE goes back N on each; bandwidth collapses.", [
                "Is PFC on at every hop for the declared priority?",
                "Adaptive routing without out-of-order support?",
            ]),
            "5m",
        ),
        portAlert(
            "RdmaAckTimeouts",
            "critical",
            `${rate("node_infiniband_local_ack_timeout_errors_total", "5m")} > 1`,
            "acknowledgements never come.",
            "{{ $value }} timeouts a second; after the retries the connection fails.",
            network("NCCL will fail with a transport error.", ["Peer alive? Path drops packets?"], cordoned),
            "2m",
        ),
        portAlert(
            "RoceSlowRestart",
            "warning",
            `${rate("node_infiniband_roce_slow_restart_total", "5m")} > 10`,
            "RoCE restarts slowly again and again.",
            "{{ $value }} slow restarts a second.",
            network("Loss on the path keeps throwing the sender back.", ["Find the hop that drops: switch counters."]),
            "5m",
        ),
        portAlert(
            "RoceCongestionMarked",
            "warning",
            `${rate("node_infiniband_np_ecn_marked_roce_packets_received_total", "5m")} / on (${port}) ${rate("node_infiniband_port_packets_received_total", "5m")} > 0.05`,
            "many packets carry the congestion mark.",
            "{{ $value | humanizePercentage }} of the received packets.",
            network("The fabric is congested towards this port.", ["Rail-optimised rings? Which jobs share the leaf?"]),
            "10m",
        ),
        portAlert(
            "RoceCnpIgnored",
            "warning",
            `${rate("node_infiniband_rp_cnp_ignored_packets_received_total", "5m")} > 0`,
            "it ignores congestion notifications.",
            "{{ $value }} a second: DCQCN is off on this card.",
            network("Congestion control does not work; pause frames do all of it.", [
                "Enable ECN for the priority on the card; NicConfigurationTemplate does it at boot.",
            ]),
            "10m",
        ),
        {
            name: "RocePauseStorm",
            severity: "critical",
            for: "1m",
            expr: `sum by (node, device) (increase(node_ethtool_transmitted_pause_storm_error_events[5m])) > 0
  or sum by (node, device) (rate(node_ethtool_received_prio${priority}_pause[1m])) > 1e4
  or sum by (node, device) (rate(node_ethtool_transmitted_prio${priority}_pause[1m])) > 1e4`,
            summary: "Pause storm on {{ $labels.device }} of {{ $labels.node }}.",
            description: `{{ $value }} pause frames a second on priority ${priority}, or storm events. One stuck receiver can stop a whole fabric.`,
            runbook: network(
                "A receiver that does not drain stops its senders, and theirs.",
                [
                    "Which node sends the pauses? Take that one out first.",
                    "Pause-storm prevention on card and PFC watchdog on switches.",
                ],
                cordoned,
            ),
        },
        {
            name: "RocePausedLong",
            severity: "warning",
            for: "10m",
            expr: `sum by (node, device) (rate(node_ethtool_received_prio${priority}_pause_duration[5m])) / 1e6 > 0.1`,
            summary: "{{ $labels.device }} of {{ $labels.node }} is paused a tenth of the time.",
            description: `{{ $value | humanizePercentage }} of the time on priority ${priority}.`,
            runbook: network("Bandwidth is lost in proportion.", [
                "ECN thresholds below PFC's? Otherwise pauses come first.",
            ]),
        },
        {
            name: "RoceWrongPriority",
            severity: "warning",
            for: "10m",
            expr: [0, 1, 2, 3, 4, 5, 6, 7]
                .filter((other) => other !== losslessPriority)
                .map(
                    (other) =>
                        `sum by (node, device) (rate(node_ethtool_received_prio${other.toString()}_pause[5m])) > 10`,
                )
                .join("\n  or "),
            summary: "{{ $labels.device }} of {{ $labels.node }} is paused on a priority that is not the lossless one.",
            description: `{{ $value }} pause frames a second outside priority ${priority}, the declared lossless class.`,
            runbook: network("Switch and nodes disagree about the lossless class: training traffic is dropped.", [
                "DSCP to priority map on the switch; `mlnx_qos -i <device>` on the node.",
            ]),
        },
        {
            name: "NicDiscards",
            severity: "warning",
            for: "5m",
            expr: `sum by (node, device) (rate(node_ethtool_received_discards_phy[5m])) > 0`,
            summary: "{{ $labels.device }} of {{ $labels.node }} drops packets for want of buffers.",
            description: "{{ $value }} packets a second.",
            runbook: network("Loss on a lossless network: PFC is not honoured.", [
                "Buffer and headroom of the priority.",
            ]),
        },
        {
            name: "NicLinkFlapping",
            severity: "warning",
            expr: `sum by (node, device) (increase(node_ethtool_link_down_events_phy[10m])) > 2 or sum by (node, device) (increase(node_network_carrier_changes_total{device=~"e(n|th).*|ib.*"}[10m])) > 4`,
            summary: "{{ $labels.device }} of {{ $labels.node }} flaps.",
            description: "{{ $value }} changes within ten minutes.",
            runbook: network(
                "Jobs lose their connections each time.",
                ["Cable and transceiver; then the port."],
                cordoned,
            ),
        },
    ];
}

export const fabric: RuleSource = {
    name: "fabric",
    title: "Network between the nodes",
    recordings: ({ groups }) => (groups.some((group) => group.efaPerNode > 0) ? efaRecordings() : []),
    // An alert on a network that was not declared could never fire: it is left out.
    alerts: (infrastructure) => {
        const { groups } = infrastructure;
        const efa = groups.some((group) => group.efaPerNode > 0);
        const rdma = groups.some((group) => group.rdmaPorts > 0);
        const roce = groups.some((group) => group.fabric === FabricKind.Roce);
        return [
            ...(rdma ? rdmaAlerts() : []),
            ...(rdma || efa ? anyRdmaAlerts(infrastructure) : []),
            ...(roce ? roceAlerts(infrastructure) : []),
            ...(efa ? efaAlerts() : []),
        ];
    },
};

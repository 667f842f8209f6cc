/** The network between nodes, by rail. */
import type { Infrastructure } from "../infrastructure";
import type { DashboardSource, Panel } from "./panel";

/** Its dashboard. */
export function fabricBoard({ losslessPriority }: Infrastructure): DashboardSource {
    const priority = losslessPriority.toString();
    const rail = (title: string, metric: string, unit?: string): Panel => ({
        title,
        ...(unit === undefined ? {} : { unit }),
        queries: [{ expr: `sum by (device) (rate(${metric}[5m]))`, legend: "{{device}}" }],
    });
    return {
        name: "fabric",
        title: "kilogpu / fabric",
        rows: [
            {
                title: "Rails",
                panels: [
                    {
                        title: "Sent by rail",
                        unit: "Bps",
                        help: "One device name is one rail; all should carry the same.",
                        queries: [
                            { expr: "sum by (device) (port:kilogpu_rdma_transmit_bytes:rate5m)", legend: "{{device}}" },
                        ],
                    },
                    rail("Received by rail", "node_infiniband_port_data_received_bytes_total", "Bps"),
                    {
                        title: "Ports active",
                        queries: [{ expr: "count by (device) (node_infiniband_state_id == 4)", legend: "{{device}}" }],
                    },
                    {
                        title: "Nodes by TCP traffic",
                        unit: "Bps",
                        width: 12,
                        queries: [{ expr: "topk(10, node:kilogpu_tcp_transmit_bytes:rate5m)", legend: "{{node}}" }],
                    },
                    {
                        title: "Nodes by RDMA traffic",
                        unit: "Bps",
                        width: 12,
                        queries: [{ expr: "topk(10, node:kilogpu_rdma_transmit_bytes:rate5m)", legend: "{{node}}" }],
                    },
                ],
            },
            {
                title: "InfiniBand and RoCE",
                panels: [
                    rail("Symbol errors", "node_infiniband_symbol_error_total"),
                    rail("Link downed", "node_infiniband_link_downed_total"),
                    rail("Waiting for credits, ticks", "node_infiniband_port_transmit_wait_total"),
                    rail("ECN-marked packets", "node_infiniband_np_ecn_marked_roce_packets_received_total"),
                    rail("CNP sent", "node_infiniband_np_cnp_packets_sent_total"),
                    rail("CNP handled", "node_infiniband_rp_cnp_packets_handled_total"),
                    rail("Out of sequence", "node_infiniband_out_of_sequence_packets_received_total"),
                    rail("Out of buffers", "node_infiniband_out_of_buffer_drops_total"),
                    rail("Acknowledgements lost", "node_infiniband_local_ack_timeout_errors_total"),
                    {
                        title: `Pauses on priority ${priority}`,
                        queries: [
                            {
                                expr: `sum by (device) (rate(node_ethtool_received_prio${priority}_pause[5m]))`,
                                legend: "{{device}} in",
                            },
                            {
                                expr: `sum by (device) (rate(node_ethtool_transmitted_prio${priority}_pause[5m]))`,
                                legend: "{{device}} out",
                            },
                        ],
                    },
                ],
            },
            {
                title: "EFA",
                panels: [
                    rail("Received", "node_amazonefa_rx_bytes", "Bps"),
                    rail("RDMA read", "node_amazonefa_rdma_read_bytes", "Bps"),
                    rail("RDMA written", "node_amazonefa_rdma_write_bytes", "Bps"),
                    rail("Sent again", "node_amazonefa_retrans_pkts"),
                    rail("Timeouts", "node_amazonefa_retrans_timeout_events"),
                    rail("Drops", "node_amazonefa_rx_drops"),
                ],
            },
        ],
    };
}

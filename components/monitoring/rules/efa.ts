/** EFA: interfaces against the declared number, retransmissions, peers that do not answer. */
import { cordoned } from "./healing";
import { increase, network, portAlert, rate } from "./port-alert";
import type { Alert, Recording } from "./rule";

/** What is seen of peers. */
export function efaRecordings(): Recording[] {
    return [
        {
            record: "node:kilogpu_efa_peer_losses",
            expr: `(sum by (node) (increase(node_amazonefa_unresponsive_remote_events[10m])) > 0
  or sum by (node) (increase(node_amazonefa_impaired_remote_conn_events[10m])) > 10)
  * on (node) group_left (capacity_group) (node:kilogpu_expected_efa > bool 0)`,
            help: "Peers that stopped to answer the node or were impaired within ten minutes, where there were some.",
        },
        {
            record: "node:kilogpu_lost_lately",
            expr: `max by (node, capacity_group) (max_over_time(node:kilogpu_expected_efa[15m]))
  and on (node) (max by (node) (max_over_time(kube_node_status_condition{condition="Ready",status="true"}[15m])) == 1)
  unless on (node) (max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 1)`,
            help: "EFA interfaces of nodes that were Ready within the last quarter of an hour and are not now.",
        },
    ];
}

/** Alerts of clusters with EFA. */
export function efaAlerts(): Alert[] {
    return [
        {
            name: "EfaInterfacesMissing",
            severity: "critical",
            for: "5m",
            expr: `(max by (node) (kube_node_status_allocatable{resource="vpc_amazonaws_com_efa"}) or on (node) 0 * sum by (node) (node:kilogpu_expected_efa))
  < on (node) group_left () sum by (node) (node:kilogpu_expected_efa)
  and on (node) node:kilogpu_in_service`,
            summary: "{{ $labels.node }} offers {{ $value }} EFA interfaces, fewer than declared.",
            description: "{{ $value }} vpc.amazonaws.com/efa. Whole-node jobs stay pending here.",
            runbook: network(
                "The launch template lost interfaces, or the device plugin does not run.",
                [
                    "`kubectl -n kube-system get pods -l name=aws-efa-k8s-device-plugin -o wide`",
                    "`fi_info -p efa` on the node.",
                ],
                "None: replace the node (it is a fault of its launch).",
            ),
        },
        portAlert(
            "EfaRetransmits",
            "warning",
            `${rate("node_amazonefa_retrans_timeout_events", "5m")} > 1 or ${rate("node_amazonefa_retrans_pkts", "5m")} > 1000`,
            "it retransmits.",
            "{{ $value }} a second.",
            network("SRD finds its way around a bad path, at a cost.", [
                "All nodes at once: the network. One node: replace it.",
            ]),
            "10m",
        ),
        {
            name: "EfaPeerUnreachable",
            severity: "critical",
            for: "3m",
            // Every peer of a dead port counts events: one alert for a group of nodes. A node that has just gone says it itself.
            expr: `count by (capacity_group) (node:kilogpu_efa_peer_losses)
  unless on (capacity_group) count by (capacity_group) (node:kilogpu_lost_lately)`,
            summary: "EFA peers do not answer {{ $value }} nodes of {{ $labels.capacity_group }}.",
            description: `Most events within ten minutes: {{ with printf "topk(1, node:kilogpu_efa_peer_losses{capacity_group='%s'})" $labels.capacity_group | query }}{{ with first . }}{{ value . | printf "%.0f" }} on {{ label "node" . }}{{ end }}{{ end }}. All of its peers miss a dead port; each of them misses one peer only.`,
            runbook: network(
                "The job hangs until NCCL's timeout.",
                [
                    "The node with the most events first: `fi_info -p efa`, `ethtool -S`, `dmesg` there.",
                    "Many events everywhere: does the security group allow itself, in and out?",
                ],
                cordoned,
            ),
        },
        portAlert(
            "EfaDrops",
            "warning",
            `${rate("node_amazonefa_rx_drops", "5m")} > 10`,
            "it drops packets.",
            "{{ $value }} a second.",
            network("The receiver posts buffers too slowly.", ["CPU starvation on the node? Hugepages?"]),
            "10m",
        ),
        portAlert(
            "EfaWorkRequestErrors",
            "warning",
            `${increase("node_amazonefa_rdma_read_wr_err", "15m")} > 0 or ${increase("node_amazonefa_rdma_write_wr_err", "15m")} > 0`,
            "RDMA requests fail.",
            "{{ $value }} failed requests within 15 minutes.",
            network("Transfers failed; NCCL ends the job if they repeat.", [
                "Driver and libfabric versions against the image's.",
            ]),
        ),
    ];
}

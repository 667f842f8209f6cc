/** EFA: interfaces against the declared number, retransmissions, peers that do not answer. */
import { cordoned, increase, network, portAlert, rate } from "./port-alert";
import type { Alert } from "./rule";

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
        portAlert(
            "EfaPeerUnreachable",
            "critical",
            `${increase("node_amazonefa_unresponsive_remote_events", "5m")} > 0 or ${increase("node_amazonefa_impaired_remote_conn_events", "5m")} > 5`,
            "a peer does not answer.",
            "{{ $value }} events within five minutes.",
            network(
                "The job hangs until NCCL's timeout.",
                ["Which node of the job is not Ready?", "Security group allows itself, in and out?"],
                cordoned,
            ),
        ),
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

/** One node: its GPUs and the machine around them. */
import type { DashboardSource, Panel } from "./panel";

const node = 'node="$node"';

/** Its dashboard. */
export function nodeBoard(): DashboardSource {
    const perGpu = (title: string, metric: string, unit?: string): Panel => ({
        title,
        ...(unit === undefined ? {} : { unit }),
        queries: [{ expr: `max by (gpu) (${metric}{${node}})`, legend: "GPU {{gpu}}" }],
    });
    return {
        name: "node",
        title: "kilogpu / node",
        variables: [{ name: "node", metric: "DCGM_FI_DEV_GPU_TEMP", label: "node" }],
        rows: [
            {
                title: "GPUs",
                panels: [
                    perGpu("Engine", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "percentunit"),
                    perGpu("Tensor cores", "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "percentunit"),
                    perGpu("Memory bandwidth", "DCGM_FI_PROF_DRAM_ACTIVE", "percentunit"),
                    perGpu("Memory used", "DCGM_FI_DEV_FB_USED", "decmbytes"),
                    perGpu("Temperature", "DCGM_FI_DEV_GPU_TEMP", "celsius"),
                    perGpu("Memory temperature", "DCGM_FI_DEV_MEMORY_TEMP", "celsius"),
                    perGpu("Power", "DCGM_FI_DEV_POWER_USAGE", "watt"),
                    perGpu("SM clock", "DCGM_FI_DEV_SM_CLOCK", "rotmhz"),
                    {
                        title: "Throttled",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_THERMAL_VIOLATION{${node}}[5m])) / 1e9`,
                                legend: "GPU {{gpu}} heat",
                            },
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_POWER_VIOLATION{${node}}[5m])) / 1e9`,
                                legend: "GPU {{gpu}} power",
                            },
                        ],
                    },
                    perGpu("NVLink sent", "DCGM_FI_PROF_NVLINK_TX_BYTES", "Bps"),
                    perGpu("NVLink received", "DCGM_FI_PROF_NVLINK_RX_BYTES", "Bps"),
                    {
                        title: "PCIe replays a minute",
                        queries: [
                            {
                                expr: `max by (gpu) (rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER{${node}}[5m])) * 60`,
                                legend: "GPU {{gpu}}",
                            },
                            { expr: `max(node:kilogpu_expected_pcie_replays{${node}})`, legend: "limit" },
                        ],
                    },
                ],
            },
            {
                title: "Machine",
                panels: [
                    {
                        title: "Memory available",
                        unit: "bytes",
                        queries: [{ expr: `node_memory_MemAvailable_bytes{${node}}`, legend: "available" }],
                    },
                    {
                        title: "Disks free",
                        unit: "percentunit",
                        queries: [
                            {
                                expr: `min by (mountpoint) (node_filesystem_avail_bytes{${node}} / node_filesystem_size_bytes{${node}})`,
                                legend: "{{mountpoint}}",
                            },
                        ],
                    },
                    {
                        title: "Network",
                        unit: "Bps",
                        queries: [
                            {
                                expr: `sum by (device) (rate(node_network_receive_bytes_total{${node}}[5m]))`,
                                legend: "{{device}} in",
                            },
                            {
                                expr: `sum by (device) (rate(node_network_transmit_bytes_total{${node}}[5m]))`,
                                legend: "{{device}} out",
                            },
                        ],
                    },
                    {
                        title: "Taints",
                        kind: "table",
                        width: 12,
                        queries: [{ expr: `max by (key, value, effect) (kube_node_spec_taint{${node}})`, legend: "" }],
                    },
                    {
                        title: "Pods",
                        kind: "table",
                        width: 12,
                        queries: [{ expr: `max by (namespace, pod) (kube_pod_info{${node}})`, legend: "" }],
                    },
                ],
            },
        ],
    };
}

/** What the node exporter of one node would serve, with the text files of EFA's counters and NCCL Inspector. */
import { metricsOf } from "../../catalog/metrics";
import type { NodeView, PodView } from "./cluster-view";
import { noise, Page } from "./exposition";
import { FaultKind } from "./faults";
import type { GpuContext } from "./gpu-series";
import type { NodeHardware, Port } from "./hardware";

/** Share of a port's rate that training of a large model keeps busy. */
const portShare = 0.35;
const megabyte = 1e6;

const infiniband = metricsOf("node").filter(({ enable }) => enable.collector === "infiniband");
const ethtool = metricsOf("node").filter(({ enable }) => enable.collector === "ethtool");
const efa = metricsOf("efa");

/** The page of one node; one without GPUs has no fabric. */
export function nodePage(node: NodeView, pods: readonly PodView[], context: GpuContext): string {
    const { now, counters } = context;
    const page = new Page();
    const hardware = node.hardware;
    const memory = hardware?.memoryBytes ?? 64 * 2 ** 30;
    page.add("node_boot_time_seconds", node.bootedAt / 1000);
    page.add("node_memory_MemTotal_bytes", memory);
    page.add("node_memory_MemAvailable_bytes", Math.round(memory * (0.6 + 0.01 * noise(node.name, now / 1000))));
    // Control traffic only: RDMA bypasses the kernel's devices.
    page.add("node_network_transmit_bytes_total", counters.at(`${node.name}/tx`, megabyte, now, 1e11), {
        device: "ens32",
    });
    page.add("node_network_receive_bytes_total", counters.at(`${node.name}/rx`, megabyte, now, 1e11), {
        device: "ens32",
    });
    page.add("node_network_carrier_changes_total", 2, { device: "ens32" });
    for (const [mountpoint, fstype, bytes] of [
        ["/", "xfs", 500e9],
        ["/mnt/local", "xfs", 28e12],
    ] as const) {
        const disk = { device: "/dev/nvme0n1p1", mountpoint, fstype, device_error: "" };
        page.add("node_filesystem_size_bytes", bytes, disk);
        page.add("node_filesystem_avail_bytes", bytes * 0.6, disk);
        page.add("node_filesystem_readonly", 0, disk);
    }
    if (hardware !== undefined) {
        const busy = pods.length > 0;
        hardware.rdma.forEach((port) => {
            rdmaPort(page, node.name, hardware, port, busy, context);
        });
        hardware.efa.forEach((port) => {
            efaPort(page, node.name, port, busy, context);
        });
        collectives(page, node.name, hardware, pods, context);
    }
    return page.text();
}

/** Bytes a second of a port in training, with the fault that a drill put on it. */
function portSpeed(node: string, port: Port, busy: boolean, { faults }: GpuContext): number {
    const place = { node, device: port.device };
    const half = faults.find(FaultKind.HalfRate, place) !== undefined;
    const dead = faults.find(FaultKind.DeadLink, place) !== undefined;
    // Collectives load all rails alike; one at half its rate, with the retransmissions, carries a little less than half.
    return !busy || dead ? 0 : port.bytesPerSecond * portShare * (half ? 0.45 : 1);
}

function rdmaPort(
    page: Page,
    node: string,
    hardware: NodeHardware,
    port: Port,
    busy: boolean,
    context: GpuContext,
): void {
    const { faults, counters, now } = context;
    const labels = { device: port.device, port: port.port };
    const place = { node, device: port.device };
    const down = faults.find(FaultKind.DeadLink, place) !== undefined;
    const half = faults.find(FaultKind.HalfRate, place) !== undefined;
    const speed = portSpeed(node, port, busy, context);
    for (const { name, since } of infiniband) {
        // The newer counters are RoCE's.
        if (since !== undefined && !hardware.roce) {
            continue;
        }
        switch (name) {
            case "node_infiniband_state_id":
                page.add(name, down ? 1 : 4, labels);
                break;
            case "node_infiniband_physical_state_id":
                page.add(name, down ? 3 : 5, labels);
                break;
            case "node_infiniband_rate_bytes_per_second":
                page.add(name, half ? port.bytesPerSecond / 2 : port.bytesPerSecond, labels);
                break;
            case "node_infiniband_link_downed_total":
                page.add(name, down ? 1 : 0, labels);
                break;
            case "node_infiniband_port_data_transmitted_bytes_total":
            case "node_infiniband_port_data_received_bytes_total":
                page.add(name, counters.at(`${node}/${port.device}/${name}`, speed, now, 1e14), labels);
                break;
            case "node_infiniband_port_packets_received_total":
                page.add(name, counters.at(`${node}/${port.device}/${name}`, speed / 4096, now, 1e10), labels);
                break;
            default:
                // Counters of errors: a healthy port counts none.
                page.add(name, 0, labels);
        }
    }
    if (hardware.roce) {
        ethtool.forEach(({ name }) => {
            page.add(name, 0, { device: `ens${port.device.replace(/\D/g, "")}np0` });
        });
    }
}

function efaPort(page: Page, node: string, port: Port, busy: boolean, context: GpuContext): void {
    const { faults, counters, now } = context;
    const labels = { device: port.device, port: port.port };
    const speed = portSpeed(node, port, busy, context);
    const dead = faults.find(FaultKind.DeadLink, { node, device: port.device }) !== undefined;
    for (const { name } of efa) {
        const key = `${node}/${port.device}/${name}`;
        if (/_(tx|rx|rdma_read|rdma_write)_bytes$/.test(name)) {
            page.add(name, counters.at(key, speed, now, 1e14), labels);
        } else if (name === "node_amazonefa_unresponsive_remote_events") {
            page.add(name, Math.floor(counters.at(key, dead ? 2 : 0, now)), labels);
        } else {
            page.add(name, 0, labels);
        }
    }
}

/** What NCCL Inspector writes for the job on the node: three message sizes of AllReduce over all of its nodes. */
function collectives(
    page: Page,
    node: string,
    hardware: NodeHardware,
    pods: readonly PodView[],
    context: GpuContext,
): void {
    const pod = pods.find(({ job }) => job !== "");
    if (pod === undefined) {
        return;
    }
    page.add("node_textfile_mtime_seconds", context.now / 1000, {
        file: "/host/root/var/lib/kilogpu/textfile/nccl/nccl_inspector_metrics.prom",
    });
    const nodes = context.jobNodes.get(pod.job) ?? 1;
    const fabric = [...hardware.efa, ...hardware.rdma].reduce((sum, port) => sum + port.bytesPerSecond, 0) / 1e9;
    for (const [size, share] of [
        [2 ** 20, 0.1],
        [2 ** 26, 0.55],
        [2 ** 30, 0.85],
    ] as const) {
        for (let gpu = 0; gpu < hardware.gpus; gpu++) {
            const bandwidth = Math.max(
                1,
                fabric * share * (1 + 0.02 * noise(`${node}/${gpu.toString()}/${size.toString()}`, context.now / 1000)),
            );
            const labels = {
                slurm_job_id: pod.job,
                gpu: gpu.toString(),
                comm_name: "0x1",
                n_nodes: nodes.toString(),
                nranks: (nodes * hardware.gpus).toString(),
                collective: "AllReduce",
                message_size: size.toString(),
                algo_proto: "RING_SIMPLE",
                version: "v5",
            };
            page.add("nccl_bus_bandwidth_gbs", bandwidth, labels);
            page.add("nccl_collective_exec_time_microseconds", (2 * size) / bandwidth / 1000, labels);
        }
    }
}

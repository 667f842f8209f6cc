/** What a node of the twin is made of, from its labels, its annotations and the catalogue: the exporter serves series of exactly that. */
import { findInstance, findMachine } from "../../catalog";
import { computeNics } from "../../catalog/machines";
import { efaResource, gpuResource, kilogpuLabels, nodeLabels } from "../../catalog/topology";
import { hardwareOf, type KubernetesObject } from "../control-plane";

/** One RDMA port as the driver names it. */
export interface Port {
    device: string;
    port: string;
    /** Bytes a second at full rate. */
    bytesPerSecond: number;
}

/** Plain facts of one node. */
export interface NodeHardware {
    instanceType: string;
    gpus: number;
    gpuModel: string;
    gpuMemoryMib: number;
    gpuPowerWatts: number;
    /** Undefined where the GPUs are not attached by PCIe. */
    pcieGeneration?: number;
    memoryBytes: number;
    efa: Port[];
    /** InfiniBand or RoCE ports. */
    rdma: Port[];
    /** Whether the RDMA ports speak Ethernet: RoCE has pause and congestion counters. */
    roce: boolean;
}

const gbit = 1e9 / 8;

/** Undefined for nodes without GPUs. */
export function hardwareOfNode(node: KubernetesObject): NodeHardware | undefined {
    const labels = node.metadata.labels ?? {};
    const instanceType = labels[nodeLabels.instanceType] ?? "";
    const devices = hardwareOf(node);
    const gpus = devices[gpuResource] ?? 0;
    const instance = findInstance(instanceType);
    const machine = findMachine(instanceType);
    const entry = instance ?? machine;
    if (gpus === 0 || entry === undefined) {
        return undefined;
    }
    const efaCount = devices[efaResource] ?? 0;
    const efaGbps = instance === undefined ? 0 : instance.network.efaGbps / Math.max(1, instance.network.efaInterfaces);
    const fabric = labels[kilogpuLabels.fabric];
    const nics = machine !== undefined && (fabric === "infiniband" || fabric === "roce") ? computeNics(machine) : [];
    return {
        instanceType,
        gpus,
        gpuModel: entry.gpus.model,
        gpuMemoryMib: entry.gpus.memoryGib * 1024,
        gpuPowerWatts: entry.gpuPowerWatts,
        ...(entry.pcieGeneration === undefined ? {} : { pcieGeneration: entry.pcieGeneration }),
        memoryBytes: entry.memoryGib * 2 ** 30,
        // The EFA driver names its RDMA devices by bus and slot.
        efa: Array.from({ length: efaCount }, (_, index) => ({
            device: `rdmap${(16 + 17 * Math.floor(index / 2)).toString()}s${(index % 2).toString()}`,
            port: "1",
            bytesPerSecond: efaGbps * gbit,
        })),
        rdma: nics
            .flatMap((nic) => Array.from({ length: nic.count }, () => nic.gbps * gbit))
            .map((bytesPerSecond, index) => ({ device: `mlx5_${index.toString()}`, port: "1", bytesPerSecond })),
        roce: fabric === "roce",
    };
}

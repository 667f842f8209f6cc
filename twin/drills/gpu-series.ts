/** What the DCGM exporter of one node would serve: every metric of the catalogue, for every GPU, with the pod that holds it. */
import { metricsOf } from "../../catalog/metrics";
import { release } from "../../catalog/releases";
import type { NodeView, PodView } from "./cluster-view";
import type { Counters } from "./exposition";
import { labelText, noise, Page } from "./exposition";
import { FaultKind, type Faults } from "./faults";
import type { NodeHardware } from "./hardware";

/** Everything that a value of one GPU depends on. */
interface Gpu {
    key: string;
    index: number;
    hardware: NodeHardware;
    busy: boolean;
    hangs: boolean;
    throttled: boolean;
    doubleBit: boolean;
    /** Share of the memory in use. */
    memory: number;
    now: number;
    counters: Counters;
    /** -1 to 1, another one each second. */
    wobble: number;
}

type Value = (gpu: Gpu) => number | undefined;

/** Watts of a GPU: an idle one takes about a tenth of its peak, one in training nine tenths. */
function watts(gpu: Gpu): number {
    const share = gpu.hangs ? 0.35 : gpu.busy ? 0.9 + 0.03 * gpu.wobble : 0.1;
    return gpu.hardware.gpuPowerWatts * share;
}

const zero: Value = () => 0;
const used = (gpu: Gpu): number => Math.round(gpu.hardware.gpuMemoryMib * gpu.memory);

/** One function a metric; what is not here and not written by `special` fails the catalogue's test. */
const values: { [catalogueName: string]: Value } = {
    DCGM_FI_DEV_SM_CLOCK: (gpu) => (gpu.throttled ? 1200 : gpu.busy ? 1830 + 15 * gpu.wobble : 345),
    DCGM_FI_DEV_GPU_TEMP: (gpu) => Math.round((gpu.throttled ? 74 : gpu.busy ? 62 : 34) + 2 * gpu.wobble),
    // HBM throttles from 95 °C on, while the core is only warm.
    DCGM_FI_DEV_MEMORY_TEMP: (gpu) => Math.round((gpu.throttled ? 96 : gpu.busy ? 74 : 40) + 2 * gpu.wobble),
    DCGM_FI_DEV_POWER_USAGE: watts,
    DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: (gpu) =>
        gpu.counters.at(`${gpu.key}/energy`, watts(gpu) * 1000, gpu.now, 5e12),
    DCGM_FI_DEV_PCIE_REPLAY_COUNTER: zero,
    DCGM_FI_DEV_PCIE_LINK_GEN: (gpu) => gpu.hardware.pcieGeneration,
    DCGM_FI_DEV_PCIE_LINK_WIDTH: (gpu) => (gpu.hardware.pcieGeneration === undefined ? undefined : 16),
    DCGM_FI_DEV_POWER_VIOLATION: (gpu) => gpu.counters.at(`${gpu.key}/power`, gpu.busy ? 1e7 : 0, gpu.now),
    DCGM_FI_DEV_THERMAL_VIOLATION: (gpu) => gpu.counters.at(`${gpu.key}/thermal`, gpu.throttled ? 4e8 : 0, gpu.now),
    DCGM_FI_DEV_FB_FREE: (gpu) => gpu.hardware.gpuMemoryMib - used(gpu),
    DCGM_FI_DEV_FB_USED: used,
    DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: zero,
    DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: (gpu) => (gpu.doubleBit ? 1 : 0),
    DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: zero,
    DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: zero,
    DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: zero,
    DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: zero,
    DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: zero,
    DCGM_FI_DEV_ROW_REMAP_FAILURE: zero,
    DCGM_FI_DEV_ROW_REMAP_PENDING: zero,
    DCGM_FI_PROF_GR_ENGINE_ACTIVE: (gpu) => (gpu.hangs ? 0.99 : gpu.busy ? 0.93 + 0.02 * gpu.wobble : 0),
    DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: (gpu) => (gpu.hangs ? 0.0005 : gpu.busy ? 0.42 + 0.02 * gpu.wobble : 0),
    DCGM_FI_PROF_DRAM_ACTIVE: (gpu) => (gpu.hangs ? 0.002 : gpu.busy ? 0.38 + 0.02 * gpu.wobble : 0),
    DCGM_FI_PROF_NVLINK_TX_BYTES: (gpu) => (gpu.busy && !gpu.hangs ? 6e10 * (1 + 0.05 * gpu.wobble) : 0),
    DCGM_FI_PROF_NVLINK_RX_BYTES: (gpu) => (gpu.busy && !gpu.hangs ? 6e10 * (1 + 0.05 * gpu.wobble) : 0),
};

/** Metrics with labels of their own: counted over a window, or one for each peer or watch. */
const special = [
    "DCGM_EXP_XID_ERRORS_COUNT",
    "DCGM_EXP_CLOCK_EVENTS_COUNT",
    "DCGM_EXP_GPU_HEALTH_STATUS",
    "DCGM_EXP_P2P_STATUS",
];

/** Metrics of the catalogue that this exporter has no value for; empty, or a test fails. */
export function unservedGpuMetrics(): string[] {
    return metricsOf("dcgm")
        .map(({ name }) => name)
        .filter((name) => values[name] === undefined && !special.includes(name));
}

const driver =
    release("gpu-operator")
        .inside?.images?.find((image) => image.includes("/driver:"))
        ?.split(":")
        .at(-1) ?? "unknown";

/** Memory of a GPU in training, and of one that leaks: full after an hour of life. */
function memoryShare(busy: boolean, leakSince: number | undefined, now: number, factor: number): number {
    const base = busy ? 0.7 : 0.01;
    return leakSince === undefined
        ? base
        : Math.min(0.995, base + ((1 - base) * ((now - leakSince) / 1000)) / (3600 / factor));
}

export interface GpuContext {
    faults: Faults;
    counters: Counters;
    now: number;
    /** Seconds of life in one second. */
    factor: number;
    /** Nodes of each job, by `<namespace>/<name>`. */
    jobNodes: ReadonlyMap<string, number>;
}

/** The page of one node. `pods` are the running pods on it. */
export function gpuPage(node: NodeView, hardware: NodeHardware, pods: readonly PodView[], context: GpuContext): string {
    const { faults, counters, now, factor } = context;
    const page = new Page();
    const holders = pods.flatMap((pod) => Array.from({ length: pod.gpus }, () => pod));
    for (let index = 0; index < hardware.gpus; index++) {
        const pod = holders[index];
        const place = { node: node.name, gpu: index };
        const key = `${node.name}/${index.toString()}`;
        const common = gpuLabels(node.name, index, hardware.gpuModel, pod);
        const fallen = faults.find(FaultKind.FallenOffBus, place);
        if (fallen !== undefined) {
            // The driver says it for as long as somebody asks for the GPU; of the GPU itself nothing more is heard.
            page.add("DCGM_EXP_XID_ERRORS_COUNT", 1, { xid: "79", window_size_in_ms: "300000" }, common);
            continue;
        }
        const doubleBit = faults.find(FaultKind.DoubleBitError, place) !== undefined;
        if (doubleBit) {
            page.add("DCGM_EXP_XID_ERRORS_COUNT", 1, { xid: "48", window_size_in_ms: "300000" }, common);
        }
        const gpu: Gpu = {
            key,
            index,
            hardware,
            busy: pod !== undefined,
            hangs: pod !== undefined && faults.find(FaultKind.Hang, { job: pod.job }) !== undefined,
            throttled: faults.find(FaultKind.Throttled, place) !== undefined,
            doubleBit,
            memory: memoryShare(pod !== undefined, faults.find(FaultKind.MemoryLeak, place)?.since, now, factor),
            now,
            counters,
            wobble: noise(key, now / 1000),
        };
        for (const [name, value] of Object.entries(values)) {
            const measured = value(gpu);
            if (measured !== undefined) {
                page.add(name, measured, {}, common);
            }
        }
        for (let peer = 0; peer < hardware.gpus; peer++) {
            if (peer !== index) {
                page.add("DCGM_EXP_P2P_STATUS", 1, { link_status: "OK", peer_gpu: peer.toString() }, common);
            }
        }
        page.add("DCGM_EXP_GPU_HEALTH_STATUS", 0, { health_watch: "PCIE", health_error_code: "" }, common);
        page.add("DCGM_EXP_GPU_HEALTH_STATUS", 0, { health_watch: "NVLINK", health_error_code: "" }, common);
    }
    return page.text();
}

const gpuLabelCache = new Map<string, string>();

function gpuLabels(node: string, index: number, model: string, pod: PodView | undefined): string {
    const key = `${node}/${index.toString()}/${pod?.namespace ?? ""}/${pod?.name ?? ""}`;
    let text = gpuLabelCache.get(key);
    if (text === undefined) {
        const serial = Math.floor((noise(`${node}/${index.toString()}`, 0) + 1) * 2 ** 30)
            .toString(16)
            .padStart(8, "0");
        text = labelText({
            gpu: index.toString(),
            UUID: `GPU-${serial}-${index.toString().padStart(4, "0")}`,
            device: `nvidia${index.toString()}`,
            modelName: model,
            pci_bus_id: `00000000:${(0x10 + 17 * index).toString(16)}:00.0`,
            hostname: node,
            DCGM_FI_DRIVER_VERSION: driver,
            ...(pod === undefined ? {} : { namespace: pod.namespace, pod: pod.name, container: pod.container }),
        });
        gpuLabelCache.set(key, text);
    }
    return text;
}

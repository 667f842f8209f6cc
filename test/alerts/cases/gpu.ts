/** Cases of the group gpu-hardware. */
import { gpu, gpus, readyNode } from "../case";
import type { RuleCase } from "../case";

const node = readyNode("n1", "h200");
const hot = "DCGM_FI_DEV_GPU_TEMP";
const xids = (code: number, more = ""): string =>
    gpu("DCGM_EXP_XID_ERRORS_COUNT", "n1", 3, `,xid="${code.toString()}"${more}`);
const one = [{ node: "n1", gpu: "3" }];

function xidCases(alert: string, code: number): RuleCase[] {
    return [
        {
            alert,
            name: `XID ${code.toString()} in the last window`,
            series: { [xids(code)]: "0x9 1x4 0x20" },
            fires: { at: "10m", notBefore: "9m", labels: [{ node: "n1", gpu: "3", ...{ xid: code.toString() } }] },
        },
        {
            alert,
            name: "XID 43 is the application's, and a window that has passed is over",
            series: { [xids(43)]: "5x60", [xids(code, `,pod="a"`)]: "1x2 0x60" },
            silentAt: ["20m", "40m"],
        },
        {
            alert,
            name: "again after the window, then no telemetry any more: still the one alert",
            series: { [xids(code)]: "1x2 0x7 1x4 stale" },
            fires: { at: "28m", notBefore: "31m", labels: [{ node: "n1", gpu: "3", xid: code.toString() }] },
        },
        { alert, name: "a cluster without GPUs", infrastructure: "tcp", series: { up: "1x30" }, silentAt: ["20m"] },
    ];
}

/** A counter that jumps by `step` and one that stands still after a reboot has reset it. */
function counterCases(alert: string, metric: string, step: number, quiet: number, length = "15m"): RuleCase[] {
    const at = length === "24h" ? "40m" : "21m";
    return [
        {
            alert,
            name: `${metric} jumps`,
            series: { [gpu(metric, "n1", 3)]: `7x19 ${(7 + step).toString()}x40` },
            fires: { at, notBefore: "19m", labels: one },
        },
        {
            alert,
            name: "a reboot resets the counter, and noise stays under the limit",
            series: {
                [gpu(metric, "n1", 3)]: "7x19 0x40",
                [gpu(metric, "n1", 4)]: `7x19 ${(7 + quiet).toString()}x40`,
            },
            silentAt: ["21m", "30m"],
        },
    ];
}

export const gpuHardwareCases: RuleCase[] = [
    ...xidCases("GpuXidResetRequired", 95),
    ...xidCases("GpuXidFallenOffBus", 79),
    ...xidCases("GpuXidRestartMachine", 151),
    ...xidCases("GpuXidNvlink", 145),
    ...xidCases("GpuXidMemory", 48),
    {
        alert: "GpuXidApplication",
        name: "a segmentation fault on the GPU",
        series: { [xids(31, `,namespace="research",pod="gpt2-0"`)]: "0x9 2x5" },
        fires: { at: "10m", notBefore: "9m", labels: [{ namespace: "research", pod: "gpt2-0", xid: "31" }] },
    },
    { alert: "GpuXidApplication", name: "XID 79 is hardware", series: { [xids(79)]: "1x30" }, silentAt: ["10m"] },
    {
        alert: "GpuXidRepeated",
        name: "the fifth time within a day",
        interval: "5m",
        series: { [xids(95)]: "1x0 0x10 1x0 0x10 1x0 0x10 1x0 0x10 1x0 0x20" },
        fires: { at: "4h5m", notBefore: "3h50m", labels: [{ node: "n1", gpu: "3", xid: "95" }] },
    },
    {
        alert: "GpuXidRepeated",
        name: "twice",
        interval: "5m",
        series: { [xids(95)]: "1x0 0x10 1x0 0x40" },
        silentAt: ["1h", "4h"],
    },
    {
        alert: "GpuMissing",
        name: "seven of eight answer",
        series: { ...node, ...gpus(hot, "n1", 8, (index) => (index === 5 ? "40x19 stale" : "40x60")) },
        fires: { at: "28m", notBefore: "20m", labels: [{ node: "n1" }] },
    },
    {
        alert: "GpuMissing",
        name: "the node reboots, and its GPUs come back one by one",
        series: {
            ...node,
            [`node_boot_time_seconds{node="n1"}`]: "-100000x9 600x60",
            ...gpus(hot, "n1", 8, (index) => (index < 5 ? "40x60" : "40x9 _x8 40x40")),
        },
        silentAt: ["12m", "16m", "19m", "25m"],
    },
    {
        alert: "GpuMissing",
        name: "all eight answer",
        series: { ...node, ...gpus(hot, "n1", 8, () => "40x60") },
        silentAt: ["20m"],
    },
    {
        alert: "GpuMissing",
        name: "a node of no group",
        series: gpus(hot, "cpu-1", 1, () => "40x60"),
        silentAt: ["20m"],
    },
    {
        alert: "GpuAllocatableLow",
        name: "the plugin offers seven",
        series: { ...node, [`kube_node_status_allocatable{node="n1",resource="nvidia_com_gpu"}`]: "8x9 7x30" },
        fires: { at: "15m", notBefore: "14m", labels: [{ node: "n1" }] },
    },
    {
        alert: "GpuAllocatableLow",
        name: "a new node: the plugin is not there yet",
        series: {
            ...node,
            [`node_boot_time_seconds{node="n1"}`]: "0x60",
            [`kube_node_status_allocatable{node="n1",resource="nvidia_com_gpu"}`]: "0x7 8x30",
        },
        silentAt: ["6m", "9m", "20m"],
    },
    {
        alert: "GpuTelemetryMissing",
        name: "the exporter is gone",
        series: { ...node, ...gpus(hot, "n1", 8, () => "40x9 stale") },
        fires: { at: "16m", notBefore: "14m", labels: [{ node: "n1" }] },
    },
    {
        alert: "GpuTelemetryMissing",
        name: "a cluster without GPUs",
        infrastructure: "tcp",
        series: {
            [`kube_node_labels{node="cpu-1"}`]: "1x60",
            [`kube_node_status_condition{node="cpu-1",condition="Ready",status="true"}`]: "1x60",
        },
        silentAt: ["20m"],
    },
    {
        alert: "GpuTelemetryMissing",
        name: "the node is not Ready: another alert's matter",
        series: { ...node, [`kube_node_status_condition{node="n1",condition="Ready",status="true"}`]: "0x60" },
        silentAt: ["20m"],
    },
    ...counterCases("GpuEccDoubleBit", "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", 1, 0),
    ...counterCases("GpuEccSingleBitStorm", "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", 300, 20),
    {
        alert: "GpuRowRemapFailed",
        name: "the flag is set",
        series: { [gpu("DCGM_FI_DEV_ROW_REMAP_FAILURE", "n1", 3)]: "0x9 1x20" },
        fires: { at: "10m", notBefore: "9m", labels: one },
    },
    {
        alert: "GpuRowRemapFailed",
        name: "it is not",
        series: gpus("DCGM_FI_DEV_ROW_REMAP_FAILURE", "n1", 8, () => "0x30"),
        silentAt: ["20m"],
    },
    {
        alert: "GpuRowRemapPending",
        name: "pending for ten minutes",
        series: { [gpu("DCGM_FI_DEV_ROW_REMAP_PENDING", "n1", 3)]: "0x4 1x30" },
        fires: { at: "15m", notBefore: "14m", labels: one },
    },
    {
        alert: "GpuRowRemapPending",
        name: "reset within ten minutes",
        series: { [gpu("DCGM_FI_DEV_ROW_REMAP_PENDING", "n1", 3)]: "0x4 1x7 0x30" },
        silentAt: ["12m", "30m"],
    },
    ...counterCases("GpuRowRemapGrowing", "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", 1, 0, "24h"),
    {
        alert: "GpuThermalThrottle",
        name: "a tenth of the time throttled",
        series: { [gpu("DCGM_FI_DEV_THERMAL_VIOLATION", "n1", 3)]: "0+6e9x40" },
        fires: { at: "10m", notBefore: "5m", labels: one },
    },
    {
        alert: "GpuThermalThrottle",
        name: "one per cent, and a burst of two minutes",
        series: {
            [gpu("DCGM_FI_DEV_THERMAL_VIOLATION", "n1", 3)]: "0+6e8x40",
            [gpu("DCGM_FI_DEV_THERMAL_VIOLATION", "n1", 4)]: "0x10 4e9x40",
        },
        silentAt: ["10m", "14m", "20m"],
    },
    {
        alert: "GpuPowerThrottle",
        name: "at the limit for an hour",
        series: { [gpu("DCGM_FI_DEV_POWER_VIOLATION", "n1", 3)]: "0+5e10x90" },
        fires: { at: "45m", notBefore: "29m", labels: one },
    },
    {
        alert: "GpuPowerThrottle",
        name: "a third of the time",
        series: { [gpu("DCGM_FI_DEV_POWER_VIOLATION", "n1", 3)]: "0+2e10x90" },
        silentAt: ["60m"],
    },
    {
        alert: "GpuHardwareSlowdown",
        name: "power brake",
        series: { [gpu("DCGM_EXP_CLOCK_EVENTS_COUNT", "n1", 3, `,clock_event="hw_power_brake"`)]: "0x9 5x30" },
        fires: { at: "12m", notBefore: "11m", labels: [{ node: "n1", gpu: "3", clock_event: "hw_power_brake" }] },
    },
    {
        alert: "GpuHardwareSlowdown",
        name: "an idle GPU and a power cap are normal",
        series: {
            [gpu("DCGM_EXP_CLOCK_EVENTS_COUNT", "n1", 3, `,clock_event="gpu_idle"`)]: "9x30",
            [gpu("DCGM_EXP_CLOCK_EVENTS_COUNT", "n1", 4, `,clock_event="power_cap"`)]: "9x30",
        },
        silentAt: ["20m"],
    },
    {
        alert: "GpuHotterThanPeers",
        name: "one of eight at 84 °C, the others at 60 °C",
        series: gpus(hot, "n1", 8, (index) => (index === 3 ? "60x4 84x60" : "60x60")),
        fires: { at: "20m", notBefore: "19m", labels: one },
    },
    {
        alert: "GpuHotterThanPeers",
        name: "all hot, and a sensor's glitch of 644245923 °C",
        series: gpus(hot, "n1", 8, (index) => (index === 3 ? "644245923x60" : "84x60")),
        silentAt: ["30m"],
    },
    ...counterCases("GpuNvlinkErrors", "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", 2, 0),
    {
        alert: "GpuNvlinkErrors",
        name: "a few CRC errors are normal",
        series: { [gpu("DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", "n1", 3)]: "0+10x60" },
        silentAt: ["30m"],
    },
    {
        alert: "GpuPeerToPeerBroken",
        name: "one pair fails",
        series: { [gpu("DCGM_EXP_P2P_STATUS", "n1", 3, `,peer_gpu="4",link_status="CNS"`)]: "1x30" },
        fires: { at: "5m", notBefore: "4m", labels: one },
    },
    {
        alert: "GpuPeerToPeerBroken",
        name: "GPUs without NVLink",
        series: {
            [gpu("DCGM_EXP_P2P_STATUS", "n1", 3, `,peer_gpu="4",link_status="NotSupported"`)]: "1x30",
            [gpu("DCGM_EXP_P2P_STATUS", "n1", 2, `,peer_gpu="4",link_status="OK"`)]: "1x30",
        },
        silentAt: ["20m"],
    },
    {
        alert: "GpuPcieReplays",
        name: "forty a minute on PCIe 5",
        series: { ...node, [gpu("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "n1", 3)]: "0+40x40" },
        fires: { at: "10m", notBefore: "4m", labels: one },
    },
    {
        alert: "GpuPcieReplays",
        name: "the folklore's 8 a minute is healthy: 20 on PCIe 5",
        series: { ...node, [gpu("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "n1", 3)]: "0+20x40" },
        silentAt: ["20m"],
    },
    {
        alert: "GpuPcieWidthDegraded",
        name: "trained with eight lanes",
        series: {
            ...node,
            [gpu("DCGM_FI_DEV_PCIE_LINK_WIDTH", "n1", 3)]: "8x40",
            [gpu("DCGM_FI_DEV_PCIE_LINK_WIDTH", "n1", 2)]: "16x40",
        },
        fires: { at: "5m", notBefore: "4m", labels: one },
    },
    {
        alert: "GpuPcieWidthDegraded",
        name: "sixteen lanes",
        series: { ...node, ...gpus("DCGM_FI_DEV_PCIE_LINK_WIDTH", "n1", 8, () => "16x40") },
        silentAt: ["20m"],
    },
    {
        alert: "GpuPcieGenerationDegraded",
        name: "generation 3 while busy",
        series: {
            ...node,
            [gpu("DCGM_FI_DEV_PCIE_LINK_GEN", "n1", 3)]: "3x40",
            [gpu("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 3)]: "0.9x40",
        },
        fires: { at: "10m", notBefore: "9m", labels: one },
    },
    {
        alert: "GpuPcieGenerationDegraded",
        name: "an idle GPU saves power",
        series: {
            ...node,
            [gpu("DCGM_FI_DEV_PCIE_LINK_GEN", "n1", 3)]: "1x40",
            [gpu("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "n1", 3)]: "0x40",
        },
        silentAt: ["20m"],
    },
    {
        alert: "GpuHealthFailed",
        name: "NVLINK fails",
        series: {
            [gpu(
                "DCGM_EXP_GPU_HEALTH_STATUS",
                "n1",
                3,
                `,health_watch="NVLINK",health_error_code="DCGM_FR_NVLINK_DOWN"`,
            )]: "0x9 20x20",
        },
        fires: { at: "10m", notBefore: "9m", labels: [{ node: "n1", gpu: "3", health_watch: "NVLINK" }] },
    },
    {
        alert: "GpuHealthFailed",
        name: "power warnings are noise",
        series: {
            [gpu("DCGM_EXP_GPU_HEALTH_STATUS", "n1", 3, `,health_watch="POWER",health_error_code="X"`)]: "20x30",
            [gpu("DCGM_EXP_GPU_HEALTH_STATUS", "n1", 3, `,health_watch="MEM",health_error_code="Y"`)]: "10x30",
        },
        silentAt: ["20m"],
    },
];

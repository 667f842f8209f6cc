/** GPU hardware: XIDs by what they ask for, memory errors, heat, power, NVLink, PCIe, GPUs that are gone. */
import { alertThresholds, xidPattern } from "../../../catalog/alerts";
import { gpuRepaired, notRepaired } from "./healing";
import type { Alert, RuleSource, Runbook } from "./rule";

const xid = alertThresholds.xid;
const perGpu = "node, gpu, UUID";
const onGpu = "GPU {{ $labels.gpu }} ({{ $labels.UUID }}) of {{ $labels.node }}";

const hardware = (meaning: string, act: string[], healing: string): Runbook => ({
    meaning,
    look: [
        "`kubectl describe node <node>`: conditions and events",
        "`dmesg -T | grep -i -e xid -e nvrm` on the node",
        "Dashboard kilogpu / node",
    ],
    act,
    healing,
});

function xidAlert(name: string, codes: number[], what: string, act: string[], healing: string): Alert {
    return {
        name,
        severity: "critical",
        // The counter is a gauge over a sliding window of five minutes: never rate() it, and never read the sticky last-XID field.
        expr: `max by (${perGpu}, xid) (DCGM_EXP_XID_ERRORS_COUNT{xid=~"${xidPattern(codes)}"}) > 0`,
        // The same fault again after the window, and the reboot that ends the telemetry, are no second page.
        keepFiringFor: "15m",
        summary: `XID {{ $labels.xid }} on ${onGpu}: ${what}.`,
        description: `{{ $value }} events of XID {{ $labels.xid }} within five minutes on ${onGpu}.`,
        runbook: hardware(
            `The driver reported XID {{xid}}: ${what}. The process on that GPU is dead or will hang.`,
            act,
            healing,
        ),
    };
}

export const gpuHardware: RuleSource = {
    name: "gpu-hardware",
    title: "GPU hardware",
    alerts: () => [
        xidAlert(
            "GpuXidResetRequired",
            xid.reset,
            "the GPU needs a reset",
            [
                "Drain the node.",
                "`nvidia-smi --gpu-reset -i <gpu>`, or reboot where NVLink joins the GPUs.",
                "Run nccl-tests' all_reduce_perf on the node before it takes jobs again.",
            ],
            gpuRepaired,
        ),
        xidAlert(
            "GpuXidFallenOffBus",
            xid.restartNode,
            "the GPU has fallen off the bus",
            [
                "Reboot the node; power-cycle it if the GPU stays away.",
                "Return the node to the vendor at the second time.",
            ],
            gpuRepaired,
        ),
        xidAlert(
            "GpuXidRestartMachine",
            xid.restartMachine,
            "the virtual machine must be restarted",
            ["Stop and start the instance; a reboot from inside is not enough."],
            gpuRepaired,
        ),
        xidAlert(
            "GpuXidNvlink",
            xid.nvlink,
            "an NVLink failed",
            [
                "Drain the node.",
                "`nvidia-smi nvlink -e` for the link's error counters.",
                "Reset all GPUs of the domain together; look at the fabric manager's log.",
            ],
            gpuRepaired,
        ),
        xidAlert(
            "GpuXidMemory",
            xid.memory,
            "uncorrectable memory error",
            [
                "Read `nvidia-smi -q -d ROW_REMAPPER`.",
                "Reset the GPU once it is idle; replace it where the remap has failed.",
            ],
            gpuRepaired,
        ),
        {
            name: "GpuXidApplication",
            severity: "info",
            expr: `max by (${perGpu}, xid, namespace, pod) (DCGM_EXP_XID_ERRORS_COUNT{xid=~"${xidPattern(xid.application)}"}) > 0`,
            summary: `XID {{ $labels.xid }} in pod {{ $labels.namespace }}/{{ $labels.pod }}: the application's fault, not the hardware's.`,
            description: `{{ $value }} events of XID {{ $labels.xid }} within five minutes on ${onGpu}. Never drain a node for it.`,
            runbook: hardware(
                "An application touched memory it does not own, or was ended.",
                [
                    "Give the pod's owner the log lines around the XID.",
                    "Run the job on another node: only if it fails there too is it certainly the code.",
                ],
                "Nothing: draining for application XIDs would empty a healthy cluster.",
            ),
        },
        {
            name: "GpuXidRepeated",
            severity: "warning",
            expr: `count_over_time((max by (${perGpu}, xid) (DCGM_EXP_XID_ERRORS_COUNT{xid=~"${xidPattern([...xid.reset, ...xid.restartNode, ...xid.nvlink, ...xid.memory])}"}) > 0)[24h:5m]) >= 5`,
            summary: `XID {{ $labels.xid }} keeps coming back on ${onGpu}.`,
            description: "Seen in {{ $value }} windows of five minutes within a day: resets do not help this GPU.",
            runbook: hardware(
                "A few nodes cause most failures. This is one of them.",
                ["Take the node out of the pool and open a case with the vendor."],
                "Node repair goes on to repair each fault alone; that it keeps coming back only this alert says.",
            ),
        },
        {
            name: "GpuMissing",
            severity: "critical",
            for: "2m",
            expr: `node:kilogpu_gpus_visible < on (node) group_left () sum by (node) (node:kilogpu_expected_gpus)
  and on (node) node:kilogpu_in_service`,
            summary: "{{ $labels.node }} shows {{ $value }} GPUs, fewer than it was bought with.",
            description:
                "{{ $value }} GPUs answer DCGM on {{ $labels.node }}. The count is compared with the declaration, since the node's own capacity shrinks with it.",
            runbook: hardware(
                "A GPU is gone; jobs that ask for the whole node can no longer start there.",
                [
                    "`nvidia-smi -L` and `lspci -d 10de:` on the node.",
                    "Power-cycle the node; replace it if the GPU stays away.",
                ],
                gpuRepaired,
            ),
        },
        {
            name: "GpuAllocatableLow",
            severity: "warning",
            for: "5m",
            expr: `max by (node) (kube_node_status_allocatable{resource="nvidia_com_gpu"}) < on (node) sum by (node) (node:kilogpu_expected_schedulable_gpus)
  and on (node) node:kilogpu_in_service`,
            summary: "{{ $labels.node }} offers {{ $value }} GPUs to pods, fewer than declared.",
            description:
                "Allocatable nvidia.com/gpu of {{ $labels.node }} is {{ $value }}. The device plugin calls a GPU unhealthy, or its sharing differs from the declaration.",
            runbook: hardware(
                "Whole-node jobs will not fit.",
                [
                    "`kubectl logs -n gpu-operator -l app=nvidia-device-plugin-daemonset`",
                    "Restart the device plugin if DCGM sees all GPUs.",
                ],
                "Nothing by itself; GpuMissing says when the GPU is really gone.",
            ),
        },
        {
            name: "GpuTelemetryMissing",
            severity: "critical",
            for: "5m",
            expr: `sum by (node) (node:kilogpu_expected_gpus) unless on (node) node:kilogpu_gpus_visible and on (node) node:kilogpu_in_service`,
            summary: "No GPU telemetry from {{ $labels.node }}: every other GPU alert is blind there.",
            description: "{{ $labels.node }} should show {{ $value }} GPUs and DCGM shows none.",
            runbook: hardware(
                "The exporter is gone, hangs, or the driver does.",
                [
                    "`kubectl get pods -n gpu-operator -o wide --field-selector spec.nodeName=<node>`",
                    "A degrading GPU can stall DCGM: look for XIDs in dmesg before restarting the exporter.",
                ],
                "Nothing: a missing exporter alone is no reason to drain.",
            ),
        },
        {
            name: "GpuEccDoubleBit",
            severity: "critical",
            expr: `max by (${perGpu}) (increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[15m])) > 0`,
            summary: `Uncorrectable memory error on ${onGpu}.`,
            description: `{{ $value }} double-bit errors within 15 minutes on ${onGpu}.`,
            runbook: hardware(
                "Data in GPU memory was lost; the job must go back to a checkpoint.",
                ["Drain, reset the GPU so that the row is remapped, run nccl-tests' all_reduce_perf on the node."],
                gpuRepaired,
            ),
        },
        {
            name: "GpuEccSingleBitStorm",
            severity: "warning",
            expr: `max by (${perGpu}) (increase(DCGM_FI_DEV_ECC_SBE_VOL_TOTAL[1h])) > 100`,
            summary: `Many corrected memory errors on ${onGpu}.`,
            description: `{{ $value }} single-bit errors within an hour on ${onGpu}: corrected, but a row is failing.`,
            runbook: hardware(
                "An uncorrectable error is likely to follow.",
                ["Plan a reset at the job's end."],
                "Nothing yet.",
            ),
        },
        {
            name: "GpuRowRemapFailed",
            severity: "critical",
            expr: `max by (${perGpu}) (DCGM_FI_DEV_ROW_REMAP_FAILURE) > 0`,
            summary: `Row remapping has failed on ${onGpu}: replace it.`,
            description: "No spare rows are left in a bank (flag {{ $value }}). A reset does not help.",
            runbook: hardware(
                "The GPU cannot repair its memory any more.",
                ["Open an RMA with `nvidia-bug-report.sh`.", "Keep the node cordoned."],
                "Nothing that lasts: a reboot or reset by node repair brings the GPU back as it was. Only another GPU helps.",
            ),
        },
        {
            name: "GpuRowRemapPending",
            severity: "warning",
            for: "10m",
            expr: `max by (${perGpu}) (DCGM_FI_DEV_ROW_REMAP_PENDING) > 0`,
            summary: `${onGpu} needs a reset to remap a row.`,
            description: "A row remap is pending (flag {{ $value }}); until the reset the row may fail again.",
            runbook: hardware(
                "Safe until the next error in the same row.",
                ["Reset the GPU when the job has ended."],
                "Nothing: the row is remapped at the next reset or reboot of the GPU.",
            ),
        },
        {
            name: "GpuRowRemapGrowing",
            severity: "warning",
            expr: `max by (${perGpu}) (increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[24h])) > 0`,
            summary: `${onGpu} has remapped rows today.`,
            description: "{{ $value }} rows remapped for uncorrectable errors within a day.",
            runbook: hardware(
                "Memory wears out; NVIDIA replaces from a certain number on.",
                ["Compare with the RMA limit in `nvidia-smi -q -d ROW_REMAPPER`."],
                "Nothing by itself.",
            ),
        },
        {
            name: "GpuThermalThrottle",
            severity: "warning",
            for: "5m",
            // The counter is in nanoseconds: rate / 1e9 is the share of time that was throttled.
            expr: `max by (${perGpu}) (rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m])) / 1e9 > 0.05`,
            summary: `${onGpu} is throttled by heat.`,
            description: "Throttled {{ $value | humanizePercentage }} of the time. One slow GPU slows its whole job.",
            runbook: hardware(
                "The job runs at the speed of its hottest GPU.",
                ["Fans, inlet temperature, liquid loop.", "Compare with the neighbours in the rack."],
                "Nothing by itself; the straggler alert names the job.",
            ),
        },
        {
            name: "GpuPowerThrottle",
            severity: "info",
            for: "30m",
            expr: `max by (${perGpu}) (rate(DCGM_FI_DEV_POWER_VIOLATION[15m])) / 1e9 > 0.5`,
            summary: `${onGpu} runs at its power limit.`,
            description:
                "Power-limited {{ $value | humanizePercentage }} of the time. Normal under full load, if all GPUs of the job do it.",
            runbook: hardware(
                "Usually the sign of a well-fed GPU.",
                ["Compare the power limit with the declared one: `nvidia-smi -q -d POWER`."],
                "Nothing.",
            ),
        },
        {
            name: "GpuHardwareSlowdown",
            severity: "critical",
            for: "2m",
            expr: `max by (${perGpu}, clock_event) (DCGM_EXP_CLOCK_EVENTS_COUNT{clock_event=~"hw_slowdown|hw_thermal|hw_power_brake"}) > 0`,
            summary: `${onGpu} is slowed down by hardware ({{ $labels.clock_event }}).`,
            description:
                "{{ $value }} samples of {{ $labels.clock_event }} within five minutes: power supply, heat or an external brake.",
            runbook: hardware(
                "Clocks are halved or worse.",
                ["Power supplies and BMC log first.", "Then cooling."],
                notRepaired,
            ),
        },
        {
            name: "GpuHotterThanPeers",
            severity: "warning",
            for: "15m",
            expr: `max by (${perGpu}) (DCGM_FI_DEV_GPU_TEMP < 150)
  > on (node) group_left () (15 + quantile by (node) (0.5, DCGM_FI_DEV_GPU_TEMP < 150))`,
            summary: `${onGpu} is 15 °C hotter than the median of its node.`,
            description: "{{ $value }} °C. Values above 150 °C are glitches of the sensor and left out.",
            runbook: hardware(
                "Dust, thermal paste or a blocked channel at this one GPU.",
                ["Compare fan speeds and the GPU's place in the chassis.", "Plan maintenance."],
                "Nothing by itself.",
            ),
        },
        {
            name: "GpuNvlinkErrors",
            severity: "warning",
            expr: `max by (${perGpu}) (increase(DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL[15m])) > 0
  or max by (${perGpu}) (increase(DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL[15m])) > 100
  or max by (${perGpu}) (increase(DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL[15m])) > 1000`,
            summary: `NVLink errors on ${onGpu}.`,
            description: "{{ $value }} recoveries, replays or CRC errors within 15 minutes.",
            runbook: hardware(
                "Collectives inside the node slow down, later XID 74.",
                ["`nvidia-smi nvlink -e`", "Reseat or replace at the next maintenance."],
                "Nothing until an NVLink XID.",
            ),
        },
        {
            name: "GpuPeerToPeerBroken",
            severity: "warning",
            for: "5m",
            expr: `count by (${perGpu}) (DCGM_EXP_P2P_STATUS{link_status!~"OK|TopologyNotSupported|NotSupported"}) > 0`,
            summary: `${onGpu} cannot reach {{ $value }} peers over NVLink.`,
            description: "{{ $value }} peers answer with a status other than OK.",
            runbook: hardware(
                "NCCL falls back to PCIe inside the node, several times slower.",
                ["Fabric manager running? `systemctl status nvidia-fabricmanager`", "`nvidia-smi topo -p2p n`"],
                "Nothing by itself.",
            ),
        },
        {
            name: "GpuPcieReplays",
            severity: "warning",
            for: "5m",
            expr: `max by (${perGpu}) (rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER[5m])) * 60
  > on (node) group_left () max by (node) (node:kilogpu_expected_pcie_replays)`,
            summary: `${onGpu} repeats PCIe packets.`,
            description: "{{ $value }} replays a minute, above DCGM's limit for this PCIe generation and width.",
            runbook: hardware(
                "Bad contact or cable between GPU and switch; copies between host and GPU slow down.",
                ["`lspci -vv -s <bus id>`: LnkSta, AER counters.", "Reseat at the next maintenance."],
                "Nothing by itself.",
            ),
        },
        {
            name: "GpuPcieWidthDegraded",
            severity: "critical",
            for: "5m",
            expr: `min by (${perGpu}) (DCGM_FI_DEV_PCIE_LINK_WIDTH) < on (node) group_left () max by (node) (node:kilogpu_expected_pcie_width)
  and on (node) node:kilogpu_in_service`,
            summary: `${onGpu} has {{ $value }} PCIe lanes, fewer than declared.`,
            description:
                "The link trained with {{ $value }} lanes. Width does not change with power saving: this is a fault.",
            runbook: hardware(
                "GPUDirect RDMA and data loading run at a fraction of their speed.",
                ["Reboot once: a link may train badly.", "Reseat or replace."],
                notRepaired,
            ),
        },
        {
            name: "GpuPcieGenerationDegraded",
            severity: "warning",
            for: "10m",
            // An idle GPU lowers its generation to save power: only a busy one counts.
            expr: `min by (${perGpu}) (DCGM_FI_DEV_PCIE_LINK_GEN) < on (node) group_left () max by (node) (node:kilogpu_expected_pcie_generation)
  and on (node, gpu, UUID) max by (${perGpu}) (DCGM_FI_PROF_GR_ENGINE_ACTIVE) > 0.5`,
            summary: `${onGpu} works at PCIe generation {{ $value }}, below the declared one.`,
            description: "Generation {{ $value }} while the GPU is busy.",
            runbook: hardware(
                "Half the bandwidth between host and GPU, per generation.",
                ["Reboot once.", "Firmware of switch and GPU."],
                "Nothing by itself.",
            ),
        },
        {
            name: "GpuHealthFailed",
            severity: "critical",
            expr: `max by (${perGpu}, health_watch, health_error_code) (DCGM_EXP_GPU_HEALTH_STATUS{health_watch!="POWER"}) >= 20`,
            summary: `DCGM calls {{ $labels.health_watch }} of ${onGpu} failed.`,
            description:
                "Status {{ $value }}, code {{ $labels.health_error_code }}. The power watch is left out: DCGM warns there without a threshold.",
            runbook: hardware(
                "DCGM's own judgement, over many fields.",
                ["`dcgmi health -c -g 0`, `dcgmi diag -r 2` on the gpuRepaired node."],
                gpuRepaired,
            ),
        },
    ],
};

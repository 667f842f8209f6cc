/**
 * A healthy machine of a type: what its hardware commands answer and what its kernel shows under /proc and /sys. Counts and rates are the
 * catalogue's; the form of each answer is that of the recorded ones in test/components/bare-metal/fixtures. Pure.
 */
import { computeNics, machine } from "../../catalog/machines";
import type { DeclaredHost } from "./site";

const DRIVER = "580.95.05";
const KERNEL = "6.8.0-60-generic";
const FIRMWARE = "28.43.1014";
/** NVLinks of a GPU, by its total rate: 50 GB/s a link up to Hopper, 100 GB/s on Blackwell. */
const nvlinks = (gbytes: number): number => (gbytes > 900 ? gbytes / 100 : gbytes / 50);

/** Content by path. */
export interface Files {
    [path: string]: string;
}

/** File name of a command's answer: `name/arguments`, blanks as `_` and slashes as `+`. */
export function answerFile(command: string, args: string): string {
    return `${command}/${args.replaceAll(" ", "_").replaceAll("/", "+") || "default"}`;
}

function lines(count: number, line: (index: number) => string): string {
    return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

/** Answers of a machine type's hardware commands. */
export function machineAnswers(type: string | undefined): Files {
    const common: Files = {
        [answerFile("uname", "-r")]: `${KERNEL}\n`,
        [answerFile("df", "")]:
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda2 1000000000 100000000 900000000 10% /\n",
        [answerFile("chronyc", "tracking")]:
            "Reference ID    : 0A000001 (ntp.example)\nSystem time     : 0.000012345 seconds slow of NTP time\nLeap status     : Normal\n",
        [answerFile("dmesg", "")]: "[    0.000000] Linux version 6.8.0-60-generic\n",
        [answerFile("lspci", "-vvv")]:
            "00:01.0 PCI bridge: Intel Corporation Device 352a\n\tCapabilities: [220] Access Control Services\n\t\tACSCtl:\tSrcValid- TransBlk- ReqRedir- CmpltRedir- UpstreamFwd- EgressCtrl- DirectTrans-\n",
    };
    if (type === undefined) {
        return common;
    }
    const { gpus, nvme, nvlinkGBs, pcieGeneration } = machine(type);
    const disks = Array.from({ length: nvme.disks }, (_, index) => `nvme${index}n1`);
    const query = (field: string): string =>
        answerFile("nvidia-smi", `--query-gpu=${field} --format=csv,noheader,nounits`);
    return {
        ...common,
        [answerFile("nvidia-smi", "-L")]: lines(
            gpus.count,
            (index) => `GPU ${index}: ${gpus.model} (UUID: GPU-${String(index).padStart(8, "0")})`,
        ),
        [query("index")]: lines(gpus.count, String),
        [query("pcie.link.width.current")]: lines(gpus.count, () => "16"),
        [query("pcie.link.gen.max")]: lines(gpus.count, () => String(pcieGeneration ?? 0)),
        [query("ecc.errors.uncorrected.volatile.total")]: lines(gpus.count, () => "0"),
        [query("fabric.state")]: lines(gpus.count, () => "Completed"),
        [query("driver_version")]: lines(gpus.count, () => DRIVER),
        [answerFile(
            "nvidia-smi",
            "--query-remapped-rows=remapped_rows.pending,remapped_rows.failure --format=csv,noheader,nounits",
        )]: lines(gpus.count, () => "0, 0"),
        [answerFile("nvidia-smi", "nvlink --status")]: lines(gpus.count, (index) =>
            [
                `GPU ${index}: ${gpus.model}`,
                ...Array.from({ length: nvlinks(nvlinkGBs) }, (_, link) => `\t Link ${link}: 26.562 GB/s`),
            ].join("\n"),
        ),
        // The system's disk is none of them.
        [answerFile("lsblk", "-dnpo NAME,TYPE")]: ["sda", ...disks].map((disk) => `/dev/${disk} disk\n`).join(""),
        ...Object.fromEntries(disks.map((disk) => [answerFile("lsblk", `-nro NAME /dev/${disk}`), `${disk}\n`])),
        [answerFile("lspci", "-n -d 10de:")]: lines(
            gpus.count,
            (index) => `${(0x1b + index * 0x10).toString(16)}:00.0 0302: 10de:2330 (rev a1)`,
        ),
    };
}

/** A NIC that runs as fast as its slot can. */
function slot(folder: string): Files {
    return Object.fromEntries(
        ["max", "current"].flatMap((which) => [
            [`${folder}/${which}_link_speed`, "32.0 GT/s PCIe\n"],
            [`${folder}/${which}_link_width`, "16\n"],
        ]),
    );
}

/** What NVIDIA's driver shows once it is loaded, open modules and all. */
const driverFiles: Files = {
    "sys/module/nvidia/version": `${DRIVER}\n`,
    "proc/driver/nvidia/version": `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${DRIVER}  Release Build\n`,
    [`lib/modules/${KERNEL}/updates/dkms/nvidia-peermem.ko`]: "",
};

/** What a freshly installed host has under `/`. */
export function freshRoot(host: DeclaredHost, bootId: string): Files {
    const type = host.machineType;
    const rate = type === undefined ? 0 : (computeNics(machine(type))[0]?.gbps ?? 0);
    const gib = type === undefined ? 128 : machine(type).memoryGib;
    const ports = host.devices.map((device): Files => {
        const port = `sys/class/infiniband/${device}/ports/1`;
        return {
            [`sys/class/infiniband/${device}/fw_ver`]: `${FIRMWARE}\n`,
            [`${port}/state`]: "4: ACTIVE\n",
            [`${port}/rate`]: `${rate} Gb/sec (4X NDR)\n`,
            [`${port}/link_layer`]: host.linkLayer === "infiniband" ? "InfiniBand\n" : "Ethernet\n",
            [`${port}/counters/link_downed`]: "0\n",
            ...slot(`sys/class/infiniband/${device}/device`),
            // A subnet manager runs, and the site's partition is at the place of the table that NCCL is told to use.
            ...(host.linkLayer === "infiniband"
                ? { [`${port}/sm_lid`]: "0x1\n", [`${port}/pkeys/0`]: "0x7fff\n", [`${port}/pkeys/1`]: "0x8001\n" }
                : {}),
        };
    });
    const files: Files = {
        "proc/sys/kernel/random/boot_id": `${bootId}\n`,
        "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda2 quiet\n",
        "proc/swaps": "Filename Type Size Used Priority\n/dev/sda3 partition 8388604 0 -2\n",
        "proc/meminfo": `MemTotal: ${gib * 1_000_000} kB\nHugePages_Total:    0\n`,
        "etc/fstab": "UUID=1 / ext4 defaults 0 1\n/dev/sda3 none swap sw 0 0\n",
        [`lib/modules/${KERNEL}/modules.dep`]: "",
        "var/lib/dpkg/status": "",
        "dev/null": "",
        "run/units/ssh": "",
        "run/enabled/ssh": "",
    };
    const gpuFiles = type === undefined ? [] : [driverFiles, ...ports];
    return gpuFiles.reduce<Files>((all, more) => ({ ...all, ...more }), files);
}

/** What booting makes of files that only a boot reads. `read` gives a file under the root, or undefined. */
export function booted(read: (path: string) => string | undefined, bootId: string): Files {
    const kernelArguments = /^GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT (.*)"$/m.exec(
        read("etc/default/grub.d/90-kilogpu.cfg") ?? "",
    )?.[1];
    const hugepages = /^vm\.nr_hugepages = (\d+)$/m.exec(read("etc/sysctl.d/90-kilogpu.conf") ?? "")?.[1] ?? "0";
    const swap = /^[^#\s]\S*\s+\S+\s+swap\s/m.test(read("etc/fstab") ?? "");
    return {
        "proc/sys/kernel/random/boot_id": `${bootId}\n`,
        "proc/cmdline": `BOOT_IMAGE=/vmlinuz root=/dev/sda2 quiet${kernelArguments === undefined ? "" : ` ${kernelArguments}`}\n`,
        "proc/swaps": `Filename Type Size Used Priority\n${swap ? "/dev/sda3 partition 8388604 0 -2\n" : ""}`,
        "proc/meminfo": (read("proc/meminfo") ?? "").replace(
            /^HugePages_Total:.*$/m,
            `HugePages_Total:    ${hugepages}`,
        ),
    };
}

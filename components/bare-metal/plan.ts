/** What follows from a pool's arguments before anything is created. Pure. */
import { computeNics, computePorts, machine } from "../../catalog/machines";
import { kilogpuLabels, nodeLabels } from "../../catalog/topology";
import type { MachineType } from "../../catalog/types";
import { fullMember } from "../fabric/partition";
import { FabricKind } from "../fabric/profile";
import { serverMachine } from "../fabric/machine";
import type { FabricMachine } from "../fabric/machine";
import { GpuDirect } from "../fabric/rack-args";
import { GPU_TAINT, capacityGroupName } from "../gpu-node-pool/plan";
import type { PoolFacts } from "../gpu-node-pool/plan";
import type { InventoryHost } from "../inventory/inventory";
import { kueueLevels, topologyDomains, topologyLabels } from "../inventory/levels";
import type { BareMetalNodePoolArgs } from "./bare-metal-args";

/** A server in a rack as the fabric sees it; ports named as the inventory has them. */
export function rackMachine(entry: MachineType, fabric: FabricKind, host?: InventoryHost): FabricMachine {
    const devices = Array.from(
        { length: computePorts(entry) },
        (_, rail) => host?.nics.find((nic) => nic.rail === rail)?.device ?? `mlx5_${String(rail)}`,
    );
    return serverMachine(entry, fabric === FabricKind.Infiniband ? "infiniband" : "ethernet", devices);
}

/** The pool's record, without the Output that orders things. */
export function bareMetalFacts(name: string, args: BareMetalNodePoolArgs): PoolFacts {
    const entry = machine(args.machineType);
    const capacityGroup = capacityGroupName(entry.type, args.site, args.fabric);
    return {
        name,
        instanceType: entry.type,
        nodes: args.hosts.length,
        gpusPerNode: entry.gpus.count,
        schedulableGpusPerNode: entry.gpus.count,
        fabric: args.fabric,
        efaPerNode: 0,
        zone: args.site,
        capacityGroup,
        capacityKind: "owned",
        labels: {
            ...args.labels,
            [kilogpuLabels.pool]: name,
            [kilogpuLabels.capacityGroup]: capacityGroup,
            [kilogpuLabels.fabric]: args.fabric,
            [nodeLabels.gpuPresent]: "true",
        },
        taints: [GPU_TAINT, ...(args.taints ?? [])],
        topologyLevels: kueueLevels({ name: args.site, hosts: args.hosts }),
        topologyDomains: topologyDomains({ name: args.site, hosts: args.hosts }),
    };
}

/** One step of a host: a script and its settings. */
export interface StepSettings {
    [name: string]: string;
}

/** Settings of every step on one host. Nothing secret is among them. */
export interface HostSettings {
    preflight: StepSettings;
    /** Preflight again, with what tuning was to bring. */
    accept: StepSettings;
    tuning: StepSettings;
    storage: StepSettings;
    runtime: StepSettings;
    join: StepSettings;
    member: StepSettings;
}

/** Where RKE2's archives lie. */
function releaseUrl(version: string): string {
    return `https://github.com/rancher/rke2/releases/download/${encodeURIComponent(version)}/rke2.linux-amd64.tar.gz`;
}

/** Settings of RKE2 that servers and agents share. */
export function rke2Settings(host: InventoryHost, rke2: BareMetalNodePoolArgs["cluster"]["rke2"]): StepSettings {
    return {
        RKE2_VERSION: rke2.version,
        RKE2_URL: rke2.url ?? releaseUrl(rke2.version),
        RKE2_SHA256: rke2.sha256,
        ...(rke2.imagesUrl === undefined ? {} : { IMAGES_URL: rke2.imagesUrl, IMAGES_SHA256: rke2.imagesSha256 ?? "" }),
        NODE_NAME: host.name,
        NODE_ADDRESS: host.address,
        // RKE2 reads its registries as it starts: where they change, the step that starts it runs again after the one that writes them.
        ...registrySettings(rke2),
    };
}

/** Settings of the runtime step. */
export function runtimeSettings(role: string, rke2: BareMetalNodePoolArgs["cluster"]["rke2"]): StepSettings {
    return { ROLE: role, ...registrySettings(rke2) };
}

function registrySettings(rke2: BareMetalNodePoolArgs["cluster"]["rke2"]): StepSettings {
    return {
        ...(rke2.registryMirror === undefined ? {} : { REGISTRY_MIRROR: rke2.registryMirror }),
        ...(rke2.registryCa === undefined ? {} : { REGISTRY_CA: rke2.registryCa }),
    };
}

/** Which way to GPU memory a host must have: either one on x86 where nobody says, and none without RDMA. */
function expectedGpuDirect(entry: MachineType, args: BareMetalNodePoolArgs): string {
    if (args.fabric === FabricKind.Tcp) {
        return "none";
    }
    return args.expect?.gpuDirect ?? (entry.cpuArchitecture === "arm64" ? GpuDirect.DmaBuf : "any");
}

/** Settings of one host of a pool. */
export function hostSettings(host: InventoryHost, facts: PoolFacts, args: BareMetalNodePoolArgs): HostSettings {
    const entry = machine(args.machineType);
    const rails = [...host.nics].sort((a, b) => a.rail - b.rail);
    const labels = {
        ...facts.labels,
        ...topologyLabels({ name: args.site, hosts: [host] })[host.name],
        [nodeLabels.instanceType]: entry.type,
        [nodeLabels.zone]: args.site,
    };
    const optional = (name: string, value: string | number | undefined): StepSettings =>
        value === undefined ? {} : { [name]: String(value) };
    const hugepages = String(args.tuning?.hugepages ?? 0);
    const kernelArguments = (args.tuning?.kernelArguments ?? ["iommu=pt"]).join(" ");
    const preflight = {
        EXPECT_GPUS: String(entry.gpus.count),
        EXPECT_PCIE_GENERATION: String(entry.pcieGeneration ?? 0),
        EXPECT_NIC_DEVICES: args.fabric === FabricKind.Tcp ? "" : rails.map((nic) => nic.device).join(" "),
        EXPECT_NIC_GBPS: String(computeNics(entry)[0]?.gbps ?? 0),
        EXPECT_LINK_LAYER: args.fabric === FabricKind.Infiniband ? "infiniband" : "ethernet",
        EXPECT_DISK_GIB: String(args.expect?.diskGib ?? 100),
        ...optional("EXPECT_NIC_FIRMWARE", args.expect?.nicFirmware),
        ...optional("EXPECT_DRIVER", args.expect?.driver),
        ...optional("EXPECT_PKEY", args.expect?.pkey === undefined ? undefined : fullMember(args.expect.pkey)),
        ...optional("ACS_ALLOWED", args.expect?.allowAcs === true ? 1 : undefined),
        ...optional("MAX_CLOCK_OFFSET", args.expect?.clockOffsetSeconds),
    };
    return {
        preflight,
        accept: {
            ...preflight,
            TUNED: "1",
            EXPECT_HUGEPAGES: hugepages,
            EXPECT_KERNEL_ARGUMENTS: kernelArguments,
            EXPECT_GPUDIRECT: expectedGpuDirect(entry, args),
        },
        tuning: {
            HUGEPAGES: hugepages,
            KERNEL_ARGUMENTS: kernelArguments,
            ...(args.expect?.gpuDirect === GpuDirect.Peermem ? { PEERMEM: "1" } : {}),
            RDMA_NETNS: (args.tuning?.exclusiveRdma ?? args.fabric === FabricKind.Roce) ? "exclusive" : "shared",
            ALLOW_REBOOT: args.tuning?.allowReboot === true ? "1" : "0",
        },
        storage: {
            NVME_DISKS: String(args.scratch?.disks ?? 0),
            MOUNT_POINT: args.scratch?.mountPoint ?? "/mnt/scratch",
        },
        runtime: runtimeSettings("agent", args.cluster.rke2),
        join: {
            ROLE: "agent",
            ...rke2Settings(host, args.cluster.rke2),
            SERVER_URL: args.cluster.joinUrl,
            NODE_TAINTS: facts.taints.map((taint) => `${taint.key}=${taint.value}:${taint.effect}`).join(" "),
        },
        member: {
            NODE_NAME: host.name,
            NODE_LABELS: Object.entries(labels)
                .map(([key, value]) => `${key}=${value}`)
                .sort()
                .join(" "),
        },
    };
}

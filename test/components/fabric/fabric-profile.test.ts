// The facts of gpu-cluster networking, each where it is derived.
import { describe, expect, it } from "vitest";
import { findInstance, instance, instanceTypes } from "../../../catalog/instances";
import {
    FabricKind,
    FabricMode,
    checkFabricKind,
    checkFabricOptions,
    fabricProfile,
    instanceMachine,
    trafficClass,
} from "../../../components/fabric";
import type { FabricMachine } from "../../../components/fabric";
import { sentence } from "../../../components/input";

const efa = (type: string) => fabricProfile(instanceMachine(instance(type)), FabricKind.Efa);

/** An HGX server: eight rails, device numbers that do not follow the rails, as found on real ones. */
const server = (linkLayer: string): FabricMachine => ({
    type: "hgx-h100",
    gpus: 8,
    nvlinkDomainGpus: 8,
    efaInterfaces: 0,
    efaGbps: 0,
    hugepages2Mi: 0,
    busBandwidthGBs: 0,
    interfaces: { efa: [], tcp: [] },
    rdmaPorts: [4, 5, 9, 10, 11, 0, 3, 6].map((device, rail) => ({
        device: `mlx5_${String(device)}`,
        rail: 7 - rail,
        gbps: 400,
        linkLayer,
    })),
    cloud: false,
});

describe("EFA", () => {
    it("on p5en: 16 interfaces, hugepages, nothing for NCCL to be told", () => {
        const profile = efa("p5en.48xlarge");
        expect(profile).toMatchObject({
            kind: "efa",
            mode: "device-plugin",
            podResources: { "vpc.amazonaws.com/efa": "16", "hugepages-2Mi": "5120Mi" },
            coveredResources: ["vpc.amazonaws.com/efa", "hugepages-2Mi"],
            ncclEnvironment: {},
            portsPerNode: 16,
            portGbps: 200,
            expectedNetwork: "AWS Libfabric",
            ipcLock: true,
        });
        expect(profile.networkInterfaces).toHaveLength(17);
        expect(profile.networkInterfaces.slice(0, 3)).toEqual([
            { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
            { networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" },
            { networkCardIndex: 1, deviceIndex: 0, interfaceType: "efa-only" },
        ]);
    });

    it("on p6-b300: card 0 carries no EFA", () => {
        const profile = efa("p6-b300.48xlarge");
        expect(profile.portsPerNode).toBe(16);
        expect(profile.networkInterfaces).not.toContainEqual(
            expect.objectContaining({ networkCardIndex: 0, interfaceType: "efa-only" }),
        );
    });

    it("on p6e-gb200: no hugepages, and NVLink over several nodes switched on", () => {
        const profile = efa("p6e-gb200.36xlarge");
        expect(profile.podResources).toEqual({ "vpc.amazonaws.com/efa": "4" });
        expect(profile.ncclEnvironment).toEqual({ NCCL_MNNVL_ENABLE: "1", NCCL_NVLS_ENABLE: "1" });
        expect(profile.notes.join(" ")).toContain("ComputeDomain");
    });

    it("covers exactly what its pods ask for, on every type that has it", () => {
        for (const type of instanceTypes().filter((name) => instance(name).network.efaInterfaces > 0)) {
            const profile = efa(type);
            expect(profile.coveredResources).toEqual(Object.keys(profile.podResources));
            expect(profile.portsPerNode * profile.portGbps).toBeCloseTo(instance(type).network.efaGbps);
            expect(profile.networkInterfaces.filter((item) => item.interfaceType === "interface")).toHaveLength(1);
        }
    });

    it("takes its floor from the catalogue, or from the site", () => {
        const machine = instanceMachine(instance("p5.48xlarge"));
        expect(fabricProfile(machine, FabricKind.Efa).busBandwidthFloorGBs).toBe(
            findInstance("p5.48xlarge")?.ncclBusBandwidthGBs,
        );
        expect(fabricProfile(machine, FabricKind.Efa, { busBandwidthFloorGBs: 340 }).busBandwidthFloorGBs).toBe(340);
    });
});

describe("plain networking", () => {
    it("asks for nothing, and says which interfaces lie idle", () => {
        const profile = fabricProfile(instanceMachine(instance("p5.48xlarge")), FabricKind.Tcp);
        expect(profile).toMatchObject({
            podResources: {},
            coveredResources: [],
            expectedNetwork: "Socket",
            portsPerNode: 0,
        });
        expect(profile.networkInterfaces).toEqual([
            { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
        ]);
        expect(profile.notes[0]).toContain("32 EFA interfaces");
    });
});

describe("InfiniBand", () => {
    it("shares all ports of a node through one resource, and lists them by exact name in rail order", () => {
        const profile = fabricProfile(server("infiniband"), FabricKind.Infiniband);
        expect(profile).toMatchObject({
            mode: "shared-device",
            podResources: { "rdma/ib": "1" },
            coveredResources: ["rdma/ib"],
            ncclEnvironment: {
                NCCL_IB_HCA: "=mlx5_6,mlx5_3,mlx5_0,mlx5_11,mlx5_10,mlx5_9,mlx5_5,mlx5_4",
                NCCL_SOCKET_IFNAME: "eth0",
            },
            portsPerNode: 8,
            portGbps: 400,
            expectedNetwork: "IB",
            networkInterfaces: [],
        });
        expect(profile.ncclEnvironment).not.toHaveProperty("NCCL_IB_GID_INDEX");
    });

    it("counts virtual and physical functions one by one", () => {
        const sriov = fabricProfile(server("infiniband"), FabricKind.Infiniband, { mode: FabricMode.Sriov });
        expect(sriov.podResources).toEqual({ "nvidia.com/ib_vf": "8" });
        expect(sriov.ncclEnvironment["NCCL_IB_HCA"]).toBe("mlx5");
        const host = fabricProfile(server("infiniband"), FabricKind.Infiniband, { mode: FabricMode.HostDevice });
        expect(host.podResources).toEqual({ "nvidia.com/hostdev": "8" });
    });
});

describe("RoCE", () => {
    it("marks its traffic with the class that switches keep lossless", () => {
        const profile = fabricProfile(server("ethernet"), FabricKind.Roce, { resourceName: "rail_vf" });
        expect(profile.podResources).toEqual({ "nvidia.com/rail_vf": "8" });
        expect(profile.ncclEnvironment).toMatchObject({
            NCCL_IB_GID_INDEX: "3",
            NCCL_IB_TC: "106",
            NCCL_IB_TIMEOUT: "22",
        });
        // DSCP in the upper six bits, ECN-capable transport in the lower two.
        expect(trafficClass(26) >> 2).toBe(26);
        expect(trafficClass(26) & 3).toBe(2);
    });

    it("refuses a DSCP that switches put into another priority", () => {
        expect(checkFabricOptions("options", {})).toEqual([]);
        expect(checkFabricOptions("options", { dscp: 40, losslessPriority: 5 })).toEqual([]);
        expect(checkFabricOptions("options", { dscp: 40 }).map(sentence)).toEqual([
            "options.dscp: got 40; NICs and switches map DSCP 24 to 31 to lossless priority 3 by default. Give a DSCP in that range, or losslessPriority 5.",
        ]);
        expect(checkFabricOptions("options", { dscp: 64 })).toHaveLength(1);
    });
});

describe("a fabric that a machine cannot have", () => {
    it.each<[string, FabricMachine, string, string]>([
        ["EFA without EFA", instanceMachine(instance("g6.xlarge")), "efa", "g6.8xlarge"],
        ["EFA in a rack", server("infiniband"), "efa", "has no EFA interface"],
        ["InfiniBand on EC2", instanceMachine(instance("p5.48xlarge")), "infiniband", "Use efa."],
        ["RoCE on EC2 without EFA", instanceMachine(instance("g5.xlarge")), "roce", "Use tcp."],
        ["RoCE over InfiniBand ports", server("infiniband"), "roce", "0 of 8 RDMA ports"],
        ["InfiniBand without ports", { ...server("infiniband"), rdmaPorts: [] }, "infiniband", "0 of 0"],
        ["a kind that does not exist", server("infiniband"), "infinband", "Did you mean infiniband?"],
    ])("%s", (_title, machine, kind, words) => {
        expect(
            checkFabricKind("fabric", machine, kind as FabricKind)
                .map(sentence)
                .join(),
        ).toContain(words);
    });

    it("leaves possible ones alone", () => {
        expect(checkFabricKind("fabric", server("infiniband"), FabricKind.Infiniband)).toEqual([]);
        expect(checkFabricKind("fabric", server("ethernet"), FabricKind.Roce)).toEqual([]);
        expect(checkFabricKind("fabric", instanceMachine(instance("g6.xlarge")), FabricKind.Tcp)).toEqual([]);
    });
});

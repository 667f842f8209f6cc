import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { release } from "../../../catalog/releases";
import { bareMetalFacts } from "../../../components/bare-metal";
import {
    FabricKind,
    FabricMode,
    RdmaFabric,
    fabricObjects,
    nicClusterPolicy,
    rackFabric,
} from "../../../components/fabric";
import { GpuDirect, NetworkDriver, SecondaryNetwork, checkRdmaFabric, profilesOf } from "../../../components/fabric";
import type { RackFabricArgs } from "../../../components/fabric";
import { railSubnets } from "../../../components/fabric/rail-subnets";
import type { NodePoolArgs } from "../../../components/gpu-node-pool";
import { ncclEnvironment, roceQos } from "../../../components/quality-of-service";
import { evaluate, messageOf } from "../../support/mocks";
import { poolArgs } from "../bare-metal/rack";

const pool = (kind: FabricKind, hosts = 8): NodePoolArgs => ({
    ...bareMetalFacts("h100", { ...poolArgs(hosts), fabric: kind }),
    nodeGroupName: "h100",
});
const interfaces = Array.from({ length: 8 }, (_, rail) => `ens${String(rail)}np0`);
const problems = (kind: FabricKind, rack?: RackFabricArgs): string[] =>
    checkRdmaFabric({ kind, pools: [pool(kind)], rack }).map((problem) => problem.path);
const objects = (kind: FabricKind, rack: RackFabricArgs, hosts = 8) =>
    fabricObjects(rackFabric(kind, [pool(kind, hosts)], rack));
const kinds = (kind: FabricKind, rack: RackFabricArgs): string[] => [
    ...new Set(objects(kind, rack).map((object) => object.kind)),
];

describe("RdmaFabric of a rack", () => {
    it("installs the operator and a NicClusterPolicy of our own after it", async () => {
        const run = await evaluate(
            () => new RdmaFabric("fabric", { kind: FabricKind.Infiniband, pools: [pool(FabricKind.Infiniband)] }),
        );
        expect(run.inventory()).toEqual([
            "kubernetes:core/v1:Namespace fabric-namespace",
            "kubernetes:helm.sh/v3:Release fabric-network-operator",
            "kubernetes:mellanox.com/v1alpha1:NicClusterPolicy fabric-policy",
        ]);
        const pin = release("network-operator");
        const operator = run.named("fabric-network-operator");
        expect(operator.inputs).toMatchObject({ version: pin.version, values: { nfd: { enabled: false } } });
        expect(run.named("fabric-policy").inputs).toMatchObject({ metadata: { name: "nic-cluster-policy" } });
    });

    it("tells queues and jobs the resource that the policy's plugin offers", () => {
        const fabric = rackFabric(FabricKind.Infiniband, [pool(FabricKind.Infiniband)]);
        const policy = nicClusterPolicy(fabric).spec as { rdmaSharedDevicePlugin: { config: string } };
        const offered = (JSON.parse(policy.rdmaSharedDevicePlugin.config) as { configList: { resourceName: string }[] })
            .configList[0]?.resourceName;
        const [profile] = Object.values(profilesOf(FabricKind.Infiniband, fabric.pools));
        expect(profile?.podResources).toEqual({ [`rdma/${String(offered)}`]: "1" });
        expect(profile?.ncclEnvironment["NCCL_IB_HCA"]).toBe(
            "=mlx5_0,mlx5_1,mlx5_2,mlx5_3,mlx5_4,mlx5_5,mlx5_6,mlx5_7",
        );
        expect(profile?.podAnnotations).toBeUndefined();
    });

    it("makes what each mode needs, and nothing else", () => {
        expect(kinds(FabricKind.Infiniband, {})).toEqual([]);
        expect(kinds(FabricKind.Infiniband, { secondaryNetwork: SecondaryNetwork.Ipoib, interfaces })).toEqual([
            "IPPool",
            "IPoIBNetwork",
        ]);
        expect(
            kinds(FabricKind.Roce, {
                mode: FabricMode.SharedDevice,
                secondaryNetwork: SecondaryNetwork.Macvlan,
                interfaces,
            }),
        ).toEqual(["IPPool", "MacvlanNetwork"]);
        expect(kinds(FabricKind.Roce, { mode: FabricMode.HostDevice })).toEqual(["IPPool", "HostDeviceNetwork"]);
        expect(kinds(FabricKind.Roce, { interfaces })).toEqual(["IPPool", "SriovNetwork", "SriovNetworkNodePolicy"]);
        expect(kinds(FabricKind.Infiniband, { mode: FabricMode.Sriov, interfaces })).toContain("SriovIBNetwork");
    });

    it("gives every rail a network, and a pod all of them", () => {
        const rack = { mode: FabricMode.SharedDevice, secondaryNetwork: SecondaryNetwork.Macvlan, interfaces };
        const made = objects(FabricKind.Roce, rack, 32);
        expect(
            made.filter((object) => object.kind === "MacvlanNetwork").map((object) => object.spec["master"]),
        ).toEqual(interfaces);
        const [profile] = Object.values(profilesOf(FabricKind.Roce, [pool(FabricKind.Roce)], rack));
        expect(profile?.podAnnotations?.["k8s.v1.cni.cncf.io/networks"]?.split(",")).toEqual(
            made
                .filter((object) => object.kind === "MacvlanNetwork")
                .map((object) => `default/${object.metadata.name}`),
        );
    });

    it("sets NICs, NCCL and the pods from one quality of service", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 7 }), (priority, low) => {
                const dscp = priority * 8 + low;
                const rack = { interfaces, dscp, losslessPriority: priority, switchBufferKib: 65536 };
                const [nic] = objects(FabricKind.Roce, rack).filter((made) => made.kind === "NicConfigurationTemplate");
                const { qos } = (nic?.spec["template"] as { roceOptimized: { qos: { tos: number; pfc: string } } })
                    .roceOptimized;
                const expected = ncclEnvironment(roceQos({ linkGbps: 400, bufferKib: 65536, dscp, priority }));
                const [profile] = Object.values(profilesOf(FabricKind.Roce, [pool(FabricKind.Roce)], rack));
                expect(profile?.ncclEnvironment).toMatchObject(expected);
                expect(String(qos.tos)).toBe(expected["NCCL_IB_TC"]);
                expect(qos.pfc.split(",").indexOf("1")).toBe(priority);
            }),
        );
    });

    it("lets a driver upgrade wait for training and never drain by force", () => {
        const fabric = rackFabric(FabricKind.Infiniband, [pool(FabricKind.Infiniband)], {
            driver: NetworkDriver.Operator,
        });
        expect(nicClusterPolicy(fabric).spec["ofedDriver"]).toMatchObject({
            version: release("doca-ofed").version,
            upgradePolicy: {
                maxParallelUpgrades: 1,
                waitForCompletion: { podSelector: "kilogpu.dev/training=true", timeoutSeconds: 0 },
                drain: { force: false },
            },
        });
        expect(nicClusterPolicy({ ...fabric, driver: undefined }).spec["ofedDriver"]).toBeUndefined();
    });

    it("waits for what brings the CRDs of address pools and NIC settings, and for nothing where there are none", () => {
        const annotations = (kind: FabricKind, rack: RackFabricArgs) =>
            nicClusterPolicy(rackFabric(kind, [pool(kind)], rack)).metadata.annotations;
        const waits = { "pulumi.com/waitFor": "jsonpath={.status.appliedStates}" };
        expect(annotations(FabricKind.Infiniband, {})).toBeUndefined();
        expect(annotations(FabricKind.Roce, { interfaces })).toEqual(waits);
        expect(annotations(FabricKind.Roce, { mode: FabricMode.SharedDevice, switchBufferKib: 65536 })).toEqual(waits);
    });

    it("tells NCCL the partition of the ports, and UFM that of virtual functions", () => {
        const environment = (rack: RackFabricArgs) =>
            Object.values(profilesOf(FabricKind.Infiniband, [pool(FabricKind.Infiniband)], rack))[0]?.ncclEnvironment;
        expect(environment({})).not.toHaveProperty("NCCL_IB_PKEY");
        expect(environment({ pkey: 5 })).toMatchObject({ NCCL_IB_PKEY: "1" });
        const virtual = { mode: FabricMode.Sriov, interfaces, pkey: 5, ufmSecret: "ufm" };
        expect(environment(virtual)).not.toHaveProperty("NCCL_IB_PKEY");
        const fabric = rackFabric(FabricKind.Infiniband, [pool(FabricKind.Infiniband)], virtual);
        expect(nicClusterPolicy(fabric).spec["ibKubernetes"]).toMatchObject({
            image: "ib-kubernetes",
            version: "network-operator-v26.4.1",
            ufmSecret: "ufm",
        });
        const network = fabricObjects(fabric).find(({ kind }) => kind === "NetworkAttachmentDefinition");
        expect(network?.metadata.annotations).toEqual({ "k8s.v1.cni.cncf.io/resourceName": "nvidia.com/ib_vf" });
        expect(JSON.parse(String(network?.spec["config"]))).toMatchObject({
            type: "ib-sriov",
            pkey: "0x5",
            ibKubernetesEnabled: true,
            ipam: { type: "nv-ipam", poolName: network?.metadata.name },
        });
        expect(nicClusterPolicy({ ...fabric, pkey: undefined }).spec).not.toHaveProperty("ibKubernetes");
    });

    it("lets switches reduce where the site has SHARP", () => {
        const [profile] = Object.values(
            profilesOf(FabricKind.Infiniband, [pool(FabricKind.Infiniband)], { sharp: true }),
        );
        expect(profile?.ncclEnvironment).toMatchObject({ NCCL_COLLNET_ENABLE: "1" });
        expect(profile?.notes.join(" ")).toMatch(/nccl-rdma-sharp-plugins/);
    });

    it("resets the NICs' firmware where the BMC keeps them powered over a reboot", () => {
        const policy = (instanceType: string) =>
            nicClusterPolicy(
                rackFabric(FabricKind.Roce, [{ ...pool(FabricKind.Roce), instanceType }], {
                    interfaces,
                    switchBufferKib: 65536,
                }),
            ).spec["nicConfigurationOperator"];
        expect(policy("hgx-b200")).toMatchObject({ env: [{ name: "FW_RESET_AFTER_CONFIG_UPDATE", value: "true" }] });
        expect(policy("hgx-h100")).not.toHaveProperty("env");
    });

    it("refuses settings of the other fabric, and those that lack a half", () => {
        expect(problems(FabricKind.Roce, { interfaces, pkey: 5, sharp: true })).toEqual(["rack.pkey", "rack.sharp"]);
        expect(problems(FabricKind.Infiniband, { pkey: 0x7fff })).toEqual(["rack.pkey"]);
        expect(problems(FabricKind.Infiniband, { mode: FabricMode.Sriov, interfaces, pkey: 5 })).toEqual([
            "rack.ufmSecret",
        ]);
        expect(problems(FabricKind.Infiniband, { mode: FabricMode.Sriov, interfaces, sharp: true })).toEqual([
            "rack.sharp",
        ]);
        expect(problems(FabricKind.Infiniband, { gpuDirect: "rdma" as GpuDirect })).toEqual(["rack.gpuDirect"]);
        const arm = { ...pool(FabricKind.Infiniband), instanceType: "gb200-nvl72-tray" };
        const ofArm = (gpuDirect: GpuDirect): string[] =>
            checkRdmaFabric({ kind: FabricKind.Infiniband, pools: [arm], rack: { gpuDirect } }).map(({ path }) => path);
        expect(ofArm(GpuDirect.Peermem)).toEqual(["rack.gpuDirect"]);
        expect(ofArm(GpuDirect.DmaBuf)).toEqual([]);
    });

    it("refuses settings that can't work", () => {
        expect(problems(FabricKind.Infiniband)).toEqual([]);
        expect(problems(FabricKind.Roce)).toEqual(["rack.interfaces"]);
        expect(problems(FabricKind.Roce, { interfaces: ["ens0"] })).toEqual(["rack.interfaces"]);
        expect(problems(FabricKind.Roce, { interfaces, dscp: 26, losslessPriority: 4 })).toEqual(["rack.dscp"]);
        expect(problems(FabricKind.Roce, { interfaces, addressRange: "10.0.0.0/24" })).toEqual(["rack.addressRange"]);
        expect(problems(FabricKind.Infiniband, { secondaryNetwork: SecondaryNetwork.Macvlan, interfaces })).toEqual([
            "rack.secondaryNetwork",
        ]);
        expect(problems(FabricKind.Infiniband, { mode: "shared" as FabricMode })).toEqual(["rack.mode"]);
    });

    it("refuses a cloud pool", () => {
        const cloud = { ...pool(FabricKind.Roce), capacityKind: "on-demand", instanceType: "p5.48xlarge" };
        expect(messageOf(() => new RdmaFabric("fabric", { kind: FabricKind.Roce, pools: [cloud] }))).toContain(
            "EC2 instances have EFA or plain networking",
        );
    });
});

describe("railSubnets", () => {
    it("cuts disjoint parts that hold every address, or none", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 100_000 }), (rails, addresses) => {
                const subnets = railSubnets("172.16.0.0/12", rails, addresses);
                const spans = subnets.map((subnet) => {
                    const [address = "", prefix = "32"] = subnet.split("/");
                    const start = address.split(".").reduce((total, octet) => total * 256 + Number(octet), 0);
                    return { start, size: 2 ** (32 - Number(prefix)) };
                });
                expect(spans.every((span) => span.size >= addresses + 2 && span.start % span.size === 0)).toBe(true);
                expect(
                    spans.every((span, rail) => rail === 0 || span.start >= (spans[rail - 1]?.start ?? 0) + span.size),
                ).toBe(true);
                expect([0, rails]).toContain(subnets.length);
            }),
        );
        expect(railSubnets("172.16.0.0/12", 8, 1000)).toHaveLength(8);
        expect(railSubnets("300.1.1.0/16", 8, 10)).toEqual([]);
    });
});

/**
 * What the NVIDIA network operator is told for a rack's fabric: chart values, NicClusterPolicy, networks and address pools by rail.
 * Pure. Field names: the CRDs of Mellanox/network-operator v26.4.1 and of the parts that it installs, read 2026-11-26; docs/bare-metal.md says what
 * no suite can check.
 */
import { inMirror } from "../../catalog/chart-images";
import { computeNics, computePorts, machine } from "../../catalog/machines";
import { release } from "../../catalog/releases";
import { gpuTaintKey, kilogpuLabels } from "../../catalog/topology";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import type { ChartValues } from "../helm-chart";
import { FabricMode, rdmaResource } from "./derive";
import { nicSettings } from "./nic-settings";
import { ibKubernetes, partitionNetwork } from "./partition";
import { FabricKind } from "./profile";
import { NetworkDriver, SecondaryNetwork } from "./rack-args";
import type { RackFabricArgs } from "./rack-args";
import { railSubnets } from "./rail-subnets";

/** Name of the network operator in the release catalogue. */
export const NETWORK_OPERATOR = "network-operator";
/** Range of the rails where a site names none. */
export const DEFAULT_ADDRESS_RANGE = "172.16.0.0/12";
/** Label of all pods of the library's training runtimes. */
const TRAINING_PODS = "kilogpu.dev/training=true";
/** Pods that one shared device admits; the training pod is alone, debugging pods come beside it. */
const SHARED_HOLDERS = 63;

/** An object of the operator's API, as plain data. */
export interface FabricObject {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string; annotations?: { [key: string]: string } };
    spec: { [field: string]: unknown };
}

/** A rack's fabric with its defaults. */
export interface RackFabric extends RackFabricArgs {
    kind: FabricKind;
    mode: FabricMode;
    pools: NodePoolArgs[];
    /** Registry of the site that holds the operator's images; undefined for NVIDIA's own. */
    imageMirror?: string;
}

/** Fills in the mode. */
export function rackFabric(
    kind: FabricKind,
    pools: NodePoolArgs[],
    rack: RackFabricArgs = {},
    imageMirror?: string,
): RackFabric {
    const fallback = kind === FabricKind.Roce ? FabricMode.Sriov : FabricMode.SharedDevice;
    return { ...rack, kind, pools, imageMirror, mode: rack.mode ?? fallback };
}

function namespaceOf(): string {
    return release(NETWORK_OPERATOR).namespace ?? "nvidia-network-operator";
}

/** Where the operator's parts come from, or the same path in the site's mirror. */
function imageRepository(fabric: RackFabric): string {
    const upstream = "nvcr.io/nvidia/mellanox";
    return fabric.imageMirror === undefined ? upstream : inMirror(fabric.imageMirror, upstream);
}

/** Images of the operator's parts carry the operator's version. */
function part(fabric: RackFabric, image: string): { image: string; repository: string; version: string } {
    return {
        image,
        repository: imageRepository(fabric),
        version: `network-operator-v${release(NETWORK_OPERATOR).version}`,
    };
}

function tolerations(fabric: RackFabric): { key: string; operator: string; effect?: string }[] {
    const others = fabric.pools
        .flatMap((pool) => pool.taints)
        .filter((taint) => taint.key !== gpuTaintKey)
        .map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect }));
    const distinct = new Map(others.map((taint) => [`${taint.key}:${taint.effect}`, taint]));
    return [{ key: gpuTaintKey, operator: "Exists" }, ...distinct.values()];
}

/** Values of the chart. Node feature discovery comes with the GPU operator: twice, both would label and unlabel the same nodes. */
export function networkOperatorValues(fabric: RackFabric): ChartValues {
    return {
        nfd: { enabled: false, deployNodeFeatureRules: true },
        sriovNetworkOperator: { enabled: fabric.mode === FabricMode.Sriov },
        operator: {
            tolerations: [
                { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" },
                ...tolerations(fabric),
            ],
        },
    };
}

/** PCI device ids of the pools' compute NICs, `1021` for ConnectX-7. */
function deviceIds(fabric: RackFabric): string[] {
    return [
        ...new Set(
            fabric.pools.flatMap((pool) =>
                computeNics(machine(pool.instanceType)).flatMap((nic) => nic.pciDevice ?? []),
            ),
        ),
    ].sort();
}

/** B200, B300 and GB200: the BMC keeps NICs powered over a reboot, so that new settings of theirs need a reset of the firmware. */
function keepsNicsPowered(fabric: RackFabric): boolean {
    return fabric.pools.some((pool) => machine(pool.instanceType).gpus.architecture === "blackwell");
}

/** Rails of the fabric. */
export function railCount(fabric: RackFabric): number {
    return Math.max(...fabric.pools.map((pool) => computePorts(machine(pool.instanceType))));
}

/** Whether pods get an address on each rail. */
export function hasRailNetworks(fabric: RackFabric): boolean {
    return (
        fabric.mode !== FabricMode.SharedDevice ||
        (fabric.secondaryNetwork ?? SecondaryNetwork.None) !== SecondaryNetwork.None
    );
}

/** Resource name without its domain. */
function resourceName(fabric: RackFabric): string {
    return rdmaResource(fabric.kind, fabric.mode, fabric.resourceName).split("/")[1] ?? "";
}

/** Devices by name: a selector by vendor and id alone would also take the storage and management ports. */
function sharedDevices(fabric: RackFabric): string {
    const rails = railCount(fabric);
    return JSON.stringify({
        configList: [
            {
                resourceName: resourceName(fabric),
                rdmaHcaMax: SHARED_HOLDERS,
                selectors: {
                    vendors: ["15b3"],
                    deviceIDs: deviceIds(fabric),
                    ...(fabric.interfaces === undefined ? {} : { ifNames: fabric.interfaces.slice(0, rails) }),
                    linkTypes: [fabric.kind === FabricKind.Infiniband ? "infiniband" : "ether"],
                },
            },
        ],
    });
}

function hostDevices(fabric: RackFabric): string {
    return JSON.stringify({
        resourceList: [
            {
                resourcePrefix: "nvidia.com",
                resourceName: resourceName(fabric),
                selectors: {
                    vendors: ["15b3"],
                    devices: deviceIds(fabric),
                    ...(fabric.interfaces === undefined ? {} : { pfNames: fabric.interfaces }),
                    isRdma: true,
                },
            },
        ],
    });
}

/** The one NicClusterPolicy of a cluster: the operator reads this name only. */
export function nicClusterPolicy(fabric: RackFabric): FabricObject {
    // The operator brings the CRDs of address pools and NIC settings when it first acts on the policy, and then says what it did.
    const first = hasRailNetworks(fabric) || setsQos(fabric);
    return {
        apiVersion: "mellanox.com/v1alpha1",
        kind: "NicClusterPolicy",
        metadata: {
            name: "nic-cluster-policy",
            ...(first ? { annotations: { "pulumi.com/waitFor": "jsonpath={.status.appliedStates}" } } : {}),
        },
        spec: {
            nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerms: [
                        {
                            matchExpressions: [{ key: kilogpuLabels.fabric, operator: "In", values: [fabric.kind] }],
                        },
                    ],
                },
            },
            tolerations: tolerations(fabric),
            ...(fabric.driver === NetworkDriver.Operator ? { ofedDriver: ofedDriver(fabric) } : {}),
            ...(fabric.mode === FabricMode.SharedDevice
                ? {
                      rdmaSharedDevicePlugin: {
                          ...part(fabric, "k8s-rdma-shared-dev-plugin"),
                          config: sharedDevices(fabric),
                      },
                  }
                : {}),
            ...(fabric.mode === FabricMode.HostDevice
                ? { sriovDevicePlugin: { ...part(fabric, "sriov-network-device-plugin"), config: hostDevices(fabric) } }
                : {}),
            ...(hasRailNetworks(fabric)
                ? {
                      nvIpam: { ...part(fabric, "nvidia-k8s-ipam"), enableWebhook: false },
                      secondaryNetwork: {
                          cniPlugins: part(fabric, "plugins"),
                          multus: part(fabric, "multus-cni"),
                          ...(fabric.secondaryNetwork === SecondaryNetwork.Ipoib
                              ? { ipoib: part(fabric, "ipoib-cni") }
                              : {}),
                      },
                  }
                : {}),
            ...(ownPartition(fabric) === undefined
                ? {}
                : { ibKubernetes: ibKubernetes(part(fabric, "ib-kubernetes"), fabric.ufmSecret ?? "") }),
            ...(setsQos(fabric)
                ? {
                      nicConfigurationOperator: {
                          operator: part(fabric, "nic-configuration-operator"),
                          configurationDaemon: part(fabric, "nic-configuration-operator-daemon"),
                          ...(keepsNicsPowered(fabric)
                              ? { env: [{ name: "FW_RESET_AFTER_CONFIG_UPDATE", value: "true" }] }
                              : {}),
                      },
                  }
                : {}),
        },
    };
}

/**
 * The driver in containers. It unloads the kernel's modules under running jobs, so that a node is only touched when its training
 * pods are gone, one at a time, and never by force.
 */
function ofedDriver(fabric: RackFabric): { [field: string]: unknown } {
    return {
        image: "doca-driver",
        repository: imageRepository(fabric),
        version: release("doca-ofed").version,
        // Modules for storage over RDMA would hold the kernel's own driver: on a server, unlike a virtual machine, they are often loaded.
        env: [{ name: "UNLOAD_STORAGE_MODULES", value: "true" }],
        upgradePolicy: {
            autoUpgrade: true,
            maxParallelUpgrades: 1,
            // Cordons and drains before the first load too: the GPU driver must not hold peer memory then.
            safeLoad: true,
            waitForCompletion: { podSelector: fabric.waitForPods ?? TRAINING_PODS, timeoutSeconds: 0 },
            drain: { enable: true, force: false, deleteEmptyDir: false, timeoutSeconds: 0 },
        },
        startupProbe: { initialDelaySeconds: 10, periodSeconds: 20 },
        livenessProbe: { initialDelaySeconds: 30, periodSeconds: 30 },
        readinessProbe: { initialDelaySeconds: 10, periodSeconds: 30 },
    };
}

/** Partition that virtual functions are put into; undefined where ports have it already, or there is none. */
function ownPartition(fabric: RackFabric): number | undefined {
    return fabric.kind === FabricKind.Infiniband && fabric.mode === FabricMode.Sriov ? fabric.pkey : undefined;
}

/** Whether hosts get their RoCE settings from the NIC operator. */
export function setsQos(fabric: RackFabric): boolean {
    return fabric.kind === FabricKind.Roce && fabric.switchBufferKib !== undefined;
}

/**
 * Names of the pod networks. Shared devices have one for each rail. Whole and virtual functions come out of one resource, of which
 * nobody knows the rail beforehand: they have one network, attached once for each port.
 */
function networkNames(fabric: RackFabric): string[] {
    return fabric.mode === FabricMode.SharedDevice
        ? Array.from({ length: railCount(fabric) }, (_, rail) => `rail-${String(rail + 1)}`)
        : ["rails"];
}

/** Subnets of the pod networks; none where the range is too small. */
export function networkSubnets(fabric: RackFabric): string[] {
    const names = networkNames(fabric);
    const nodes = fabric.pools.reduce((total, pool) => total + pool.nodes, 0);
    return railSubnets(fabric.addressRange ?? DEFAULT_ADDRESS_RANGE, names.length, nodes * nodeAddresses(fabric));
}

/** Addresses that a node keeps on each network. */
function nodeAddresses(fabric: RackFabric): number {
    return (fabric.addressesPerNode ?? 4) * (fabric.mode === FabricMode.SharedDevice ? 1 : railCount(fabric));
}

/** Annotation that attaches a training pod to all rails; undefined where it needs no network of its own. */
export function podNetworks(fabric: RackFabric): { [annotation: string]: string } | undefined {
    if (!hasRailNetworks(fabric)) {
        return undefined;
    }
    const names = networkNames(fabric);
    const attached = Array.from({ length: railCount(fabric) }, (_, rail) => names[rail] ?? names[0] ?? "");
    return { "k8s.v1.cni.cncf.io/networks": attached.map((name) => `default/${name}`).join(",") };
}

/** All objects after the policy: address pools, networks, virtual functions and NIC settings. */
export function fabricObjects(fabric: RackFabric): FabricObject[] {
    const subnets = networkSubnets(fabric);
    return [
        ...(hasRailNetworks(fabric)
            ? networkNames(fabric).flatMap((name, index) => [
                  addressPool(name, subnets[index] ?? "", fabric),
                  network(name, fabric.interfaces?.[index] ?? "", fabric),
              ])
            : []),
        ...(fabric.mode === FabricMode.Sriov ? [virtualFunctions(fabric)] : []),
        ...(setsQos(fabric) ? nicSettings(fabric, deviceIds(fabric), namespaceOf()) : []),
    ];
}

function addressPool(name: string, subnet: string, fabric: RackFabric): FabricObject {
    return {
        apiVersion: "nv-ipam.nvidia.com/v1alpha1",
        kind: "IPPool",
        metadata: { name, namespace: namespaceOf() },
        spec: {
            subnet,
            perNodeBlockSize: nodeAddresses(fabric),
            nodeSelector: {
                nodeSelectorTerms: [
                    { matchExpressions: [{ key: kilogpuLabels.fabric, operator: "In", values: [fabric.kind] }] },
                ],
            },
        },
    };
}

function network(name: string, master: string, fabric: RackFabric): FabricObject {
    const shared = { networkNamespace: "default", ipam: JSON.stringify({ type: "nv-ipam", poolName: name }) };
    const partition = ownPartition(fabric);
    if (partition !== undefined) {
        return partitionNetwork(name, rdmaResource(fabric.kind, fabric.mode, fabric.resourceName), partition);
    }
    if (fabric.mode === FabricMode.Sriov) {
        const infiniband = fabric.kind === FabricKind.Infiniband;
        return {
            apiVersion: "sriovnetwork.openshift.io/v1",
            kind: infiniband ? "SriovIBNetwork" : "SriovNetwork",
            metadata: { name, namespace: namespaceOf() },
            // A virtual InfiniBand port stays down by itself.
            spec: { ...shared, resourceName: resourceName(fabric), ...(infiniband ? { linkState: "enable" } : {}) },
        };
    }
    const resource = { apiVersion: "mellanox.com/v1alpha1", metadata: { name } };
    if (fabric.mode === FabricMode.HostDevice) {
        return { ...resource, kind: "HostDeviceNetwork", spec: { ...shared, resourceName: resourceName(fabric) } };
    }
    return fabric.secondaryNetwork === SecondaryNetwork.Ipoib
        ? { ...resource, kind: "IPoIBNetwork", spec: { ...shared, master } }
        : {
              ...resource,
              kind: "MacvlanNetwork",
              spec: { ...shared, master, mode: "bridge", mtu: fabric.mtu ?? 9000 },
          };
}

function virtualFunctions(fabric: RackFabric): FabricObject {
    return {
        apiVersion: "sriovnetwork.openshift.io/v1",
        kind: "SriovNetworkNodePolicy",
        metadata: { name: "rails", namespace: namespaceOf() },
        spec: {
            resourceName: resourceName(fabric),
            nodeSelector: { [kilogpuLabels.fabric]: fabric.kind },
            numVfs: fabric.virtualFunctions ?? 1,
            nicSelector: { vendor: "15b3", pfNames: fabric.interfaces ?? [] },
            deviceType: "netdevice",
            isRdma: true,
            priority: 90,
            ...(fabric.kind === FabricKind.Infiniband
                ? { linkType: "ib" }
                : { linkType: "eth", mtu: fabric.mtu ?? 9000 }),
        },
    };
}

/** The host's side of RoCE quality of service: the NIC operator's object, or commands for a shell, and NCCL's environment. Pure. */
import { trafficClass } from "../fabric/derive";
import type { RoceQos } from "./roce-qos";

/** One RoCE port of a host. */
export interface HostPort {
    /** RDMA device, `mlx5_0`. */
    device: string;
    /** Network interface, `ens1f0np0`. */
    netdev: string;
}

/** `0,0,0,1,0,0,0,0`: the one lossless priority, as mlnx_qos and the NIC operator write it. */
export function pfcBitmap(priority: number): string {
    return Array.from({ length: 8 }, (_, index) => (index === priority ? "1" : "0")).join(",");
}

/** NicConfigurationTemplate of the NVIDIA network operator (configuration.net.nvidia.com/v1alpha1), as plain data. */
export interface NicConfigurationTemplate {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace: string };
    spec: {
        nodeSelector: { [key: string]: string };
        nicSelector: { nicType: string };
        template: {
            numVfs: number;
            linkType: string;
            pciPerformanceOptimized: { enabled: boolean; maxReadRequest: number };
            roceOptimized: { enabled: boolean; qos: { trust: string; pfc: string; tos: number } };
            gpuDirectOptimized: { enabled: boolean; env: string };
            rawNvConfig: { name: string; value: string }[];
        };
    };
}

/**
 * The template for one kind of NIC. ToS is set on purpose: the operator's default of 0 puts RDMA outside the lossless class
 * that the same template turns on. CNP settings override the operator's defaults in firmware, for both ports.
 *
 * @param nicType PCI device id without prefix, `1021` for ConnectX-7.
 */
export function nicConfigurationTemplate(
    name: string,
    qos: RoceQos,
    target: { nicType: string; numVfs: number; nodeSelector: { [key: string]: string }; namespace: string },
): NicConfigurationTemplate {
    return {
        apiVersion: "configuration.net.nvidia.com/v1alpha1",
        kind: "NicConfigurationTemplate",
        metadata: { name, namespace: target.namespace },
        spec: {
            nodeSelector: target.nodeSelector,
            nicSelector: { nicType: target.nicType },
            template: {
                numVfs: target.numVfs,
                linkType: "Ethernet",
                pciPerformanceOptimized: { enabled: true, maxReadRequest: 4096 },
                roceOptimized: {
                    enabled: true,
                    qos: { trust: "dscp", pfc: pfcBitmap(qos.priority), tos: trafficClass(qos.dscp) },
                },
                gpuDirectOptimized: { enabled: true, env: "Baremetal" },
                rawNvConfig: ["P1", "P2"].flatMap((port) => [
                    { name: `CNP_DSCP_${port}`, value: String(qos.cnpDscp) },
                    { name: `CNP_802P_PRIO_${port}`, value: String(qos.cnpPriority) },
                ]),
            },
        },
    };
}

/** Files under /sys and the value that each must hold on a port. */
export function hostSysfs(qos: RoceQos, port: HostPort): { [path: string]: string } {
    const ecn = `/sys/class/net/${port.netdev}/ecn`;
    return {
        [`${ecn}/roce_np/enable/${String(qos.priority)}`]: "1",
        [`${ecn}/roce_rp/enable/${String(qos.priority)}`]: "1",
        [`${ecn}/roce_np/cnp_dscp`]: String(qos.cnpDscp),
        [`${ecn}/roce_np/cnp_802p_prio`]: String(qos.cnpPriority),
        [`/sys/class/net/${port.netdev}/mtu`]: String(qos.mtu),
        [`/sys/class/infiniband/${port.device}/tc/1/traffic_class`]: String(trafficClass(qos.dscp)),
    };
}

/** Commands that set one port. Each may run again without effect. */
export function hostCommands(qos: RoceQos, port: HostPort): string[] {
    return [
        `ip link set dev ${port.netdev} mtu ${String(qos.mtu)}`,
        `mlnx_qos -i ${port.netdev} --trust dscp`,
        `mlnx_qos -i ${port.netdev} --dscp2prio set,${String(qos.dscp)},${String(qos.priority)}`,
        `mlnx_qos -i ${port.netdev} --dscp2prio set,${String(qos.cnpDscp)},${String(qos.cnpPriority)}`,
        `mlnx_qos -i ${port.netdev} --pfc ${pfcBitmap(qos.priority)}`,
        `cma_roce_mode -d ${port.device} -p 1 -m 2`,
        `cma_roce_tos -d ${port.device} -t ${String(trafficClass(qos.dscp))}`,
        ...Object.entries(hostSysfs(qos, port))
            .filter(([path]) => !path.endsWith("/mtu"))
            .map(([path, value]) => `printf '%s\\n' ${value} > ${path}`),
    ];
}

/** The commands of all ports as a script for hosts without the NIC operator. */
export function hostScript(qos: RoceQos, ports: readonly HostPort[]): string {
    return [
        "#!/bin/sh",
        "# RoCE quality of service of this host; written by kilogpu, safe to run again.",
        "set -eu",
        ...ports.flatMap((port) => ["", `# ${port.device} on ${port.netdev}`, ...hostCommands(qos, port)]),
        "",
    ].join("\n");
}

/**
 * NCCL's side. `NCCL_IB_TC` is a ToS byte, DSCP times 4 with ECN-capable transport; `NCCL_IB_SL` is the priority on the wire of
 * VLAN-tagged frames and must name the same class.
 */
export function ncclEnvironment(qos: RoceQos): { [name: string]: string } {
    return {
        NCCL_IB_GID_INDEX: String(qos.gidIndex),
        NCCL_IB_TC: String(trafficClass(qos.dscp)),
        NCCL_IB_SL: String(qos.priority),
    };
}

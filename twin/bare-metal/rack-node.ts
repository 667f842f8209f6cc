/** What a host becomes in Kubernetes when RKE2 starts on it. Pure. */
import { computePorts, machine } from "../../catalog/machines";
import { gpuResource, hugepagesResource, nodeLabels } from "../../catalog/topology";
import type { TwinNode } from "../control-plane/types";
import { rdmaPorts } from "../providers/device-plugins";
import type { DeclaredHost } from "./site";

const mib = 2 ** 20;
/** Hosts of the control plane are in no catalogue: a common server of two sockets. */
const SERVER = { vcpus: 32, memoryGib: 128, diskGb: 960 };

/** What RKE2 was told on the host: `/etc/rancher/rke2/config.yaml`. */
export interface Rke2Config {
    "node-name"?: string;
    "node-ip"?: string;
    server?: string;
    "token-file"?: string;
    "tls-san"?: string[];
    "node-taint"?: string[];
}

/** `key=value:Effect`, as RKE2 and kubectl write taints. */
export function taintOf(text: string): { key: string; value?: string; effect: string } {
    const [keyValue = "", effect = ""] = text.split(":");
    const [key = "", value] = keyValue.split("=");
    return { key, ...(value === undefined ? {} : { value }), effect };
}

/** The node as the kubelet registers it; labels of the site come later, by kubectl. */
export function rackNode(host: DeclaredHost, config: Rke2Config, hugepages: number, server: boolean): TwinNode {
    const entry = host.machineType === undefined ? undefined : machine(host.machineType);
    const { vcpus, memoryGib } = entry ?? SERVER;
    const disk = (entry === undefined ? SERVER.diskGb : (entry.nvme?.sizeGb ?? SERVER.diskGb)) * 1e9;
    const memory = memoryGib * 1024 * mib;
    const capacity: { [resource: string]: string } = {
        cpu: String(vcpus),
        memory: `${memory / 1024}Ki`,
        "ephemeral-storage": String(Math.floor(disk)),
        pods: "110",
    };
    // Without reservations of its own the kubelet keeps back hugepages, and 100 MiB and 5 % of the disk as eviction thresholds.
    const allocatable: { [resource: string]: string } = {
        ...capacity,
        memory: `${(memory - hugepages * 2 * mib - 100 * mib) / 1024}Ki`,
        "ephemeral-storage": String(Math.floor(disk * 0.95)),
    };
    if (hugepages > 0) {
        capacity[hugepagesResource] = allocatable[hugepagesResource] = `${hugepages * 2}Mi`;
    }
    const hardware = entry === undefined ? {} : { [gpuResource]: entry.gpus.count, [rdmaPorts]: computePorts(entry) };
    return {
        name: config["node-name"] ?? host.name,
        labels: {
            [nodeLabels.architecture]: entry?.cpuArchitecture === "arm64" ? "arm64" : "amd64",
            [nodeLabels.instanceType]: "rke2",
            ...(server
                ? { "node-role.kubernetes.io/control-plane": "true", "node-role.kubernetes.io/etcd": "true" }
                : {}),
        },
        taints: (config["node-taint"] ?? []).map(taintOf),
        capacity,
        allocatable,
        annotations: { "kilogpu.dev/hardware": JSON.stringify(hardware) },
    };
}

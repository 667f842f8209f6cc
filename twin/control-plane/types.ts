/** Records of the control plane that the rest of the twin uses. */
import type { Progress } from "../progress";
import type { Toolchain } from "../toolchain/types";
import type { ApiClient } from "./api-client";

/** A running Kubernetes API with its scheduler, controllers and simulated kubelets. */
export interface ControlPlane {
    /** `https://127.0.0.1:<port>`. */
    server: string;
    /** PEM of the authority that signed the server's certificate. */
    certificateAuthority: string;
    /** Path of an administrator's kubeconfig. */
    kubeconfig: string;
    /** Bearer token of a member of system:masters: what the `aws eks get-token` stand-in prints. */
    token: string;
    api: ApiClient;
    /** gitVersion of the API server, for example `v1.35.4`. */
    version: string;
}

export interface ControlPlaneOptions {
    environment: string;
    toolchain: Toolchain;
    /** Minor of the declared cluster, for example `1.35`. */
    kubernetesVersion: string;
    /** How many nodes it will carry; above 256 their heartbeats are made rarer. Defaults to what it was started with, at first 128. */
    expectedNodes?: number;
    progress: Progress;
}

/** A node as its cloud would make it: without the resources that only a device plugin brings. */
export interface TwinNode {
    name: string;
    labels: { [key: string]: string };
    taints: { key: string; value?: string; effect: string }[];
    /** cpu, memory, pods, ephemeral-storage, hugepages-2Mi. */
    capacity: { [resource: string]: string };
    /** What the kubelet leaves to pods: lower than the capacity. */
    allocatable: { [resource: string]: string };
    /** `kilogpu.dev/hardware` holds what a device plugin would find, as JSON: `{"nvidia.com/gpu":8}`. */
    annotations: { [key: string]: string };
}

/** The charts whose real controllers run as processes. */
export const ControllerChart = { Kueue: "kueue", Jobset: "jobset", Trainer: "kubeflow-trainer" } as const;
export type ControllerChart = (typeof ControllerChart)[keyof typeof ControllerChart];

export interface ChartOptions {
    namespace: string;
    releaseName: string;
    /** Helm values as the user's program gives them. */
    values: { [key: string]: unknown };
    toolchain: Toolchain;
    progress: Progress;
}

/** One process of the twin. */
export interface ProcessHealth {
    name: string;
    /** Undefined where it was never started. */
    pid?: number;
    alive: boolean;
    /** Resident set size, bytes; 0 where it is not alive. */
    rssBytes: number;
    /** Loopback ports that it listens on, by what they serve. */
    ports: { [purpose: string]: number };
    log: string;
}

export interface Health {
    processes: ProcessHealth[];
    /** Sum over the processes that are alive, bytes. */
    rssBytes: number;
}

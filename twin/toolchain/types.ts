/** What the rest of the twin knows of its tools. */
import type { Progress } from "../progress";

/** Every program that the twin runs and that is not Node. */
export const ToolName = {
    Pulumi: "pulumi",
    Etcd: "etcd",
    ApiServer: "kube-apiserver",
    Scheduler: "kube-scheduler",
    ControllerManager: "kube-controller-manager",
    Kwok: "kwok",
    Kubectl: "kubectl",
    Kueue: "kueue",
    Jobset: "jobset",
    Trainer: "trainer",
    Helm: "helm",
    Prometheus: "prometheus",
    Promtool: "promtool",
    Alertmanager: "alertmanager",
    Amtool: "amtool",
    Loki: "loki",
} as const;
export type ToolName = (typeof ToolName)[keyof typeof ToolName];

/** How a tool came to be on this machine. */
export type ToolOrigin = "on the machine" | "downloaded" | "built";

export interface ToolchainOptions {
    /** Minor of the declared cluster, for example `1.35`. Decides kube-apiserver, scheduler, controller-manager and kubectl. */
    kubernetesVersion: string;
    progress: Progress;
}

/** Tools that are ready to run. Asking for one that was not ensured throws. */
export interface Toolchain {
    /** Absolute path of the executable. */
    path(tool: ToolName): string;
    origin(tool: ToolName): ToolOrigin;
    /** Version that runs, for example `v1.35.4`. */
    version(tool: ToolName): string;
    /** Folder of the tool's Go module, read-only: its charts, CRDs and stages. */
    moduleDir(tool: ToolName): string;
}

/** Which version of each tool the twin pins: the release catalogue's entry of the Go module that it is built from. */
import { kubernetesMinors, release, versionFor } from "../../catalog/releases";
import { ToolName } from "./types";

const releaseOf: { [tool in ToolName]: string } = {
    [ToolName.Pulumi]: "pulumi",
    [ToolName.Etcd]: "etcd",
    [ToolName.ApiServer]: "kubernetes",
    [ToolName.Scheduler]: "kubernetes",
    [ToolName.ControllerManager]: "kubernetes",
    [ToolName.Kubectl]: "kubernetes",
    [ToolName.Kwok]: "kwok",
    [ToolName.Kueue]: "kueue-module",
    [ToolName.Jobset]: "jobset-module",
    [ToolName.Trainer]: "kubeflow-trainer-module",
    [ToolName.Helm]: "helm",
    [ToolName.Prometheus]: "prometheus",
    [ToolName.Promtool]: "prometheus",
    [ToolName.Alertmanager]: "alertmanager",
    [ToolName.Amtool]: "alertmanager",
    [ToolName.Loki]: "loki-module",
};

/** A Kubernetes minor that the twin has no release of. */
export class UnknownMinorError extends Error {
    constructor(minor: string) {
        super(`kubernetesVersion: got ${minor}; the twin runs ${kubernetesMinors().join(", ")}. Declare one of them.`);
        this.name = "UnknownMinorError";
    }
}

/** Version of the tool's Go module, for example `v0.19.0`; of Kubernetes, the patch release of the declared minor. */
export function pinnedVersion(tool: ToolName, kubernetesMinor: string): string {
    const name = releaseOf[tool];
    if (name !== "kubernetes") {
        return release(name).version;
    }
    if (!kubernetesMinors().includes(kubernetesMinor)) {
        throw new UnknownMinorError(kubernetesMinor);
    }
    return versionFor(name, kubernetesMinor);
}

/** `1.35` of `v1.35.4`. */
export function minorOf(version: string): string {
    return /^v?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}

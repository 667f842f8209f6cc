/** Which version of each tool the twin pins. */
import type { ToolName } from "./types";

// One place to switch over to the release catalogue.
const pins: { [tool in ToolName]: string } = {
    pulumi: "v3.259.0",
    etcd: "v3.7.3",
    "kube-apiserver": "v1.35.4",
    "kube-scheduler": "v1.35.4",
    "kube-controller-manager": "v1.35.4",
    kubectl: "v1.35.4",
    kwok: "v0.8.0",
    kueue: "v0.19.0",
    jobset: "v0.12.0",
    trainer: "v2.2.0",
    helm: "v4.3.1",
    prometheus: "v0.307.0",
    promtool: "v0.307.0",
    alertmanager: "v0.28.1",
};

/** Version of the tool's Go module, for example `v0.19.0`. */
export function pinnedVersion(tool: ToolName): string {
    return pins[tool];
}

/** `1.35` of `v1.35.4`. */
export function minorOf(version: string): string {
    return /^v?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}

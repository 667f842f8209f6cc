/** User data of a node: what nodeadm reads at boot. EKS adds the cluster's endpoint and certificate to it. */
import { stringify } from "yaml";

/** What differs between nodes. */
export interface NodeSettings {
    /** Whether the instance has local NVMe disks. */
    localDisks: boolean;
    maxPods?: number;
    /** KubeletConfiguration fields. */
    kubelet: { [field: string]: unknown };
}

const BOUNDARY = "kilogpu-node";

/**
 * A MIME document with one NodeConfig, or undefined when there is nothing to say. Local NVMe disks become one RAID 0 on which
 * containerd, the kubelet and pod logs live: one disk alone is slower than a node full of data loaders.
 */
export function nodeUserData(settings: NodeSettings): string | undefined {
    const kubelet = {
        ...settings.kubelet,
        ...(settings.maxPods === undefined ? {} : { maxPods: settings.maxPods }),
    };
    const spec = {
        ...(settings.localDisks ? { instance: { localStorage: { strategy: "RAID0" } } } : {}),
        ...(Object.keys(kubelet).length > 0 ? { kubelet: { config: kubelet } } : {}),
    };
    if (Object.keys(spec).length === 0) {
        return undefined;
    }
    const nodeConfig = stringify({ apiVersion: "node.eks.aws/v1alpha1", kind: "NodeConfig", spec });
    return [
        "MIME-Version: 1.0",
        `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
        "",
        `--${BOUNDARY}`,
        "Content-Type: application/node.eks.aws",
        "",
        nodeConfig.trimEnd(),
        "",
        `--${BOUNDARY}--`,
        "",
    ].join("\n");
}

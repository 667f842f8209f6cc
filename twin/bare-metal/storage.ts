/**
 * The site's own storage. Jobs in racks name claims that the site's operators made on their parallel file system; in a twin nobody has, so
 * each gets a volume that stands for it. Nothing is stored: simulated pods write nothing.
 */
import type { ApiClient, KubernetesObject } from "../control-plane/api-client";
import { isAlreadyExists } from "../control-plane/api-error";

/** Label of what stands for the site's storage. */
export const simulatedLabel = { "kilogpu.dev/simulated": "site-storage" };

/** Names of claims that an object's pods mount, wherever in it they stand. Pure. */
export function claimsOf(value: unknown): string[] {
    if (Array.isArray(value)) {
        return [...new Set(value.flatMap(claimsOf))];
    }
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return [
        ...new Set(
            Object.entries(value).flatMap(([key, item]) =>
                key === "claimName" && typeof item === "string" ? [item] : claimsOf(item),
            ),
        ),
    ];
}

/** Makes the claims that the object mounts and that are not there, each bound to a volume of its own. */
export async function provideClaims(api: ApiClient, namespace: string, object: KubernetesObject): Promise<void> {
    for (const name of claimsOf(object["spec"])) {
        const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace };
        if ((await api.find(claim)) !== undefined) {
            continue;
        }
        const volume = `site-${namespace}-${name}`;
        const size = { storage: "1Pi" };
        const shared = { accessModes: ["ReadWriteMany"], storageClassName: "" };
        // One that an earlier claim has released can't be bound again.
        await api.delete({ apiVersion: "v1", kind: "PersistentVolume", name: volume });
        await createOnce(api, {
            apiVersion: "v1",
            kind: "PersistentVolume",
            metadata: { name: volume, labels: simulatedLabel },
            spec: {
                ...shared,
                capacity: size,
                persistentVolumeReclaimPolicy: "Retain",
                claimRef: { namespace, name },
                csi: { driver: "site.kilogpu.dev", volumeHandle: volume },
            },
        });
        await createOnce(api, {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: { name, namespace, labels: simulatedLabel },
            spec: { ...shared, volumeName: volume, resources: { requests: size } },
        });
    }
}

/** Two jobs may mount one claim. */
async function createOnce(api: ApiClient, object: KubernetesObject): Promise<void> {
    try {
        await api.create(object);
    } catch (error) {
        if (!isAlreadyExists(error)) {
            throw error;
        }
    }
}

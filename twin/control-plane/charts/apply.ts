/** Applies the objects of a chart in the order that helm does, as helm's field manager, and removes what a newer version has no more. */
import type { Progress } from "../../progress";
import { refOf, type ApiClient, type KubernetesObject, type ObjectRef } from "../api-client";
import { isNotFound } from "../api-error";
import { inParallel } from "../parallel";
import { conditionStatus, waitForObject } from "../wait";

const order = [
    ["Namespace"],
    ["PriorityClass", "NetworkPolicy", "ResourceQuota", "LimitRange"],
    ["ServiceAccount", "Secret", "ConfigMap", "StorageClass", "PersistentVolumeClaim"],
    ["ClusterRole", "Role"],
    ["ClusterRoleBinding", "RoleBinding"],
    ["Service"],
];

/** Field manager of everything that a chart brings. */
export const fieldManager = "helm";

/** Applies CRDs and waits until the API server serves them. */
export async function applyCrds(api: ApiClient, crds: KubernetesObject[]): Promise<void> {
    await inParallel(crds, 8, async (crd) => {
        await api.serverSideApply(crd, { fieldManager, force: true });
    });
    await inParallel(crds, 8, async (crd) => {
        await waitForObject(api, refOf(crd), (object) => conditionStatus(object, "Established") === "True", {
            what: `CustomResourceDefinition ${crd.metadata.name} Established`,
            timeoutMs: 300_000,
        });
    });
}

/**
 * Applies the objects; what is namespaced and names no namespace goes to `namespace`. An object of an API that the twin does not serve is left
 * out with a note. Returns what was applied.
 */
export async function applyObjects(
    api: ApiClient,
    objects: KubernetesObject[],
    namespace: string,
    progress: Progress,
): Promise<ObjectRef[]> {
    const applied: ObjectRef[] = [];
    const rank = (object: KubernetesObject): number => {
        const found = order.findIndex((kinds) => kinds.includes(object.kind));
        return found === -1 ? order.length : found;
    };
    for (let stage = 0; stage <= order.length; stage++) {
        await inParallel(
            objects.filter((object) => rank(object) === stage),
            8,
            async (object) => {
                let placed = object;
                try {
                    const { namespaced } = await api.resource(object.apiVersion, object.kind);
                    if (namespaced && object.metadata.namespace === undefined) {
                        placed = { ...object, metadata: { ...object.metadata, namespace } };
                    }
                } catch (error) {
                    if (!isNotFound(error)) {
                        throw error;
                    }
                    progress.note(
                        `${object.kind} ${object.metadata.name} is left out: the twin serves no ${object.apiVersion}`,
                    );
                    return;
                }
                await api.serverSideApply(placed, { fieldManager, force: true });
                applied.push(refOf(placed));
            },
        );
    }
    return applied;
}

/** Deletes objects; what is not there any more, or whose API is gone, is fine. */
export async function deleteObjects(api: ApiClient, refs: ObjectRef[]): Promise<void> {
    await inParallel(refs, 8, async (ref) => {
        await api.delete(ref);
    });
}

/** True where both name the same object, whatever the version of its API. */
export function sameObject(a: ObjectRef, b: ObjectRef): boolean {
    const group = ({ apiVersion }: ObjectRef): string =>
        apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
    return (
        group(a) === group(b) && a.kind === b.kind && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "")
    );
}

/** Waiting for objects of the API to reach a state, by watch rather than by polling. */
import type { ApiClient, KubernetesObject, ListOptions, ObjectRef } from "./api-client";
import { ApiError } from "./api-error";

/** What was waited for did not come in time. */
export class WaitTimeoutError extends Error {
    constructor(what: string, timeoutMs: number, last: string) {
        super(`${what}: not reached within ${Math.round(timeoutMs / 1000)} s. Last seen: ${last}.`);
        this.name = "WaitTimeoutError";
    }
}

export interface WaitOptions {
    /** Names what is waited for, for the error. */
    what: string;
    timeoutMs: number;
    /** One line on a set of objects, for the error. Defaults to their number. */
    describe?: (objects: KubernetesObject[]) => string;
}

/** Follows the objects of a kind that the selectors match until `reached` holds for all of them together; returns them. */
export async function waitForObjects(
    api: ApiClient,
    apiVersion: string,
    kind: string,
    list: ListOptions,
    reached: (objects: KubernetesObject[]) => boolean,
    options: WaitOptions,
): Promise<KubernetesObject[]> {
    const objects = new Map<string, KubernetesObject>();
    const abort = new AbortController();
    const deadline = setTimeout(() => {
        abort.abort();
    }, options.timeoutMs);
    let done = false;
    const check = (): void => {
        if (!done && reached([...objects.values()])) {
            done = true;
            abort.abort();
        }
    };
    // Ten thousand pods change within seconds: looking at all of them at each change would take longer than the changes.
    let soon: NodeJS.Timeout | undefined;
    const checkSoon = (): void => {
        soon ??= setTimeout(() => {
            soon = undefined;
            try {
                check();
            } catch (error) {
                failure = error;
                abort.abort();
            }
        }, 20);
    };
    let failure: unknown;
    try {
        while (!abort.signal.aborted) {
            const snapshot = await api.list(apiVersion, kind, list);
            objects.clear();
            for (const item of snapshot.items) {
                objects.set(keyOf(item), item);
            }
            check();
            if (done) {
                break;
            }
            try {
                const { resourceVersion } = snapshot;
                await api.watch(apiVersion, kind, { ...list, resourceVersion, signal: abort.signal }, (event) => {
                    if (event.type === "DELETED") {
                        objects.delete(keyOf(event.object));
                    } else {
                        objects.set(keyOf(event.object), event.object);
                    }
                    checkSoon();
                });
            } catch (error) {
                // 410: the version is compacted away, so list again.
                if (!(error instanceof ApiError && error.code === 410)) {
                    throw error;
                }
            }
        }
    } finally {
        clearTimeout(deadline);
        clearTimeout(soon);
    }
    if (failure !== undefined) {
        throw failure as Error;
    }
    if (!done) {
        const seen = [...objects.values()];
        throw new WaitTimeoutError(options.what, options.timeoutMs, (options.describe ?? countOf)(seen));
    }
    return [...objects.values()];
}

/** Follows one object, which need not exist yet, until `reached` holds. */
export async function waitForObject(
    api: ApiClient,
    ref: ObjectRef,
    reached: (object: KubernetesObject) => boolean,
    options: WaitOptions,
): Promise<KubernetesObject> {
    const { namespaced } = await api.resource(ref.apiVersion, ref.kind);
    const namespace = namespaced ? (ref.namespace ?? "default") : undefined;
    const [object] = await waitForObjects(
        api,
        ref.apiVersion,
        ref.kind,
        { namespace, fieldSelector: `metadata.name=${ref.name}` },
        (objects) => objects[0] !== undefined && reached(objects[0]),
        { describe: (objects) => (objects[0] === undefined ? "no such object" : conditionsOf(objects[0])), ...options },
    );
    return object as KubernetesObject;
}

/** Waits until no object of that name is there. */
export async function waitForDeletion(api: ApiClient, ref: ObjectRef, options: WaitOptions): Promise<void> {
    const { namespaced } = await api.resource(ref.apiVersion, ref.kind);
    const namespace = namespaced ? (ref.namespace ?? "default") : undefined;
    const list = { namespace, fieldSelector: `metadata.name=${ref.name}` };
    await waitForObjects(api, ref.apiVersion, ref.kind, list, (objects) => objects.length === 0, options);
}

/** Status of one condition: "True", "False", "Unknown", or undefined where the object has none of that type. */
export function conditionStatus(object: KubernetesObject, type: string): string | undefined {
    const status = object["status"] as { conditions?: { type: string; status: string }[] } | undefined;
    return status?.conditions?.find((condition) => condition.type === type)?.status;
}

function conditionsOf(object: KubernetesObject): string {
    const status = object["status"] as
        { conditions?: { type: string; status: string; message?: string }[] } | undefined;
    const conditions = (status?.conditions ?? []).map(
        (c) => `${c.type}=${c.status}${c.message ? ` (${c.message})` : ""}`,
    );
    return conditions.length === 0 ? "no conditions" : conditions.join(", ");
}

function keyOf(object: KubernetesObject): string {
    return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function countOf(objects: KubernetesObject[]): string {
    return `${objects.length} objects`;
}

/** Waiting for the API server: for an object to reach a state, and for a refusal that only says "not yet" to pass. */
import type { ApiClient, KubernetesObject, ObjectRef } from "../../control-plane/api-client";
import { ApiError, ApiUnreachableError } from "../../control-plane/api-error";

interface Condition {
    type: string;
    status: string;
}

/** Whether a definition is served. */
export function established(object: KubernetesObject): boolean {
    const status = object["status"] as { conditions?: Condition[] } | undefined;
    return status?.conditions?.some(({ type, status: value }) => type === "Established" && value === "True") === true;
}

/** Waits until the object is as wanted; an error that names what it is not after the time. */
export async function waitFor(
    api: ApiClient,
    ref: ObjectRef,
    ready: (object: KubernetesObject) => boolean,
    timeoutMs: number,
    what: string,
): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        const object = await api.find(ref);
        if (object !== undefined && ready(object)) {
            return;
        }
        if (Date.now() > deadline) {
            throw new Error(`${ref.kind} ${ref.name} is not ${what} after ${timeoutMs / 1000} s`);
        }
        await pause(50);
    }
}

export function pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Retries what the server says is only not ready yet: a webhook whose controller starts, a kind that is being published. */
export async function untilTaken<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + 120_000;
    for (;;) {
        try {
            return await work();
        } catch (error) {
            const starting =
                error instanceof ApiError && /failed calling webhook|no kind .* in |is terminating/.test(error.message);
            if (error instanceof ApiUnreachableError || !starting || Date.now() > deadline) {
                throw error;
            }
            await pause(250);
        }
    }
}

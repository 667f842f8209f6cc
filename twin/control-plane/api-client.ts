/**
 * The twin's client of the Kubernetes API, on node:https and nothing else. It exists because `KubernetesObjectApi` of
 * @kubernetes/client-node cannot set `fieldValidation`, and a simulated cloud that lets a misspelt field pass would prove nothing; and
 * because a client generated for every kind costs seconds to load where this one costs none.
 */
import { createInterface } from "node:readline";
import { ApiError, isNotFound, type ApiStatus } from "./api-error";
import { Discovery, groupVersionPath, type ApiResource } from "./discovery";
import { HttpChannel, type Endpoint, type Exchange } from "./http";

export interface ObjectMeta {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: { [key: string]: string };
    annotations?: { [key: string]: string };
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
    [field: string]: unknown;
}

/** Any object of the API. */
export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: ObjectMeta;
    [field: string]: unknown;
}

/** Names one object. */
export interface ObjectRef {
    apiVersion: string;
    kind: string;
    name: string;
    /** Defaults to `default` where the kind is namespaced. */
    namespace?: string;
}

export interface ListOptions {
    /** All namespaces where undefined. */
    namespace?: string;
    labelSelector?: string;
    fieldSelector?: string;
}

export interface ObjectList {
    resourceVersion: string;
    items: KubernetesObject[];
}

export interface WriteOptions {
    fieldManager?: string;
    /** What happens to a field that the schema does not know. Defaults to `Strict`: the request is refused. */
    fieldValidation?: "Strict" | "Warn" | "Ignore";
    dryRun?: boolean;
    /** Called with each warning of the API server. */
    onWarning?: (text: string) => void;
}

export interface ApplyOptions extends WriteOptions {
    fieldManager: string;
    /** Takes fields that another manager owns. Defaults to false: a conflict is an ApiError 409. */
    force?: boolean;
}

export type PatchKind = "merge" | "strategic" | "json";

export interface PatchOptions extends WriteOptions {
    kind: PatchKind;
    /** For example `status`. */
    subresource?: string;
}

export interface DeleteOptions {
    propagation?: "Background" | "Foreground" | "Orphan";
    gracePeriodSeconds?: number;
    /** Deletes this very object, not one that took its name. */
    uid?: string;
}

export interface WatchEvent {
    type: "ADDED" | "MODIFIED" | "DELETED";
    object: KubernetesObject;
}

export interface WatchOptions extends ListOptions {
    /** Events after this one. */
    resourceVersion: string;
    signal: AbortSignal;
}

const patchTypes: { [kind in PatchKind]: string } = {
    merge: "application/merge-patch+json",
    strategic: "application/strategic-merge-patch+json",
    json: "application/json-patch+json",
};

/** Requests of a page of a list, so that 10,000 pods do not arrive as one answer. */
const pageSize = 2000;

/** Kubernetes API of one server. Safe to use from many promises at once. */
export class ApiClient {
    readonly endpoint: Endpoint;
    private readonly channel: HttpChannel;
    private readonly discovery: Discovery;

    /** `maxConnections` bounds what runs at once. Defaults to 32. */
    constructor(endpoint: Endpoint, maxConnections = 32) {
        this.endpoint = endpoint;
        this.channel = new HttpChannel(endpoint, maxConnections);
        this.discovery = new Discovery((path) => this.raw({ method: "GET", path }));
    }

    /** Any request; the answer parsed where it is JSON, else as text. */
    async raw(exchange: Exchange): Promise<unknown> {
        const text = await this.channel.send(exchange);
        try {
            return JSON.parse(text) as unknown;
        } catch {
            return text;
        }
    }

    /** How the server serves a kind. Throws ApiError 404 where it does not. */
    resource(apiVersion: string, kind: string): Promise<ApiResource> {
        return this.discovery.find(apiVersion, kind);
    }

    /** Every kind of one group version, asked anew. */
    resources(apiVersion: string): Promise<ApiResource[]> {
        return this.discovery.list(apiVersion);
    }

    async get(ref: ObjectRef): Promise<KubernetesObject> {
        return (await this.raw({ method: "GET", path: await this.pathOf(ref) })) as KubernetesObject;
    }

    /** Undefined where the object, or its kind, is not there. */
    async find(ref: ObjectRef): Promise<KubernetesObject | undefined> {
        try {
            return await this.get(ref);
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }

    /** All objects of a kind, page by page; items carry their apiVersion and kind. */
    async list(apiVersion: string, kind: string, options: ListOptions = {}): Promise<ObjectList> {
        const base = await this.collection(apiVersion, kind, options.namespace);
        const items: KubernetesObject[] = [];
        let token: string | undefined;
        for (;;) {
            const path = base + query({ ...selectors(options), limit: pageSize, continue: token });
            const page = (await this.raw({ method: "GET", path })) as {
                metadata: { resourceVersion: string; continue?: string };
                items: Omit<KubernetesObject, "apiVersion" | "kind">[] | null;
            };
            for (const item of page.items ?? []) {
                items.push({ ...item, apiVersion, kind } as KubernetesObject);
            }
            token = page.metadata.continue === "" ? undefined : page.metadata.continue;
            if (token === undefined) {
                return { resourceVersion: page.metadata.resourceVersion, items };
            }
        }
    }

    async create(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
        const base = await this.collection(object.apiVersion, object.kind, object.metadata.namespace ?? "default");
        return (await this.raw({
            method: "POST",
            path: base + query(writeQuery(options)),
            body: JSON.stringify(object),
            onWarning: options.onWarning,
        })) as KubernetesObject;
    }

    /** Replaces the whole object; with a resourceVersion in it, only if nobody wrote meanwhile. */
    async replace(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
        return (await this.raw({
            method: "PUT",
            path: (await this.pathOf(refOf(object))) + query(writeQuery(options)),
            body: JSON.stringify(object),
            onWarning: options.onWarning,
        })) as KubernetesObject;
    }

    async serverSideApply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
        return (await this.raw({
            method: "PATCH",
            path: (await this.pathOf(refOf(object))) + query({ ...writeQuery(options), force: options.force }),
            // JSON is YAML, and this content type is the one that every supported API server knows.
            contentType: "application/apply-patch+yaml",
            body: JSON.stringify(object),
            onWarning: options.onWarning,
        })) as KubernetesObject;
    }

    async patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<KubernetesObject> {
        const subresource = options.subresource === undefined ? "" : `/${options.subresource}`;
        return (await this.raw({
            method: "PATCH",
            path: (await this.pathOf(ref)) + subresource + query(writeQuery(options)),
            contentType: patchTypes[options.kind],
            body: JSON.stringify(patch),
            onWarning: options.onWarning,
        })) as KubernetesObject;
    }

    /** Asks for deletion; the object may stay while finalizers run. False where it was not there. */
    async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
        try {
            await this.raw({
                method: "DELETE",
                path: await this.pathOf(ref),
                body: JSON.stringify({
                    apiVersion: "v1",
                    kind: "DeleteOptions",
                    propagationPolicy: options.propagation ?? "Background",
                    gracePeriodSeconds: options.gracePeriodSeconds,
                    preconditions: options.uid === undefined ? undefined : { uid: options.uid },
                }),
            });
            return true;
        } catch (error) {
            if (isNotFound(error)) {
                return false;
            }
            throw error;
        }
    }

    /** Deletes every object that the selectors match, by one request. */
    async deleteCollection(apiVersion: string, kind: string, options: ListOptions): Promise<void> {
        const path = (await this.collection(apiVersion, kind, options.namespace)) + query(selectors(options));
        await this.raw({ method: "DELETE", path });
    }

    /** Calls `onEvent` until the signal aborts or the server ends the watch; throws ApiError 410 where the version is too old. */
    async watch(
        apiVersion: string,
        kind: string,
        options: WatchOptions,
        onEvent: (event: WatchEvent) => void,
    ): Promise<void> {
        const base = await this.collection(apiVersion, kind, options.namespace);
        const path =
            base +
            query({
                ...selectors(options),
                watch: true,
                resourceVersion: options.resourceVersion,
                timeoutSeconds: 280,
            });
        try {
            const response = await this.channel.open({
                method: "GET",
                path,
                signal: options.signal,
                timeoutMs: 300_000,
            });
            for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
                const event = JSON.parse(line) as WatchEvent | { type: "ERROR" | "BOOKMARK"; object: ApiStatus };
                if (event.type === "ERROR") {
                    const status = event.object;
                    throw new ApiError(status.code ?? 500, status, `watch of ${kind}`);
                }
                if (event.type !== "BOOKMARK") {
                    onEvent(event as WatchEvent);
                }
            }
        } catch (error) {
            if (!options.signal.aborted) {
                throw error;
            }
        }
    }

    /** Ends the kept connections. */
    close(): void {
        this.channel.close();
    }

    /** Path of one object. */
    async pathOf(ref: ObjectRef): Promise<string> {
        return `${await this.collection(ref.apiVersion, ref.kind, ref.namespace ?? "default")}/${encodeURIComponent(ref.name)}`;
    }

    private async collection(apiVersion: string, kind: string, namespace: string | undefined): Promise<string> {
        const { namespaced, plural } = await this.discovery.find(apiVersion, kind);
        const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
        return `${groupVersionPath(apiVersion)}${scope}/${plural}`;
    }
}

/** The reference of an object. */
export function refOf(object: KubernetesObject): ObjectRef {
    const { apiVersion, kind, metadata } = object;
    return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

function selectors(options: ListOptions): { [key: string]: string | undefined } {
    return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

function writeQuery(options: WriteOptions): { [key: string]: string | undefined } {
    return {
        fieldManager: options.fieldManager,
        fieldValidation: options.fieldValidation ?? "Strict",
        dryRun: options.dryRun === true ? "All" : undefined,
    };
}

function query(parameters: { [key: string]: string | number | boolean | undefined }): string {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    return given.length === 0
        ? ""
        : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}`;
}

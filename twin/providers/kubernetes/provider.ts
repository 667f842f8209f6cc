/** Kubernetes in the twin: every object goes to the real API server by server-side apply, unknown fields refused. */
import { routeApiServer } from "../../bare-metal/routes";
import { readSite } from "../../bare-metal/site";
import { provideClaims } from "../../bare-metal/storage";
import { refOf, type ApiClient, type KubernetesObject, type ObjectRef } from "../../control-plane/api-client";
import { ApiError, isNotFound } from "../../control-plane/api-error";
import { CloudStore } from "../cloud-store";
import { installPlugin, removePlugin } from "../device-plugins";
import type { CheckResult, DiffResult, Provider, ResourceIdentity, ResourceState } from "../runtime/provider";
import { isObject, unknown, type Value, type Values } from "../runtime/values";
import { connect, kubeconfigText, type Connection } from "./connection";
import { complete, idOf, objectChanges, objectOf, outputsOf, refOfInputs, withIdentity } from "./objects";
import { bringsDevices, fabricPluginOf } from "./network-operator";
import { definition, isServed, recordedDefinition, untilServed } from "./recorded-kinds";
import {
    applyRelease,
    chartName,
    checkRelease,
    diffRelease,
    releaseOutputs,
    releaseType,
    removeRelease,
    textOf,
} from "./releases";
import { established, pause, untilTaken, waitFor } from "./waiting";

const fieldManager = "pulumi-twin";

/** How long a deletion may take before its finalizers are blamed. */
const deletionTimeoutMs = 120_000;
const establishedTimeoutMs = 300_000;

export class TwinKubernetes implements Provider {
    readonly name = "kubernetes";
    private readonly store: CloudStore;
    private connection: Promise<Connection> | undefined;
    private readonly kinds = new Map<string, Promise<void>>();
    private config: Values = {};

    constructor(private readonly environment: string) {
        this.store = new CloudStore(environment, "kubernetes");
    }

    configure(config: Values): Promise<void> {
        this.config = config;
        return Promise.resolve();
    }

    check(resource: ResourceIdentity, olds: Values | undefined, news: Values): Promise<CheckResult> {
        if (resource.type === releaseType) {
            return Promise.resolve(checkRelease(resource, olds, news));
        }
        const inputs = withIdentity(resource, olds, news, this.defaultNamespace());
        return Promise.resolve({ inputs, failures: [] });
    }

    async diff(resource: ResourceIdentity, _id: string, olds: Values, news: Values): Promise<DiffResult> {
        if (resource.type === releaseType) {
            return diffRelease(olds, news);
        }
        const found = objectChanges(olds, news);
        const ref = refOfInputs(news);
        const sameObject = !found.some(({ path }) => path === "metadata.name" || path === "metadata.namespace");
        // What neither side knows beforehand the server tells: a dry run that is refused as immutable makes it a replacement.
        const undecided =
            found.length > 0 && !found.some(({ replace }) => replace) && ref !== undefined && complete(news);
        if (undecided && (await this.refusedAsImmutable(news))) {
            return { changes: found.map((change) => ({ ...change, replace: true })), deleteBeforeReplace: true };
        }
        return { changes: found, deleteBeforeReplace: sameObject };
    }

    async create(resource: ResourceIdentity, inputs: Values, preview: boolean): Promise<ResourceState> {
        if (resource.type === releaseType) {
            return this.createRelease(resource, inputs, preview);
        }
        const ref = refOfInputs(inputs);
        if (preview) {
            await this.tryOut(inputs, true);
            return { id: ref === undefined ? unknown : idOf(ref), outputs: inputs };
        }
        const outputs = await this.apply(resource, inputs);
        return { id: idOf(refOfInputs(outputs) ?? { apiVersion: "", kind: "", name: resource.name }), outputs };
    }

    async update(
        resource: ResourceIdentity,
        _id: string,
        _olds: Values,
        news: Values,
        state: Values,
        preview: boolean,
    ): Promise<Values> {
        if (resource.type === releaseType) {
            return (await this.createRelease(resource, news, preview)).outputs;
        }
        if (preview) {
            await this.tryOut(news, false);
            return { ...news, metadata: { ...(state["metadata"] as Values), ...(news["metadata"] as Values) } };
        }
        return this.apply(resource, news);
    }

    async read(
        resource: ResourceIdentity,
        id: string,
        inputs: Values,
        state: Values,
    ): Promise<ResourceState | undefined> {
        if (resource.type === releaseType) {
            const record = this.store.find(releaseType, id);
            return record === undefined ? undefined : { id, outputs: record.outputs, inputs: record.inputs };
        }
        const given = Object.keys(inputs).length === 0 ? state : inputs;
        const ref =
            refOfInputs(given) ??
            refOfInputs(withIdentity(resource, undefined, { metadata: reference(id) }, undefined));
        const object = ref === undefined ? undefined : await (await this.api()).find(ref);
        if (object === undefined) {
            return undefined;
        }
        return { id, outputs: outputsOf(given, object), inputs: actual(given, object) as Values };
    }

    async delete(resource: ResourceIdentity, id: string, inputs: Values): Promise<void> {
        if (resource.type === releaseType) {
            await removeRelease(this.environment, resource.urn, inputs);
            this.store.remove(releaseType, id);
            return;
        }
        const ref = refOfInputs(inputs);
        if (ref !== undefined) {
            await this.remove(ref);
            if (bringsDevices(ref.kind)) {
                await removePlugin(this.environment, await this.api(), resource.urn);
            }
        }
        this.store.remove(resource.type, id);
    }

    invoke(token: string): Promise<Values> {
        return Promise.reject(
            new Error(
                `the twin does not answer ${token}: its plugin renders neither YAML nor charts; use helm.v3.Release`,
            ),
        );
    }

    close(): void {
        void this.connection?.then(
            ({ api }) => {
                api.close();
            },
            () => undefined,
        );
    }

    /** Deletes an object and waits until it is gone. */
    async remove(ref: ObjectRef): Promise<void> {
        const api = await this.api();
        try {
            if (!(await api.delete(ref))) {
                return;
            }
        } catch (error) {
            // Its kind went with its definition.
            if (isNotFound(error)) {
                return;
            }
            throw error;
        }
        const deadline = Date.now() + deletionTimeoutMs;
        for (let object = await api.find(ref); object !== undefined; object = await api.find(ref)) {
            if (Date.now() > deadline) {
                const finalizers = (object.metadata.finalizers ?? []).join(", ");
                throw new Error(
                    `${ref.kind} ${idOf(ref)} is still there after its deletion${finalizers === "" ? "" : `; it waits for ${finalizers}`}`,
                );
            }
            await pause(100);
        }
    }

    private defaultNamespace(): string | undefined {
        const given = this.config["namespace"];
        return typeof given === "string" ? given : undefined;
    }

    private async api(): Promise<ApiClient> {
        const given = this.config["kubeconfig"];
        const kubeconfig = isObject(given) ? JSON.stringify(given) : typeof given === "string" ? given : undefined;
        const context = this.config["context"];
        this.connection ??= connect(
            kubeconfigText(kubeconfig),
            typeof context === "string" ? context : undefined,
            (server) => routeApiServer(this.environment, server),
        );
        return (await this.connection).api;
    }

    private async createRelease(resource: ResourceIdentity, inputs: Values, preview: boolean): Promise<ResourceState> {
        const id = `${textOf(inputs["namespace"])}/${textOf(inputs["name"])}`;
        if (preview) {
            return { id, outputs: { ...inputs, status: unknown } };
        }
        const outputs = releaseOutputs(resource.urn, inputs);
        // Recorded before it is installed: what a kill interrupts is then found as an orphan.
        this.store.put({ urn: resource.urn, type: releaseType, id, inputs, outputs });
        await applyRelease(this.environment, resource.urn, inputs);
        return { id, outputs };
    }

    private async apply(resource: ResourceIdentity, inputs: Values): Promise<Values> {
        const ref = refOfInputs(inputs);
        if (ref === undefined) {
            throw new Error(`${resource.type} ${resource.name} has no name`);
        }
        this.store.put({
            urn: resource.urn,
            type: resource.type,
            id: idOf(ref),
            inputs: referenceOnly(ref),
            outputs: {},
        });
        const api = await this.api();
        await this.learnRecordedKind(api, ref);
        const object = await untilTaken(() =>
            api.serverSideApply(namespaced(objectOf(inputs), ref), { fieldManager, force: true }),
        );
        if (ref.kind === "CustomResourceDefinition") {
            await waitFor(api, ref, established, establishedTimeoutMs, "established");
        }
        if (readSite(this.environment) !== undefined) {
            await provideClaims(api, ref.namespace ?? "default", objectOf(inputs));
        }
        const plugin = bringsDevices(ref.kind) ? fabricPluginOf(resource.urn, objectOf(inputs)) : undefined;
        if (plugin !== undefined) {
            await installPlugin(this.environment, api, plugin);
        }
        const known =
            refOfInputs(inputs)?.namespace ??
            ((await api.resource(ref.apiVersion, ref.kind)).namespaced ? "default" : undefined);
        const outputs = outputsOf(inputs, object);
        const final =
            known === undefined
                ? outputs
                : { ...outputs, metadata: { ...(outputs["metadata"] as Values), namespace: known } };
        const id = idOf(refOfInputs(final) ?? ref);
        if (id !== idOf(ref)) {
            this.store.remove(resource.type, idOf(ref));
            this.store.put({
                urn: resource.urn,
                type: resource.type,
                id,
                inputs: referenceOnly({ ...ref, namespace: known }),
                outputs: {},
            });
        }
        return final;
    }

    /** Makes a kind known whose chart is only recorded; once for all of its objects, which come side by side. */
    private learnRecordedKind(api: ApiClient, ref: ObjectRef): Promise<void> {
        const kind = `${ref.apiVersion}/${ref.kind}`;
        const learning = this.kinds.get(kind) ?? this.learn(api, ref);
        this.kinds.set(kind, learning);
        learning.catch(() => this.kinds.delete(kind));
        return learning;
    }

    private async learn(api: ApiClient, ref: ObjectRef): Promise<void> {
        this.store.refresh();
        const recorded = this.store.ofType(releaseType).map(({ inputs }) => chartName(textOf(inputs["chart"])));
        const name = recordedDefinition(ref, recorded);
        if (name === undefined || (await isServed(api, ref))) {
            return;
        }
        const wanted = definition(name, ref);
        await api.serverSideApply(wanted, { fieldManager, force: true });
        await waitFor(api, refOf(wanted), established, establishedTimeoutMs, "established");
        await untilServed(api, ref, establishedTimeoutMs);
    }

    /** Asks the server whether it would take the object, where it already can: kind and namespace exist, nothing is unknown. */
    private async tryOut(inputs: Values, creating: boolean): Promise<void> {
        const ref = refOfInputs(inputs);
        if (ref === undefined || !complete(inputs)) {
            return;
        }
        try {
            const api = await this.api();
            await api.resource(ref.apiVersion, ref.kind);
            await api.serverSideApply(namespaced(objectOf(inputs), ref), { fieldManager, force: true, dryRun: true });
        } catch (error) {
            // A cluster, a kind or a namespace that this very program will create is not there yet.
            const notYet =
                !(error instanceof ApiError) || error.code === 404 || error.code === 429 || error.code >= 500;
            // The object that a replacement is about to delete is still there in a preview.
            const replaced = creating && isImmutable(error);
            if (!notYet && !replaced && !isWebhook(error)) {
                throw error;
            }
        }
    }

    private async refusedAsImmutable(inputs: Values): Promise<boolean> {
        const ref = refOfInputs(inputs);
        try {
            const api = await this.api();
            if (ref !== undefined) {
                await api.serverSideApply(namespaced(objectOf(inputs), ref), {
                    fieldManager,
                    force: true,
                    dryRun: true,
                });
            }
            return false;
        } catch (error) {
            return isImmutable(error);
        }
    }
}

function isImmutable(error: unknown): boolean {
    return (
        error instanceof ApiError &&
        error.code === 422 &&
        /immutable|may not be changed|Forbidden: (pod )?updates/.test(error.message)
    );
}

/** Some webhooks refuse dry runs; that says nothing about the object. */
function isWebhook(error: ApiError): boolean {
    return /does not support dry run|failed calling webhook/.test(error.message);
}

function namespaced(object: KubernetesObject, ref: ObjectRef): KubernetesObject {
    return { ...object, apiVersion: ref.apiVersion, kind: ref.kind };
}

function reference(id: string): Values {
    const [namespace, name] = id.includes("/") ? id.split("/") : [undefined, id];
    return { name, ...(namespace === undefined ? {} : { namespace }) };
}

function referenceOnly(ref: ObjectRef): Values {
    return {
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        metadata: { name: ref.name, ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }) },
    };
}

/** The values that the server holds for what the program gave: what somebody else changed shows, what the server added does not. */
export function actual(given: Value | undefined, found: unknown): Value | undefined {
    if (isObject(given) && isObject(found)) {
        return Object.fromEntries(
            Object.entries(given).map(([key, value]) => [
                key,
                key in found ? actual(value as Value, found[key]) : key === "stringData" ? (value as Value) : undefined,
            ]),
        );
    }
    if (Array.isArray(given) && Array.isArray(found) && given.length === found.length) {
        return given.map((item, index) => actual(item, found[index]) ?? null);
    }
    return found as Value;
}

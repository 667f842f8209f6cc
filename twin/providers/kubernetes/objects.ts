/** From a resource of the program to an object of the Kubernetes API: pure. */
import type { KubernetesObject, ObjectRef } from "../../control-plane/api-client";
import { digest } from "../cloud-store";
import { changes, type PropertyChange } from "../runtime/diff";
import type { ResourceIdentity } from "../runtime/provider";
import { holdsUnknown, isObject, isUnknown, type Values } from "../runtime/values";

/** Annotations by which a program steers Pulumi's provider; the API server has no use for them. */
const steering = /^pulumi\.com\//;

export interface GroupVersionKind {
    apiVersion: string;
    kind: string;
}

/** `kubernetes:apps/v1:Deployment` is `apps/v1`, `Deployment`; `kubernetes:core/v1:Pod` is `v1`, `Pod`. */
export function kindOf(type: string): GroupVersionKind {
    const [, group = "", kind = ""] = type.split(":");
    return { apiVersion: group.replace(/^core\//, ""), kind: kind.replace(/Patch$/, "") };
}

/** The object that the program asks for: name and namespace filled in, kind from the program's own words where it gives them. */
export function withIdentity(
    resource: ResourceIdentity,
    olds: Values | undefined,
    news: Values,
    namespace: string | undefined,
): Values {
    const { apiVersion, kind } = kindOf(resource.type);
    const metadata: Values = { ...(isObject(news["metadata"]) ? news["metadata"] : {}) };
    if ((metadata["name"] ?? undefined) === undefined && metadata["generateName"] === undefined) {
        const old = isObject(olds?.["metadata"]) ? olds["metadata"]["name"] : undefined;
        // The same program makes the same name, so that a repeated run finds what an interrupted one made.
        metadata["name"] =
            old ?? `${resource.name.toLowerCase().replace(/[^a-z0-9.-]/g, "-")}-${digest(resource.urn, 8)}`;
    }
    if ((metadata["namespace"] ?? undefined) === undefined && namespace !== undefined) {
        metadata["namespace"] = namespace;
    }
    return { ...news, apiVersion: news["apiVersion"] ?? apiVersion, kind: news["kind"] ?? kind, metadata };
}

/** The reference of checked inputs; undefined while a part of it is unknown. */
export function refOfInputs(inputs: Values): ObjectRef | undefined {
    const metadata = inputs["metadata"];
    if (!isObject(metadata) || typeof inputs["apiVersion"] !== "string" || typeof inputs["kind"] !== "string") {
        return undefined;
    }
    const { name, namespace } = metadata;
    if (typeof name !== "string" || isUnknown(name) || isUnknown(namespace) || isUnknown(inputs["apiVersion"])) {
        return undefined;
    }
    return {
        apiVersion: inputs["apiVersion"],
        kind: inputs["kind"],
        name,
        ...(typeof namespace === "string" ? { namespace } : {}),
    };
}

/** What is sent: without the annotations that speak to Pulumi, and without nulls, which apply would read as values. */
export function objectOf(inputs: Values): KubernetesObject {
    const metadata = isObject(inputs["metadata"]) ? inputs["metadata"] : {};
    const annotations = isObject(metadata["annotations"])
        ? Object.fromEntries(Object.entries(metadata["annotations"]).filter(([key]) => !steering.test(key)))
        : undefined;
    const object = { ...inputs, metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) } };
    return withoutNulls({ ...object, status: undefined }) as KubernetesObject;
}

function withoutNulls(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(withoutNulls);
    }
    return isObject(value)
        ? Object.fromEntries(
              Object.entries(value)
                  .filter(([, item]) => item !== null && item !== undefined)
                  .map(([key, item]) => [key, withoutNulls(item)]),
          )
        : value;
}

/** Id of an object: `namespace/name`, or the name of what has no namespace. */
export function idOf(ref: ObjectRef): string {
    return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** Outputs of a resource: its inputs, and of what the server added only what programs read. The rest would swell the state. */
export function outputsOf(inputs: Values, object: KubernetesObject): Values {
    const { uid, resourceVersion, creationTimestamp, generation } = object.metadata;
    const metadata = {
        ...(inputs["metadata"] as Values),
        name: object.metadata.name,
        ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(inputs["kind"] === "Secret" ? { resourceVersion: resourceVersion ?? "" } : {}),
        ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
        ...(generation === undefined ? {} : { generation }),
    };
    const clusterIP = inputs["kind"] === "Service" ? (object["spec"] as Values | undefined)?.["clusterIP"] : undefined;
    const spec = clusterIP === undefined ? {} : { spec: { ...(inputs["spec"] as Values), clusterIP } };
    return { ...inputs, ...spec, metadata };
}

/** Fields whose change Kubernetes refuses for every object of a kind. */
export const immutable: { [kind: string]: string[] } = {
    Job: ["spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy"],
    Deployment: ["spec.selector"],
    DaemonSet: ["spec.selector"],
    ReplicaSet: ["spec.selector"],
    StatefulSet: ["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
    StorageClass: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
    PersistentVolumeClaim: ["spec.accessModes", "spec.storageClassName", "spec.volumeName", "spec.selector"],
    RoleBinding: ["roleRef"],
    ClusterRoleBinding: ["roleRef"],
    Secret: ["type"],
    PriorityClass: ["value", "preemptionPolicy"],
    RuntimeClass: ["handler"],
    Topology: ["spec.levels"],
    Pod: ["spec"],
};

/** Changes between two sets of inputs; those that Kubernetes would refuse replace. */
export function objectChanges(olds: Values, news: Values): PropertyChange[] {
    const kind = typeof news["kind"] === "string" ? news["kind"] : "";
    const replaceOn = ["kind", "metadata.name", "metadata.namespace", ...(immutable[kind] ?? [])];
    const frozen = (kind === "ConfigMap" || kind === "Secret") && olds["immutable"] === true;
    const found = changes(olds, news, [
        ...replaceOn,
        ...(frozen ? ["data", "stringData", "binaryData", "immutable"] : []),
    ]);
    // Another version of the same group serves the same object.
    const group = (version: unknown): string =>
        String(version).includes("/") ? (String(version).split("/")[0] ?? "") : "";
    return found.map((change) =>
        change.path === "apiVersion"
            ? {
                  ...change,
                  replace: !isUnknown(news["apiVersion"]) && group(olds["apiVersion"]) !== group(news["apiVersion"]),
              }
            : change,
    );
}

/** Whether inputs can be sent already. */
export function complete(inputs: Values): boolean {
    return !holdsUnknown(inputs);
}

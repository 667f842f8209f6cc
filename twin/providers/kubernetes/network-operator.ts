/**
 * What NVIDIA's network operator does to nodes. Its controllers do not run; their effect does: a node that a policy selects offers the RDMA
 * devices that the policy's device plugins would find in it.
 */
import type { KubernetesObject } from "../../control-plane/api-client";
import { rdmaPorts, type DevicePlugin, type Toleration } from "../device-plugins";
import { isObject } from "../runtime/values";

/** Chart whose controllers act on the objects here. */
export const networkOperatorChart = "network-operator";

/** Kinds that make nodes offer devices. */
const kinds = new Set(["NicClusterPolicy", "SriovNetworkNodePolicy"]);

/** Whether objects of the kind bring device plugins. */
export function bringsDevices(kind: string): boolean {
    return kinds.has(kind);
}

/** The plugins' DaemonSets tolerate every taint, the SR-IOV operator's own. */
const everything: Toleration[] = [{ operator: "Exists" }];

/** The plugin that the object brings; undefined where it brings none. Pure. */
export function fabricPluginOf(urn: string, object: KubernetesObject): DevicePlugin | undefined {
    const spec = isObject(object["spec"]) ? object["spec"] : {};
    const base = { urn, chart: networkOperatorChart, hardware: rdmaPorts, replicas: 1 };
    if (object.kind === "SriovNetworkNodePolicy") {
        const selector = isObject(spec["nodeSelector"]) ? spec["nodeSelector"] : {};
        return {
            ...base,
            // The SR-IOV operator's own prefix, as NVIDIA's chart sets it.
            resource: `nvidia.com/${text(spec["resourceName"])}`,
            replicas: typeof spec["numVfs"] === "number" ? spec["numVfs"] : 1,
            tolerations: everything,
            nodeSelector: selector as { [label: string]: string },
        };
    }
    if (object.kind !== "NicClusterPolicy") {
        return undefined;
    }
    const nodeSelector = requiredLabels(spec["nodeAffinity"]);
    const tolerations = Array.isArray(spec["tolerations"]) ? (spec["tolerations"] as Toleration[]) : [];
    const shared = first(spec["rdmaSharedDevicePlugin"], "configList");
    if (shared !== undefined) {
        return {
            ...base,
            resource: `rdma/${text(shared["resourceName"])}`,
            units: typeof shared["rdmaHcaMax"] === "number" ? shared["rdmaHcaMax"] : 1,
            tolerations,
            nodeSelector,
        };
    }
    const whole = first(spec["sriovDevicePlugin"], "resourceList");
    return whole === undefined
        ? undefined
        : {
              ...base,
              resource: `${text(whole["resourcePrefix"]) || "nvidia.com"}/${text(whole["resourceName"])}`,
              tolerations,
              nodeSelector,
          };
}

/** First entry of a list inside a plugin's configuration, which is JSON in text. */
function first(plugin: unknown, key: string): { [field: string]: unknown } | undefined {
    const config = isObject(plugin) ? plugin["config"] : undefined;
    const parsed: unknown = typeof config === "string" ? JSON.parse(config) : undefined;
    const list = isObject(parsed) ? parsed[key] : undefined;
    const entry: unknown = Array.isArray(list) ? list[0] : undefined;
    return isObject(entry) ? entry : undefined;
}

/** Labels that a node affinity requires with one value each; throws on what cannot be said so. */
function requiredLabels(affinity: unknown): { [label: string]: string } {
    const required = isObject(affinity) ? affinity["requiredDuringSchedulingIgnoredDuringExecution"] : undefined;
    const terms =
        isObject(required) && Array.isArray(required["nodeSelectorTerms"]) ? required["nodeSelectorTerms"] : [];
    const labels: { [label: string]: string } = {};
    for (const term of terms.filter(isObject)) {
        const expressions = Array.isArray(term["matchExpressions"]) ? term["matchExpressions"] : [];
        for (const expression of expressions.filter(isObject)) {
            const { key, operator, values } = expression;
            if (terms.length !== 1 || operator !== "In" || !Array.isArray(values) || values.length !== 1) {
                throw new Error(
                    "NicClusterPolicy: the twin follows a nodeAffinity of one term whose expressions are In with one value",
                );
            }
            labels[text(key)] = text(values[0]);
        }
    }
    return labels;
}

function text(value: unknown): string {
    return typeof value === "string" ? value : "";
}

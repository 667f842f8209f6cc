/**
 * What device plugins of installed charts do to nodes. The chart's DaemonSet is not run; its effect is: a node that the DaemonSet would
 * reach offers the devices that it has. Releases are kept as records, so that nodes made later are reached too.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { efaResource, gpuResource } from "../../catalog/topology";
import type { ApiClient, KubernetesObject } from "../control-plane/api-client";
import { writeWhole } from "../control-plane/layout";
import { hardwareOf, offerDevices, withdrawDevices } from "../control-plane/nodes";
import { twinHome } from "../places";
import { digest } from "./cloud-store";
import { isObject } from "./runtime/values";
import { readStored } from "./stored";

export interface Toleration {
    key?: string;
    operator?: string;
    value?: string;
    effect?: string;
}

/** A device plugin that a chart brings. */
export interface DevicePlugin {
    /** URN of the release. */
    urn: string;
    chart: string;
    resource: string;
    tolerations: Toleration[];
    nodeSelector: { [label: string]: string };
    /** Replicas of each device, by time slicing or as virtual functions. */
    replicas: number;
    /** What of the hardware annotation is offered. Defaults to the resource itself. */
    hardware?: string;
    /** Units that a node with such hardware offers, however much it has. */
    units?: number;
}

/** What a host's hardware annotation calls the RDMA ports that training uses. */
export const rdmaPorts = "kilogpu.dev/rdma-ports";

const gpuTaint: Toleration = { key: gpuResource, operator: "Exists", effect: "NoSchedule" };

/** Charts with device plugins: the resource, where their values keep tolerations, and what the chart tolerates by itself. */
const charts: { [chart: string]: { resource: string; values: string[]; tolerates: Toleration[] } } = {
    "aws-efa-k8s-device-plugin": {
        resource: efaResource,
        values: [],
        tolerates: [
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: "aws.amazon.com/efa", operator: "Exists", effect: "NoSchedule" },
        ],
    },
    "gpu-operator": { resource: gpuResource, values: ["daemonsets"], tolerates: [gpuTaint] },
    "nvidia-device-plugin": {
        resource: gpuResource,
        values: [],
        tolerates: [gpuTaint, { key: "CriticalAddonsOnly", operator: "Exists" }],
    },
};

/** The plugin that a chart with these values brings; undefined where it brings none. */
export function devicePluginOf(
    urn: string,
    chart: string,
    values: { [key: string]: unknown },
): DevicePlugin | undefined {
    const known = charts[chart];
    if (known === undefined || at(values, ["devicePlugin", "enabled"]) === false) {
        return undefined;
    }
    const section = at(values, known.values);
    const given = isObject(section) ? section["tolerations"] : undefined;
    const selector = isObject(section) ? section["nodeSelector"] : undefined;
    return {
        urn,
        chart,
        resource: known.resource,
        tolerations: Array.isArray(given) ? (given as Toleration[]) : known.tolerates,
        nodeSelector: isObject(selector) ? (selector as { [label: string]: string }) : {},
        replicas: known.resource === gpuResource ? slices(values) : 1,
    };
}

function at(values: unknown, path: string[]): unknown {
    return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), values);
}

/** Replicas that a time-slicing configuration anywhere in the values gives each GPU; 1 without one. */
export function slices(values: unknown): number {
    const text = JSON.stringify(values ?? {});
    const found = /timeSlicing.*?nvidia\.com\/gpu.*?replicas[\\"']*\s*:\s*(\d+)/s.exec(text);
    return found === null ? 1 : Number(found[1]);
}

/** Whether a pod with these tolerations may come to a node with this taint. */
export function tolerated(taint: { key: string; value?: string; effect: string }, tolerations: Toleration[]): boolean {
    return tolerations.some(
        ({ key, operator, value, effect }) =>
            (effect === undefined || effect === "" || effect === taint.effect) &&
            (key === undefined || key === "" ? operator === "Exists" : key === taint.key) &&
            (operator === "Exists" || (value ?? "") === (taint.value ?? "")),
    );
}

interface Taints {
    taints?: { key: string; value?: string; effect: string }[];
}

/** Whether the plugin's DaemonSet reaches a node. DaemonSets tolerate what Kubernetes itself taints (not-ready, unschedulable). */
export function reaches(plugin: DevicePlugin, node: KubernetesObject): boolean {
    const taints = ((node["spec"] ?? {}) as Taints).taints ?? [];
    const labels = node.metadata.labels ?? {};
    return (
        Object.entries(plugin.nodeSelector).every(([label, value]) => labels[label] === value) &&
        taints
            .filter(({ key, effect }) => effect !== "PreferNoSchedule" && !key.startsWith("node.kubernetes.io/"))
            .every((taint) => tolerated(taint, plugin.tolerations))
    );
}

function folder(environment: string): string {
    const path = join(twinHome(environment), "cloud", "device-plugins");
    mkdirSync(path, { recursive: true });
    return path;
}

/** Plugins of the twin's releases. */
export function devicePlugins(environment: string): DevicePlugin[] {
    return readdirSync(folder(environment))
        .filter((file) => file.endsWith(".json"))
        .map((file) => readStored<DevicePlugin>(join(folder(environment), file)))
        .filter((plugin) => plugin !== undefined);
}

/** Installs a plugin: recorded first, so that a node made at the same time is reached by one of both. */
export async function installPlugin(environment: string, api: ApiClient, plugin: DevicePlugin): Promise<number> {
    writeWhole(join(folder(environment), `${digest(plugin.urn, 40)}.json`), JSON.stringify(plugin));
    return offer(api, plugin, undefined);
}

export async function removePlugin(environment: string, api: ApiClient | undefined, urn: string): Promise<void> {
    const plugin = devicePlugins(environment).find((each) => each.urn === urn);
    rmSync(join(folder(environment), `${digest(urn, 40)}.json`), { force: true });
    const remains = devicePlugins(environment).some(({ resource }) => resource === plugin?.resource);
    if (plugin !== undefined && !remains && api !== undefined) {
        await withdrawDevices(api, plugin.resource);
    }
}

/** New nodes get the devices of the plugins that are installed. */
export async function reachNodes(environment: string, api: ApiClient, nodes: string[]): Promise<void> {
    for (const plugin of devicePlugins(environment)) {
        await offer(api, plugin, nodes);
    }
}

async function offer(api: ApiClient, plugin: DevicePlugin, names: string[] | undefined): Promise<number> {
    const wanted = names === undefined ? undefined : new Set(names);
    const hardware = plugin.hardware ?? plugin.resource;
    const { items } = await api.list("v1", "Node");
    const reached = items.filter(
        (node) =>
            (wanted === undefined || wanted.has(node.metadata.name)) &&
            (hardwareOf(node)[hardware] ?? 0) > 0 &&
            reaches(plugin, node),
    );
    if (plugin.replicas === 1 && plugin.hardware === undefined) {
        return reached.length === 0
            ? 0
            : offerDevices(
                  api,
                  plugin.resource,
                  reached.map(({ metadata }) => metadata.name),
              );
    }
    let units = 0;
    for (const node of reached) {
        const count = plugin.units ?? (hardwareOf(node)[hardware] ?? 0) * plugin.replicas;
        const amounts = { [plugin.resource]: String(count) };
        const ref = { apiVersion: "v1", kind: "Node", name: node.metadata.name };
        const patch = { status: { capacity: amounts, allocatable: amounts } };
        await api.patch(ref, patch, { kind: "merge", subresource: "status" });
        units += count;
    }
    return units;
}

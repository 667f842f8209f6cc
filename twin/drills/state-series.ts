/** What kube-state-metrics would serve of the twin's own objects: the subset that the metric catalogue has, computed from the real API. */
import { metric } from "../../catalog/metrics";
import type { KubernetesObject } from "../control-plane";
import { statusOf, type ClusterView, type NodeStatus, type PodSpec, type PodStatus } from "./cluster-view";
import { Page } from "./exposition";

/** Object labels that the deployed allow-list lets through. */
const nodeLabelsShown = metric("kube_node_labels").enable.metricLabels?.["nodes"] ?? [];

/** kube-state-metrics' form of a label or resource name. */
export function sanitized(name: string): string {
    return name.replace(/[^a-zA-Z0-9_]/g, "_");
}

const suffixes: { [suffix: string]: number } = {
    m: 1e-3,
    "": 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
};

/** Number of a Kubernetes quantity. */
export function quantity(text: string): number {
    const [, amount = "0", suffix = ""] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? [];
    return Number(amount) * (suffixes[suffix] ?? 1);
}

function unitOf(resource: string): string {
    return resource === "cpu" ? "core" : /memory|storage|hugepages/.test(resource) ? "byte" : "integer";
}

function addNode(page: Page, object: KubernetesObject): void {
    const node = object.metadata.name;
    const status = statusOf<NodeStatus>(object);
    const spec = (object["spec"] ?? {}) as {
        unschedulable?: boolean;
        taints?: { key: string; value?: string; effect: string }[];
    };
    const shown = nodeLabelsShown.flatMap((label) => {
        const value = object.metadata.labels?.[label];
        return value === undefined ? [] : [[`label_${sanitized(label)}`, value] as const];
    });
    page.add("kube_node_labels", 1, { node, ...Object.fromEntries(shown) });
    page.add("kube_node_info", 1, {
        node,
        kernel_version: status.nodeInfo?.kernelVersion ?? "",
        kubelet_version: status.nodeInfo?.kubeletVersion ?? "",
    });
    for (const [resource, amount] of Object.entries(status.allocatable ?? {})) {
        const labels = { node, resource: sanitized(resource), unit: unitOf(resource) };
        page.add("kube_node_status_allocatable", quantity(amount), labels);
    }
    for (const { type, status: is } of status.conditions ?? []) {
        for (const each of ["True", "False", "Unknown"]) {
            page.add("kube_node_status_condition", is === each ? 1 : 0, {
                node,
                condition: type,
                status: each.toLowerCase(),
            });
        }
    }
    page.add("kube_node_spec_unschedulable", spec.unschedulable === true ? 1 : 0, { node });
    for (const { key, value, effect } of spec.taints ?? []) {
        page.add("kube_node_spec_taint", 1, { node, key, value: value ?? "", effect });
    }
}

function addPod(page: Page, object: KubernetesObject): void {
    const own = { namespace: object.metadata.namespace ?? "", pod: object.metadata.name };
    const spec = (object["spec"] ?? {}) as PodSpec;
    const status = statusOf<PodStatus>(object);
    const node = spec.nodeName ?? "";
    page.add("kube_pod_info", 1, { ...own, node, uid: object.metadata.uid ?? "" });
    for (const phase of ["Pending", "Running", "Succeeded", "Failed", "Unknown"]) {
        page.add("kube_pod_status_phase", status.phase === phase ? 1 : 0, { ...own, phase });
    }
    if (status.startTime !== undefined) {
        page.add("kube_pod_start_time", Date.parse(status.startTime) / 1000, own);
    }
    for (const container of spec.containers ?? []) {
        for (const [resource, amount] of Object.entries(container.resources?.requests ?? {})) {
            const labels = {
                ...own,
                container: container.name,
                node,
                resource: sanitized(resource),
                unit: unitOf(resource),
            };
            page.add("kube_pod_container_resource_requests", quantity(amount), labels);
        }
    }
    for (const container of status.containerStatuses ?? []) {
        const labels = { ...own, container: container.name };
        page.add("kube_pod_container_status_restarts_total", container.restartCount, labels);
        const waiting = container.state?.waiting?.reason;
        if (waiting !== undefined) {
            page.add("kube_pod_container_status_waiting_reason", 1, { ...labels, reason: waiting });
        }
        const now = container.state?.terminated?.reason;
        if (now !== undefined) {
            page.add("kube_pod_container_status_terminated_reason", 1, { ...labels, reason: now });
        }
        const ended = container.lastState?.terminated?.reason;
        if (ended !== undefined) {
            page.add("kube_pod_container_status_last_terminated_reason", 1, { ...labels, reason: ended });
        }
    }
}

/** The page. */
export function statePage(view: ClusterView): string {
    const page = new Page();
    for (const { object } of view.nodes) {
        addNode(page, object);
    }
    for (const { object } of view.pods) {
        addPod(page, object);
    }
    for (const object of view.deployments) {
        const labels = { namespace: object.metadata.namespace ?? "", deployment: object.metadata.name };
        const { replicas = 1 } = (object["spec"] ?? {}) as { replicas?: number };
        const { availableReplicas = 0 } = statusOf<{ availableReplicas?: number }>(object);
        page.add("kube_deployment_spec_replicas", replicas, labels);
        page.add("kube_deployment_status_replicas_available", availableReplicas, labels);
    }
    for (const object of view.trainJobs) {
        const labels = { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
        const { trainerStatus } = statusOf<{
            trainerStatus?: { progressPercentage?: number; metrics?: { name: string; value: string }[] };
        }>(object);
        if (trainerStatus?.progressPercentage !== undefined) {
            page.add("kube_customresource_trainjob_progress", trainerStatus.progressPercentage, labels);
        }
        for (const { name, value } of trainerStatus?.metrics ?? []) {
            page.add("kube_customresource_trainjob_metric", Number(value), { ...labels, metric: name });
        }
    }
    return page.text();
}

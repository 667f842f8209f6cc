/** Where a drill strikes: chosen by rule, so that the same environment gives the same drill. */
import { efaResource, gpuResource } from "../../catalog/topology";
import { createNodes, hardwareAnnotation, notReadyLabel, offerDevices, type ApiClient } from "../control-plane";
import type { ClusterView, JobView, NodeView, NodeStatus } from "./cluster-view";
import { statusOf } from "./cluster-view";
import type { Drill, Expected } from "./drills";
import type { Fault } from "./faults";

/** The place, and what must be heard of it. */
export interface Victim {
    job: JobView;
    node: NodeView;
    expected: Expected;
    /** For the exporter; undefined where the cluster itself is broken. */
    fault?: Omit<Fault, "since">;
    /** `GPU 3 of i-…`, for the timeline. */
    place: string;
}

/** The environment has nothing that this drill could break; the message says what is missing. */
export class NoVictimError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "NoVictimError";
    }
}

/** Chooses: the job that was asked for, else the largest; its pod in the middle, so that it is not the one that exports the job's series. */
export function chooseVictim(drill: Drill, view: ClusterView, wanted?: string): Victim {
    const candidates = view.jobs
        .filter(({ key }) => wanted === undefined || key === wanted)
        .sort((left, right) => right.pods.length - left.pods.length);
    for (const job of candidates) {
        const pod = job.pods[Math.floor(job.pods.length / 2)];
        const node = view.nodes.find(({ name }) => name === pod?.node);
        if (pod === undefined || node?.hardware === undefined) {
            continue;
        }
        const { hardware } = node;
        const { inject } = drill;
        const port = hardware.rdma[0] ?? hardware.efa[0];
        const expected =
            "alert" in drill.expect ? drill.expect : hardware.rdma.length > 0 ? drill.expect.rdma : drill.expect.efa;
        const base = { job, node, expected };
        switch (inject.on) {
            case "gpu": {
                const gpu = Math.min(3, hardware.gpus - 1);
                const place = `GPU ${gpu.toString()} of ${node.name}`;
                return { ...base, fault: { kind: inject.kind, node: node.name, gpu }, place };
            }
            case "port":
                if (port === undefined) {
                    continue;
                }
                return {
                    ...base,
                    fault: { kind: inject.kind, node: node.name, device: port.device },
                    place: `${port.device} of ${node.name}`,
                };
            case "job":
                return { ...base, fault: { kind: inject.kind, job: job.key }, place: `job ${job.key}` };
            case "rank": {
                const rank = pod.index * pod.gpus;
                return {
                    ...base,
                    fault: { kind: inject.kind, job: job.key, rank },
                    place: `rank ${rank.toString()} of job ${job.key}`,
                };
            }
            case "node":
                return { ...base, place: node.name };
        }
    }
    if (wanted !== undefined) {
        throw new NoVictimError(
            `${drill.name} needs pods of job ${wanted} that run on nodes which it can break; there are none.`,
        );
    }
    throw new NoVictimError(
        drill.inject.on === "port"
            ? `${drill.name} needs a running job on nodes with EFA, InfiniBand or RoCE; this environment has none.`
            : `${drill.name} needs a running job on GPU nodes; this environment has none.`,
    );
}

/** Nodes of the victim's kind that hold no pod with GPUs. */
export function spares(victim: Victim, view: ClusterView): NodeView[] {
    const taken = new Set(view.pods.filter(({ gpus }) => gpus > 0).map(({ node }) => node));
    return view.nodes.filter(
        ({ name, hardware, answers }) =>
            answers && hardware?.instanceType === victim.node.hardware?.instanceType && !taken.has(name),
    );
}

/** A machine joins, as the node group would bring it: what the victim is, under another name. Returns its name. */
export async function joinSpare(api: ApiClient, victim: Victim): Promise<string> {
    const { object } = victim.node;
    const name = victim.node.name.replace(/^[^.]*/, (host) => `${host.slice(0, -5)}5pare`);
    const { capacity = {}, allocatable = {} } = statusOf<NodeStatus>(object);
    const plain = (amounts: { [resource: string]: string }): { [resource: string]: string } =>
        Object.fromEntries(
            Object.entries(amounts).filter(([resource]) => resource !== gpuResource && resource !== efaResource),
        );
    const labels = Object.fromEntries(
        Object.entries(object.metadata.labels ?? {}).filter(
            ([label]) => label !== "kubernetes.io/hostname" && label !== notReadyLabel,
        ),
    );
    const { taints = [] } = (object["spec"] ?? {}) as { taints?: { key: string; value?: string; effect: string }[] };
    await createNodes(api, [
        {
            name,
            labels,
            taints: taints.filter(({ key }) => !key.startsWith("node.kubernetes.io/")),
            capacity: plain(capacity),
            allocatable: plain(allocatable),
            annotations: { [hardwareAnnotation]: object.metadata.annotations?.[hardwareAnnotation] ?? "{}" },
        },
    ]);
    for (const resource of [gpuResource, efaResource]) {
        await offerDevices(api, resource, [name]);
    }
    return name;
}

/** Breaks or mends the node itself. */
export async function setNode(api: ApiClient, name: string, broken: boolean): Promise<void> {
    const metadata = { labels: { [notReadyLabel]: broken ? "true" : null } };
    await api.patch({ apiVersion: "v1", kind: "Node", name }, { metadata }, { kind: "merge" });
}

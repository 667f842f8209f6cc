/**
 * The control plane and the three controllers end to end, on real processes: a gang of 128 nodes × 8 GPUs runs, judged by its pods (gates,
 * node selectors, bindings) and not by what a Workload says of itself; killed parts come back and the gang stays. Prints what each part took.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
    conditionStatus,
    createNodes,
    health,
    installChart,
    notReadyLabel,
    offerDevices,
    startControlPlane,
    stopControlPlane,
    waitForObjects,
    waitForObject,
    withdrawDevices,
    type ControlPlane,
    type KubernetesObject,
} from "../../twin/control-plane";
import { strays } from "../../twin/control-plane/processes";
import { consoleProgress, silentProgress } from "../../twin/progress";
import { ensureTools, type Toolchain } from "../../twin/toolchain";
import { controlPlaneTools, gpuNodes, queues, training } from "./control-plane-objects";

const environment = `suite-${process.pid}`;
const kubernetesVersion = "1.35";
const nodes = 128;
const spares = 2;
const progress = process.env["CI"] === undefined ? consoleProgress() : silentProgress;

let toolchain: Toolchain;
let plane: ControlPlane;

interface PodFacts {
    gates: number;
    node: string | undefined;
    selector: { [label: string]: string };
    phase: string | undefined;
    uid: string | undefined;
}

function factsOf(pod: KubernetesObject): PodFacts {
    const spec = pod["spec"] as {
        schedulingGates?: unknown[];
        nodeName?: string;
        nodeSelector?: { [label: string]: string };
    };
    return {
        gates: spec.schedulingGates?.length ?? 0,
        node: spec.nodeName,
        selector: spec.nodeSelector ?? {},
        phase: (pod["status"] as { phase?: string } | undefined)?.phase,
        uid: pod.metadata.uid,
    };
}

const ofTheJob = { namespace: "default", labelSelector: "jobset.sigs.k8s.io/jobset-name=gpt2" };

async function runningPods(count: number, timeoutMs: number): Promise<PodFacts[]> {
    const pods = await waitForObjects(
        plane.api,
        "v1",
        "Pod",
        ofTheJob,
        (seen) => seen.length === count && seen.every((pod) => factsOf(pod).phase === "Running"),
        {
            what: `${count} pods Running`,
            timeoutMs,
            describe: (seen) => {
                const running = seen.filter((pod) => factsOf(pod).phase === "Running").length;
                const gated = seen.filter((pod) => factsOf(pod).gates > 0).length;
                return `${seen.length} pods, ${running} Running, ${gated} gated`;
            },
        },
    );
    return pods.map(factsOf);
}

async function start(): Promise<ControlPlane> {
    return startControlPlane({ environment, toolchain, kubernetesVersion, progress });
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const result = await work();
    process.stderr.write(`    ${what}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return result;
}

function pidOf(name: string): number {
    const pid = health(environment).processes.find((candidate) => candidate.name === name)?.pid;
    if (pid === undefined) {
        throw new Error(`${name} was never started`);
    }
    return pid;
}

async function apply(objects: KubernetesObject[]): Promise<void> {
    for (const object of objects) {
        await plane.api.serverSideApply(object, { fieldManager: "suite" });
    }
}

beforeAll(async () => {
    toolchain = await ensureTools(controlPlaneTools, { kubernetesVersion, progress });
    plane = await timed("control plane", start);
    const chart = { toolchain, progress, values: {} };
    await timed("three controllers", async () => {
        await installChart(environment, "jobset", { ...chart, namespace: "jobset-system", releaseName: "jobset" });
        const withoutJobset = { jobset: { install: false } };
        await installChart(environment, "kubeflow-trainer", {
            ...chart,
            namespace: "kubeflow-system",
            releaseName: "kubeflow-trainer",
            values: withoutJobset,
        });
        await installChart(environment, "kueue", { ...chart, namespace: "kueue-system", releaseName: "kueue" });
    });
});

afterAll(async () => {
    await stopControlPlane(environment);
    expect(strays(environment)).toEqual([]);
});

describe("a control plane with 128 nodes", () => {
    it("serves the declared minor and listens on loopback only", () => {
        expect(plane.version).toMatch(/^v1\.35\./);
        expect(plane.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    });

    it("makes nodes Ready without devices, and with them once a device plugin offers them", async () => {
        await timed(`${nodes} nodes Ready`, async () => {
            await createNodes(plane.api, gpuNodes(nodes + spares));
            await waitForObjects(
                plane.api,
                "v1",
                "Node",
                { labelSelector: "pool=h200" },
                (seen) =>
                    seen.length === nodes + spares && seen.every((node) => conditionStatus(node, "Ready") === "True"),
                { what: "nodes Ready", timeoutMs: 60_000 },
            );
        });
        const before = await plane.api.get({ apiVersion: "v1", kind: "Node", name: "h200-0000" });
        expect(JSON.stringify(before["status"])).not.toContain("nvidia.com/gpu");
        expect(await offerDevices(plane.api, "nvidia.com/gpu")).toBe((nodes + spares) * 8);
        expect(await offerDevices(plane.api, "vpc.amazonaws.com/efa")).toBe((nodes + spares) * 16);
    });

    it("refuses a misspelt field", async () => {
        const [topology] = queues(nodes) as [KubernetesObject];
        const misspelt = { ...topology, spec: { ...(topology["spec"] as object), level: [] } };
        await expect(plane.api.serverSideApply(misspelt, { fieldManager: "suite" })).rejects.toThrow(/level/);
    });

    it("runs a gang of 128 × 8 GPUs: every pod ungated, bound to the node that Kueue chose for it", async () => {
        await apply(queues(nodes));
        const queue = { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ClusterQueue", name: "h200" };
        await waitForObject(plane.api, queue, (object) => conditionStatus(object, "Active") === "True", {
            what: "ClusterQueue Active",
            timeoutMs: 30_000,
        });
        const pods = await timed("TrainJob 128 × 8 Running", async () => {
            await apply(training(nodes));
            return runningPods(nodes, 120_000);
        });
        expect(pods.every(({ gates }) => gates === 0)).toBe(true);
        expect(pods.every(({ selector }) => selector["pool"] === "h200")).toBe(true);
        expect(pods.every(({ selector, node }) => selector["kubernetes.io/hostname"] === node)).toBe(true);
        expect(new Set(pods.map(({ node }) => node)).size).toBe(nodes);
    });

    it("moves the pod of a node that goes NotReady to a spare, and no other pod", async () => {
        const before = await runningPods(nodes, 60_000);
        const failed = before[0] as PodFacts;
        const node = { apiVersion: "v1", kind: "Node", name: failed.node ?? "" };
        await plane.api.patch(node, { metadata: { labels: { [notReadyLabel]: "true" } } }, { kind: "merge" });
        const after = await timed("moved to a spare", async () => {
            const moved = (pods: KubernetesObject[]): boolean =>
                pods.length === nodes &&
                pods.map(factsOf).every(({ phase, uid }) => phase === "Running" && uid !== failed.uid);
            const what = { what: "pod moved to a spare", timeoutMs: 120_000 };
            return (await waitForObjects(plane.api, "v1", "Pod", ofTheJob, moved, what)).map(factsOf);
        });
        const kept = new Set(before.map(({ uid }) => uid));
        expect(after.filter(({ uid }) => !kept.has(uid))).toHaveLength(1);
        expect(after.some(({ node: name }) => name === failed.node)).toBe(false);
        expect(after.every(({ selector, node: name }) => selector["kubernetes.io/hostname"] === name)).toBe(true);
        await plane.api.patch(node, { metadata: { labels: { [notReadyLabel]: null } } }, { kind: "merge" });
        await waitForObject(plane.api, node, (object) => conditionStatus(object, "Ready") === "True", {
            what: "the node Ready again",
            timeoutMs: 30_000,
        });
    });

    for (const victims of [
        ["kube-apiserver"],
        ["etcd"],
        ["kwok"],
        ["kueue"],
        ["kube-apiserver", "etcd", "kwok", "kueue", "jobset", "trainer"],
    ]) {
        it(`mends after SIGKILL of ${victims.join(", ")}, and the gang runs on`, async () => {
            const before = await runningPods(nodes, 60_000);
            for (const victim of victims) {
                process.kill(pidOf(victim), "SIGKILL");
            }
            plane = await timed("mended", start);
            expect(health(environment).processes.every(({ alive }) => alive)).toBe(true);
            // Longer than the grace period of the nodes: none may have gone NotReady meanwhile.
            await new Promise((resolve) => setTimeout(resolve, victims.includes("kwok") ? 30_000 : 2_000));
            const after = await runningPods(nodes, 60_000);
            expect(new Set(after.map(({ uid }) => uid))).toEqual(new Set(before.map(({ uid }) => uid)));
        });
    }

    it("a second start attaches and starts nothing", async () => {
        const pids = health(environment).processes.map(({ pid }) => pid);
        plane = await timed("attached", start);
        expect(health(environment).processes.map(({ pid }) => pid)).toEqual(pids);
    });

    it("shows a missing device plugin: a new gang stays pending without GPUs on the nodes", async () => {
        await plane.api.delete({
            apiVersion: "trainer.kubeflow.org/v1alpha1",
            kind: "TrainJob",
            name: "gpt2",
            namespace: "default",
        });
        await waitForObjects(plane.api, "v1", "Pod", ofTheJob, (seen) => seen.length === 0, {
            what: "pods gone",
            timeoutMs: 60_000,
        });
        await withdrawDevices(plane.api, "nvidia.com/gpu");
        await apply(training(nodes));
        const workloads = await waitForObjects(
            plane.api,
            "kueue.x-k8s.io/v1beta2",
            "Workload",
            { namespace: "default" },
            (seen) => seen.some((workload) => conditionStatus(workload, "QuotaReserved") === "False"),
            { what: "Workload pending", timeoutMs: 60_000 },
        );
        expect(JSON.stringify(workloads[0]?.["status"])).toMatch(/topology/i);
        await offerDevices(plane.api, "nvidia.com/gpu");
        await runningPods(nodes, 120_000);
    });

    it("needs less than 2 GiB for all processes", () => {
        const { rssBytes, processes } = health(environment);
        const parts = processes.map(({ name, rssBytes: bytes }) => `${name} ${Math.round(bytes / 2 ** 20)}`).join(", ");
        process.stderr.write(`    memory: ${Math.round(rssBytes / 2 ** 20)} MiB (${parts})\n`);
        expect(rssBytes).toBeLessThan(2 * 2 ** 30);
    });
});

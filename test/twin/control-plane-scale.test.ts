/** 1,280 nodes and a gang of 10,240 GPUs on the bare control plane. Prints times and memory. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
    conditionStatus,
    createNodes,
    health,
    installChart,
    offerDevices,
    startControlPlane,
    stopControlPlane,
    waitForObjects,
    type ControlPlane,
    type KubernetesObject,
} from "../../twin/control-plane";
import { silentProgress } from "../../twin/progress";
import { ensureTools } from "../../twin/toolchain";
import { controlPlaneTools, gpuNodes, queues, training } from "./control-plane-objects";

const environment = `suite-scale-${process.pid}`;
const kubernetesVersion = "1.35";
const nodes = 1280;
const progress = silentProgress;

let plane: ControlPlane;

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const result = await work();
    const mib = Math.round(health(environment).rssBytes / 2 ** 20);
    process.stderr.write(`    ${what}: ${((Date.now() - started) / 1000).toFixed(1)} s, ${mib} MiB\n`);
    return result;
}

function podSpec(pod: KubernetesObject): { nodeName?: string; nodeSelector?: { [label: string]: string } } {
    return pod["spec"] as ReturnType<typeof podSpec>;
}

beforeAll(async () => {
    const toolchain = await ensureTools(controlPlaneTools, { kubernetesVersion, progress });
    plane = await timed("control plane", () =>
        startControlPlane({ environment, toolchain, kubernetesVersion, expectedNodes: nodes, progress }),
    );
    const chart = { toolchain, progress, values: {} };
    await timed("three controllers", () =>
        Promise.all([
            installChart(environment, "kubeflow-trainer", {
                ...chart,
                namespace: "kubeflow-system",
                releaseName: "trainer",
            }),
            installChart(environment, "kueue", { ...chart, namespace: "kueue-system", releaseName: "kueue" }),
        ]),
    );
});

afterAll(async () => {
    await stopControlPlane(environment);
});

it("1,280 nodes come up and a gang of 10,240 GPUs runs on them, one pod a node", async () => {
    await timed(`${nodes} nodes Ready`, async () => {
        await createNodes(plane.api, gpuNodes(nodes));
        await waitForObjects(
            plane.api,
            "v1",
            "Node",
            {},
            (seen) => seen.length === nodes && seen.every((node) => conditionStatus(node, "Ready") === "True"),
            { what: "nodes Ready", timeoutMs: 120_000 },
        );
    });
    await timed("devices offered", async () => {
        expect(await offerDevices(plane.api, "nvidia.com/gpu")).toBe(nodes * 8);
        expect(await offerDevices(plane.api, "vpc.amazonaws.com/efa")).toBe(nodes * 16);
    });
    const pods = await timed("TrainJob 1,280 × 8 Running", async () => {
        for (const object of [...queues(nodes), ...training(nodes)]) {
            await plane.api.serverSideApply(object, { fieldManager: "suite" });
        }
        return waitForObjects(
            plane.api,
            "v1",
            "Pod",
            { namespace: "default", labelSelector: "jobset.sigs.k8s.io/jobset-name=gpt2" },
            (seen) =>
                seen.length === nodes && seen.every((pod) => (pod["status"] as { phase: string }).phase === "Running"),
            { what: "pods Running", timeoutMs: 400_000 },
        );
    });
    expect(pods.every((pod) => podSpec(pod).nodeSelector?.["kubernetes.io/hostname"] === podSpec(pod).nodeName)).toBe(
        true,
    );
    expect(new Set(pods.map((pod) => podSpec(pod).nodeName)).size).toBe(nodes);
    const ready = await plane.api.list("v1", "Node");
    expect(ready.items.every((node) => conditionStatus(node, "Ready") === "True")).toBe(true);
});

/** What the exporter serves: every metric of the catalogue, under the deployed names, and nothing that no exporter has. */
import { describe, expect, it } from "vitest";
import { metricsOf } from "../../../catalog/metrics";
import type { KubernetesObject } from "../../../twin/control-plane";
import type { JobView, NodeView, PodView } from "../../../twin/drills/cluster-view";
import { Counters, noise, Page } from "../../../twin/drills/exposition";
import { FaultKind, Faults } from "../../../twin/drills/faults";
import { gpuPage, unservedGpuMetrics, type GpuContext } from "../../../twin/drills/gpu-series";
import { hardwareOfNode, type NodeHardware } from "../../../twin/drills/hardware";
import { nodePage } from "../../../twin/drills/node-series";
import { quantity, statePage } from "../../../twin/drills/state-series";
import { trainingPage, unservedTrainingMetrics } from "../../../twin/drills/training-series";

function nodeObject(type: string, fabric: string, devices: { [resource: string]: number }): KubernetesObject {
    return {
        apiVersion: "v1",
        kind: "Node",
        metadata: {
            name: "n1",
            creationTimestamp: "2026-12-01T00:00:00Z",
            labels: {
                "node.kubernetes.io/instance-type": type,
                "kilogpu.dev/fabric": fabric,
                "kilogpu.dev/capacity-group": "g",
                other: "x",
            },
            annotations: { "kilogpu.dev/hardware": JSON.stringify(devices) },
        },
        status: {
            allocatable: { "nvidia.com/gpu": "8", memory: "2Gi" },
            conditions: [{ type: "Ready", status: "True" }],
        },
    };
}

function view(object: KubernetesObject): { node: NodeView; hardware: NodeHardware } {
    const hardware = hardwareOfNode(object);
    if (hardware === undefined) {
        throw new Error("the node has no GPUs");
    }
    return { node: { name: "n1", object, hardware, answers: true, bootedAt: 0 }, hardware };
}

const efaNode = nodeObject("p5en.48xlarge", "efa", { "nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 16 });
const roceNode = nodeObject("hgx-h100", "roce", { "nvidia.com/gpu": 8 });
const pod: PodView = {
    namespace: "team",
    name: "job-node-0-0",
    node: "n1",
    container: "node",
    job: "team/job",
    jobName: "job",
    index: 0,
    gpus: 8,
    running: true,
    startedAt: 0,
    object: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "job-node-0-0", namespace: "team" },
        spec: {},
        status: { phase: "Running" },
    },
};
const job: JobView = { key: "team/job", pods: [pod] };

function context(faults = new Faults(), now = 1_000_000): GpuContext {
    return { faults, counters: new Counters(), now, factor: 30, jobNodes: new Map([["team/job", 1]]) };
}

function names(page: string): Set<string> {
    return new Set(page.split("\n").flatMap((line) => /^(\w+)[{ ]/.exec(line)?.[1] ?? []));
}

function value(page: string, start: string): number {
    return Number(
        page
            .split("\n")
            .find((line) => line.startsWith(start))
            ?.split(" ")
            .at(-1),
    );
}

describe("the catalogue", () => {
    it("has no DCGM or training metric without a value here", () => {
        expect(unservedGpuMetrics()).toEqual([]);
        expect(unservedTrainingMetrics()).toEqual([]);
    });

    it("has every EFA and node metric on a page", () => {
        const { node } = view(efaNode);
        const served = names(nodePage(node, [pod], context()));
        expect(metricsOf("efa").filter(({ name }) => !served.has(name))).toEqual([]);
        const roce = names(nodePage(view(roceNode).node, [pod], context()));
        const plain = metricsOf("node").filter(({ name, renamed }) => renamed === undefined && !roce.has(name));
        expect(plain.map(({ name }) => name)).toEqual([]);
    });

    it("refuses a metric and a label that no exporter has", () => {
        expect(() => {
            new Page().add("DCGM_FI_DEV_FB_TOTAL", 1);
        }).toThrow(/FB_TOTAL/);
        expect(() => {
            new Page().add("train_loss", 1, { gpu: "0" });
        }).toThrow(/no label gpu/);
    });
});

describe("a node", () => {
    it("has what the catalogue says: 8 GPUs of an H200, 16 EFA devices, or 8 ports of 400 Gbit/s", () => {
        expect(view(efaNode).hardware).toMatchObject({ gpus: 8, gpuMemoryMib: 141 * 1024 });
        expect(view(efaNode).hardware.efa).toHaveLength(16);
        expect(new Set(view(efaNode).hardware.efa.map(({ device }) => device)).size).toBe(16);
        expect(view(roceNode).hardware.rdma.map(({ bytesPerSecond }) => bytesPerSecond)).toEqual(
            Array.from({ length: 8 }, () => 5e10),
        );
    });

    it("says nothing of a GPU that fell off the bus but its XID", () => {
        const { node, hardware } = view(efaNode);
        const faults = new Faults();
        faults.add({ kind: FaultKind.FallenOffBus, node: "n1", gpu: 3, since: 0 });
        const lines = gpuPage(node, hardware, [pod], context(faults))
            .split("\n")
            .filter((line) => line.includes('gpu="3"') && !line.includes("peer_gpu"));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^DCGM_EXP_XID_ERRORS_COUNT\{.*xid="79"/);
    });

    it("grows the memory of a GPU that leaks, and keeps used and free in sum", () => {
        const { node, hardware } = view(efaNode);
        const faults = new Faults();
        faults.add({ kind: FaultKind.MemoryLeak, node: "n1", gpu: 0, since: 0 });
        const used = [0, 30_000, 60_000].map((now) =>
            value(gpuPage(node, hardware, [pod], context(faults, now)), 'DCGM_FI_DEV_FB_USED{gpu="0"'),
        );
        expect(used[0]).toBeLessThan(used[1] ?? 0);
        expect(used[1]).toBeLessThan(used[2] ?? 0);
        const page = gpuPage(node, hardware, [pod], context(faults, 60_000));
        expect(value(page, 'DCGM_FI_DEV_FB_USED{gpu="0"') + value(page, 'DCGM_FI_DEV_FB_FREE{gpu="0"')).toBe(
            hardware.gpuMemoryMib,
        );
    });

    it("halves the rate of one port and of no other", () => {
        const { node } = view(roceNode);
        const faults = new Faults();
        faults.add({ kind: FaultKind.HalfRate, node: "n1", device: "mlx5_2", since: 0 });
        const rates = nodePage(node, [pod], context(faults))
            .split("\n")
            .filter((line) => line.startsWith("node_infiniband_rate"));
        expect(rates.filter((line) => line.endsWith(" 25000000000"))).toEqual([expect.stringContaining("mlx5_2")]);
        expect(rates.filter((line) => line.endsWith(" 50000000000"))).toHaveLength(7);
    });
});

describe("the state of objects", () => {
    it("shows the labels that kube-state-metrics may show, and normalised resources", () => {
        const page = statePage({ nodes: [view(efaNode).node], pods: [], jobs: [], trainJobs: [], deployments: [] });
        expect(page).toContain('kube_node_labels{node="n1",label_kilogpu_dev_capacity_group="g"');
        expect(page).not.toContain("label_other");
        expect(page).toContain('kube_node_status_allocatable{node="n1",resource="nvidia_com_gpu",unit="integer"} 8');
        expect(page).toContain('kube_node_status_condition{node="n1",condition="Ready",status="true"} 1');
    });

    it.each([
        ["182", 182],
        ["250m", 0.25],
        ["2Gi", 2 ** 31],
        ["1k", 1000],
    ])("reads the quantity %s", (text, amount) => {
        expect(quantity(text)).toBeCloseTo(amount);
    });
});

describe("the state of everything an object may have", () => {
    const metadata = { name: "n1", namespace: "team", uid: "u" };
    const object = (kind: string, rest: object): KubernetesObject => ({
        apiVersion: "v1",
        kind,
        metadata,
        ...rest,
    });
    const whole = object("Node", {
        spec: { unschedulable: true, taints: [{ key: "k", effect: "NoSchedule" }] },
        status: {
            capacity: { cpu: "192", memory: "2Ti" },
            allocatable: { cpu: "190", "vpc.amazonaws.com/efa": "16" },
            conditions: [{ type: "Ready", status: "Unknown" }],
            nodeInfo: { kernelVersion: "6.12", kubeletVersion: "v1.35.4" },
        },
    });
    const started = object("Pod", {
        spec: {
            nodeName: "n1",
            containers: [{ name: "node", resources: { requests: { "nvidia.com/gpu": "8", memory: "1Gi" } } }],
        },
        status: {
            phase: "Running",
            startTime: "2026-12-01T00:00:00Z",
            containerStatuses: [
                {
                    name: "node",
                    restartCount: 2,
                    state: { waiting: { reason: "CrashLoopBackOff" }, terminated: { reason: "Error" } },
                    lastState: { terminated: { reason: "OOMKilled" } },
                },
            ],
        },
    });

    it("is written with metrics and labels of the catalogue alone: another one would take the whole page away", () => {
        const page = statePage({
            nodes: [{ ...view(efaNode).node, object: whole }],
            pods: [{ ...pod, object: started }],
            jobs: [],
            trainJobs: [
                object("TrainJob", {
                    status: { trainerStatus: { progressPercentage: 40, metrics: [{ name: "loss", value: "2.5" }] } },
                }),
            ],
            deployments: [object("Deployment", { spec: { replicas: 2 }, status: { availableReplicas: 1 } })],
        });
        const served = names(page);
        expect(
            metricsOf("kube-state-metrics")
                .map(({ name }) => name)
                .filter((name) => !served.has(name)),
        ).toEqual([]);
        expect(value(page, 'kube_customresource_trainjob_metric{namespace="team",name="n1",metric="loss"}')).toBe(2.5);
        expect(value(page, 'kube_deployment_status_replicas_available{namespace="team",deployment="n1"}')).toBe(1);
    });
});

describe("a training pod", () => {
    it("exports the job from rank 0 and eight ranks from each pod", () => {
        const { hardware } = view(efaNode);
        const first = trainingPage(job, pod, hardware, context());
        expect(first.match(/^train_loss\{rank="0"\}/gm)).toHaveLength(1);
        const second = trainingPage(job, { ...pod, index: 1 }, hardware, context());
        expect(second).not.toContain("train_loss");
        expect(second).toContain('train_rank_compute_seconds{rank="15"}');
    });

    it("keeps its loss quiet without a fault, far from six deviations", () => {
        const { hardware } = view(efaNode);
        const losses = Array.from({ length: 300 }, (_, step) =>
            value(trainingPage(job, pod, hardware, context(new Faults(), step * 1600)), "train_loss"),
        );
        const sorted = [...losses].sort((a, b) => a - b);
        const median = sorted[150] ?? 0;
        const robust = (median - (sorted[75] ?? 0)) / 0.6745;
        expect(Math.max(...losses) - median).toBeLessThan(6 * robust);
        expect(Math.max(...losses)).toBeLessThan(1.2 * median);
    });

    it("spikes, or is not a number, when told to", () => {
        const { hardware } = view(efaNode);
        const of = (kind: FaultKind): number => {
            const faults = new Faults();
            faults.add({ kind, job: "team/job", since: 0 });
            return value(trainingPage(job, pod, hardware, context(faults)), "train_loss");
        };
        expect(of(FaultKind.LossSpike)).toBeGreaterThan(
            1.2 * value(trainingPage(job, pod, hardware, context()), "train_loss"),
        );
        expect(of(FaultKind.LossNan)).toBeNaN();
    });
});

it("has noise that is steady and bounded", () => {
    const drawn = Array.from({ length: 1000 }, (_, tick) => noise("x", tick));
    expect(noise("x", 7)).toBe(noise("x", 7));
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(Math.abs(drawn.reduce((sum, each) => sum + each, 0) / 1000)).toBeLessThan(0.1);
});

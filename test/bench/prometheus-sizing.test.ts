/**
 * What Prometheus really needs for 1,024 and 10,240 GPUs, next to what the plan predicts: a real Prometheus scrapes the twin's simulated exporters,
 * and for what the metric catalogue does not list (cAdvisor, the kubelet's and the node exporter's other series) as many lines as the plan counts for
 * it. Prints series, resident memory and their ratios. `npm run bench`.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultKubernetesMinor } from "../../catalog";
import { alertThresholds } from "../../catalog/alerts";
import { FabricKind } from "../../components/fabric/profile";
import { monitoringSize } from "../../components/monitoring";
import type { GroupFacts } from "../../components/monitoring/infrastructure";
import type { KubernetesObject } from "../../twin/control-plane";
import type { ClusterView, NodeView, PodView } from "../../twin/drills/cluster-view";
import { Counters } from "../../twin/drills/exposition";
import { Faults } from "../../twin/drills/faults";
import { gpuPage, type GpuContext } from "../../twin/drills/gpu-series";
import { hardwareOfNode } from "../../twin/drills/hardware";
import { nodePage } from "../../twin/drills/node-series";
import { PrometheusApi } from "../../twin/drills/prometheus-api";
import { statePage } from "../../twin/drills/state-series";
import { trainingPage } from "../../twin/drills/training-series";
import { silentProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";

const gpusPerNode = 8;
/** Pods of a node: its daemons and one of the training. */
const podsPerNode = 8;
const rounds = 4;

let prometheus: string;
let folder: string;

function group(nodes: number): GroupFacts {
    return {
        name: "g",
        label: "kilogpu.dev/capacity-group",
        labelValue: "g",
        nodes,
        gpusPerNode,
        schedulableGpusPerNode: gpusPerNode,
        gpuPowerWatts: 700,
        pcieGeneration: 5,
        fabric: FabricKind.Efa,
        rdmaPorts: 0,
        portGbps: 0,
        efaPerNode: 16,
        busBandwidthFloorGBs: 0,
        usdPerHour: 0,
    };
}

/** A cluster of p5en with one job on all of it. */
function clusterOf(count: number): ClusterView {
    const nodes: NodeView[] = [];
    const pods: PodView[] = [];
    for (let index = 0; index < count; index++) {
        const name = `node-${index.toString().padStart(5, "0")}`;
        const devices = { "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "16" };
        const object: KubernetesObject = {
            apiVersion: "v1",
            kind: "Node",
            metadata: {
                name,
                labels: { "node.kubernetes.io/instance-type": "p5en.48xlarge", "kilogpu.dev/capacity-group": "g" },
                annotations: {
                    "kilogpu.dev/hardware": JSON.stringify({ "nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 16 }),
                },
            },
            status: { capacity: devices, allocatable: devices, conditions: [{ type: "Ready", status: "True" }] },
        };
        const hardware = hardwareOfNode(object);
        nodes.push({ name, object, ...(hardware === undefined ? {} : { hardware }), answers: true, bootedAt: 0 });
        const pod = `job-node-0-${index.toString()}`;
        const requests = { "nvidia.com/gpu": "8", cpu: "182", memory: "1835Gi" };
        pods.push({
            namespace: "team",
            name: pod,
            node: name,
            container: "node",
            job: "team/job",
            jobName: "job",
            index,
            gpus: gpusPerNode,
            running: true,
            startedAt: 0,
            object: {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: pod, namespace: "team", uid: index.toString() },
                spec: { nodeName: name, containers: [{ name: "node", resources: { requests } }] },
                status: { phase: "Running", startTime: "2026-12-01T00:00:00Z" },
            },
        });
    }
    return { nodes, pods, jobs: [{ key: "team/job", pods }], trainJobs: [], deployments: [] };
}

/** Lines of a target for series that are not the catalogue's, labelled as cAdvisor's and the node exporter's are. */
function filler(key: string, count: number): string {
    return Array.from(
        { length: count },
        (_, index) =>
            `other_metric_${(index % 400).toString()}{id="/kubepods/burstable/${key}/${Math.floor(index / 400).toString()}",namespace="team",pod="${key}",container="node"} ${((Date.now() / 1000 + index) % 1e6).toFixed(0)}`,
    ).join("\n");
}

/** Serves everything at `/targets` and the paths that it names. */
async function serve(view: ClusterView): Promise<Server> {
    const { perNode, perPod, fixed } = alertThresholds.series;
    const job = view.jobs[0];
    const byNode = new Map(view.nodes.map((node) => [node.name, node]));
    const counters = new Counters();
    const context = (): GpuContext => ({
        faults: new Faults(),
        counters,
        now: Date.now(),
        factor: 1,
        jobNodes: new Map([["team/job", view.nodes.length]]),
    });
    const podOf = (name: string): PodView | undefined => view.pods.find(({ node }) => node === name);
    const server = createServer((request, response) => {
        const [, what = "", name = ""] = (request.url ?? "").split("/");
        const node = byNode.get(name);
        const pod = podOf(name);
        const page = (): string => {
            switch (what) {
                case "targets": {
                    const target = (path: string, labels: object): object => ({
                        targets: [request.headers.host],
                        labels: { __metrics_path__: path, ...labels },
                    });
                    response.setHeader("content-type", "application/json");
                    return JSON.stringify([
                        ...view.nodes.flatMap(({ name: each }) =>
                            ["gpu", "node", "training", "other"].map((kind) =>
                                target(`/${kind}/${each}`, { instance: `${each}/${kind}`, node: each }),
                            ),
                        ),
                        target("/state", { instance: "state" }),
                        target("/fixed", { instance: "fixed" }),
                    ]);
                }
                case "gpu":
                    return node?.hardware === undefined || pod === undefined
                        ? ""
                        : gpuPage(node, node.hardware, [pod], context());
                case "node":
                    return node === undefined || pod === undefined ? "" : nodePage(node, [pod], context());
                case "training":
                    return job === undefined || pod === undefined || node?.hardware === undefined
                        ? ""
                        : trainingPage(job, pod, node.hardware, context());
                case "other":
                    return `${filler(name, perNode + podsPerNode * perPod)}\n`;
                case "fixed":
                    return `${filler("fixed", fixed)}\n`;
                default:
                    return statePage(view);
            }
        };
        const body = page();
        if (!response.hasHeader("content-type")) {
            response.setHeader("content-type", "text/plain; version=0.0.4");
        }
        response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
}

interface Measured {
    series: number;
    /** Of the exporters that the catalogue lists, per GPU and port. */
    catalogued: number;
    residentBytes: number;
}

function residentBytes(pid: number): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid.toString()}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

async function measure(nodes: number, intervalSeconds: number): Promise<Measured> {
    const server = await serve(clusterOf(nodes));
    const port = (server.address() as AddressInfo).port;
    const config = join(folder, `prometheus-${nodes.toString()}.json`);
    const interval = `${intervalSeconds.toString()}s`;
    writeFileSync(
        config,
        JSON.stringify({
            global: { scrape_interval: interval, scrape_timeout: interval },
            scrape_configs: [
                { job_name: "all", http_sd_configs: [{ url: `http://127.0.0.1:${port.toString()}/targets` }] },
            ],
        }),
    );
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const own = (probe.address() as AddressInfo).port;
    await new Promise((resolve) => probe.close(resolve));
    const child: ChildProcess = spawn(
        prometheus,
        [
            `--config.file=${config}`,
            `--storage.tsdb.path=${join(folder, nodes.toString())}`,
            `--web.listen-address=127.0.0.1:${own.toString()}`,
        ],
        { stdio: "ignore" },
    );
    try {
        const api = new PrometheusApi(`http://127.0.0.1:${own.toString()}`);
        const targets = nodes * 4 + 2;
        // Every target has answered several times: then each series has its first chunk.
        for (
            const deadline = Date.now() + rounds * intervalSeconds * 1000 + 600_000;
            ;
            await new Promise((resolve) => setTimeout(resolve, 2000))
        ) {
            const seen = await api.query(`count(count_over_time(up[1h]) >= ${rounds.toString()})`).catch(() => []);
            if ((seen[0]?.value ?? 0) >= targets) {
                break;
            }
            if (Date.now() > deadline) {
                throw new Error(
                    `only ${(seen[0]?.value ?? 0).toString()} of ${targets.toString()} targets answered ${rounds.toString()} times`,
                );
            }
        }
        const of = async (expression: string): Promise<number> => (await api.query(expression))[0]?.value ?? 0;
        const down = await of("count(up == 0) or vector(0)");
        expect(down).toBe(0);
        const response = await fetch(`http://127.0.0.1:${own.toString()}/api/v1/status/tsdb`);
        const { data } = (await response.json()) as { data: { headStats: { numSeries: number } } };
        return {
            series: data.headStats.numSeries,
            catalogued: await of('sum(scrape_samples_scraped{instance=~".*/(gpu|node|training)"})'),
            residentBytes: residentBytes(child.pid ?? 0),
        };
    } finally {
        child.kill("SIGKILL");
        server.closeAllConnections();
        server.close();
    }
}

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kilogpu-sizing-"));
    const toolchain = await ensureTools([ToolName.Prometheus], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: silentProgress,
    });
    prometheus = toolchain.path(ToolName.Prometheus);
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

describe("Prometheus next to the plan's prediction", () => {
    it.each([
        { gpus: 1024, intervalSeconds: 15 },
        { gpus: 10_240, intervalSeconds: 60 },
    ])("$gpus GPUs", async ({ gpus, intervalSeconds }) => {
        const nodes = gpus / gpusPerNode;
        const size = monitoringSize([group(nodes)], 15);
        const { perNode, perPod, fixed } = alertThresholds.series;
        const assumed = fixed + nodes * (perNode + podsPerNode * perPod);
        const predicted = size.series - assumed;
        if (freemem() < size.series * alertThresholds.series.bytesPerHeadSeries) {
            console.log(
                `${gpus.toString()} GPUs: not measured: this machine has too little free memory for ${size.series.toString()} series`,
            );
            return;
        }
        const { series, catalogued, residentBytes: resident } = await measure(nodes, intervalSeconds);
        const ratio = (measured: number, said: number): string =>
            `measured ${(measured / said).toFixed(2)} of what is predicted`;
        console.log(
            [
                `${gpus.toString()} GPUs, ${nodes.toString()} nodes:`,
                `  series of GPUs, ports and ranks: ${catalogued.toString()}; predicted ${predicted.toString()}: ${ratio(catalogued, predicted)}`,
                `  series in all (${assumed.toString()} of them assumed): ${series.toString()}; predicted ${size.series.toString()}: ${ratio(series, size.series)}`,
                `  memory: ${(resident / 2 ** 30).toFixed(1)} GiB resident, ${(resident / series).toFixed(0)} bytes a series; predicted ${size.memoryGib.toString()} GiB with as much again for queries and compaction: ${ratio(resident, size.memoryGib * 2 ** 30)}`,
            ].join("\n"),
        );
        // The plan may not promise too little: a Prometheus that is killed for memory watches nothing.
        expect(resident).toBeLessThan(size.memoryGib * 2 ** 30);
        expect(series / size.series).toBeLessThan(1.3);
    });
});

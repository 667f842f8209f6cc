/**
 * The exporters of every node, kube-state-metrics and the training pods, as one process of the twin: a page for each target, so that `instance` and
 * `node` are what they are in life. It finds its targets in the real API, plays the faults that a drill asks for, and keeps what Alertmanager sends.
 *
 * GET /targets/<exporter> (Prometheus' HTTP discovery), /dcgm/<node>, /node/<node>, /state, /training/<namespace>/<pod>;
 * GET, POST, DELETE /faults; POST /notify/<receiver>; GET, DELETE /notifications.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ApiClient } from "../control-plane";
import { readCluster, type ClusterView, type PodView } from "./cluster-view";
import { Counters } from "./exposition";
import { Faults, type Fault } from "./faults";
import { gpuPage, type GpuContext } from "./gpu-series";
import { nodePage } from "./node-series";
import type { Notification } from "./notifications";
import { statePage } from "./state-series";
import { trainingPage } from "./training-series";

export interface ExporterOptions {
    api: ApiClient;
    port: number;
    /** Seconds of life in one second. */
    factor: number;
    /** How often the cluster is read, ms. */
    readMs: number;
}

interface Answer {
    status: number;
    body: string;
    type: string;
}

const text = (body: string): Answer => ({ status: 200, body, type: "text/plain; version=0.0.4" });
const json = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value), type: "application/json" });
const absent: Answer = { status: 404, body: "no such target\n", type: "text/plain" };

/** One discovered target. */
interface TargetGroup {
    targets: string[];
    labels: { [label: string]: string };
}

export class Exporter {
    private view: ClusterView = { nodes: [], pods: [], jobs: [], trainJobs: [], deployments: [] };
    private podsOf = new Map<string, PodView[]>();
    private readonly counters = new Counters();
    private readonly faults = new Faults();
    private notifications: Notification[] = [];
    private timer: NodeJS.Timeout | undefined;
    private readonly server: Server;

    constructor(private readonly options: ExporterOptions) {
        this.server = createServer((request, response) => {
            void this.serve(request, response);
        });
        // Prometheus keeps a connection for each target.
        this.server.keepAliveTimeout = 120_000;
    }

    /** Reads the cluster once, listens, and goes on reading. */
    async start(): Promise<void> {
        await this.read();
        await new Promise<void>((resolve, reject) => {
            this.server.once("error", reject);
            this.server.listen(this.options.port, "127.0.0.1", resolve);
        });
        this.schedule();
    }

    stop(): void {
        clearTimeout(this.timer);
        this.server.close();
        this.server.closeAllConnections();
    }

    private schedule(): void {
        this.timer = setTimeout(() => {
            // While the API server does not answer, what was seen last is served on.
            void this.read()
                .catch((error: unknown) => {
                    process.stderr.write(`${String(error)}\n`);
                })
                .finally(() => {
                    this.schedule();
                });
        }, this.options.readMs);
    }

    private async read(): Promise<void> {
        this.view = await readCluster(this.options.api);
        const podsOf = new Map<string, PodView[]>();
        for (const pod of this.view.pods.filter(({ running, gpus }) => running && gpus > 0)) {
            podsOf.set(pod.node, [...(podsOf.get(pod.node) ?? []), pod]);
        }
        this.podsOf = podsOf;
    }

    private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        let answer: Answer;
        try {
            answer = this.answer(request.method ?? "GET", request.url ?? "/", await bodyOf(request));
        } catch (error) {
            answer = { status: 500, body: `${String(error)}\n`, type: "text/plain" };
        }
        response.writeHead(answer.status, { "content-type": answer.type });
        response.end(answer.body);
    }

    private answer(method: string, url: string, body: string): Answer {
        const [, what = "", ...rest] = url.split("/").map(decodeURIComponent);
        switch (`${method} ${what}`) {
            case "GET targets":
                return json(this.targets(rest[0] ?? ""));
            case "GET dcgm":
            case "GET node":
                return this.ofNode(what, rest[0] ?? "");
            case "GET state":
                return text(statePage(this.view));
            case "GET training":
                return this.ofPod(rest[0] ?? "", rest[1] ?? "");
            case "GET faults":
                return json(this.faults.all());
            case "POST faults":
                this.faults.add({ ...(JSON.parse(body) as Omit<Fault, "since">), since: Date.now() });
                return json(this.faults.all());
            case "DELETE faults":
                this.faults.clear();
                return json([]);
            case "POST notify":
                this.notifications.push({
                    receiver: rest[0] ?? "",
                    at: Date.now(),
                    ...(JSON.parse(body) as Omit<Notification, "receiver" | "at">),
                });
                return json({});
            case "GET notifications":
                return json(this.notifications);
            case "DELETE notifications":
                this.notifications = [];
                return json([]);
            default:
                return absent;
        }
    }

    private context(): GpuContext {
        return {
            faults: this.faults,
            counters: this.counters,
            now: Date.now(),
            factor: this.options.factor,
            jobNodes: new Map(this.view.jobs.map(({ key, pods }) => [key, pods.length])),
        };
    }

    private ofNode(exporter: string, name: string): Answer {
        const node = this.view.nodes.find((each) => each.name === name);
        if (node?.answers !== true) {
            return { status: 503, body: "the node does not answer\n", type: "text/plain" };
        }
        const pods = this.podsOf.get(name) ?? [];
        if (exporter === "node") {
            return text(nodePage(node, pods, this.context()));
        }
        return node.hardware === undefined ? absent : text(gpuPage(node, node.hardware, pods, this.context()));
    }

    private ofPod(namespace: string, name: string): Answer {
        const job = this.view.jobs.find(({ pods }) =>
            pods.some((pod) => pod.namespace === namespace && pod.name === name),
        );
        const pod = job?.pods.find((each) => each.name === name);
        const hardware = this.view.nodes.find((node) => node.name === pod?.node)?.hardware;
        return job === undefined || pod === undefined || hardware === undefined
            ? absent
            : text(trainingPage(job, pod, hardware, this.context()));
    }

    private targets(exporter: string): TargetGroup[] {
        const address = `127.0.0.1:${this.options.port.toString()}`;
        const group = (path: string, instance: string, labels: { [label: string]: string }): TargetGroup => ({
            targets: [address],
            labels: { __metrics_path__: path, instance, ...labels },
        });
        switch (exporter) {
            case "dcgm":
            case "node":
                // A node that does not answer stays a target, as its DaemonSet's pod does: `up` is then 0.
                return this.view.nodes
                    .filter(({ hardware }) => exporter === "node" || hardware !== undefined)
                    .map(({ name }) =>
                        group(`/${exporter}/${name}`, `${name}:${exporter === "node" ? "9100" : "9400"}`, {
                            node: name,
                        }),
                    );
            case "training":
                return this.view.jobs.flatMap(({ pods }) =>
                    pods.map((pod) =>
                        group(`/training/${pod.namespace}/${pod.name}`, `${pod.name}:9400`, {
                            namespace: pod.namespace,
                            pod: pod.name,
                            node: pod.node,
                            job_name: pod.jobName,
                        }),
                    ),
                );
            default:
                return [];
        }
    }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of request) {
        parts.push(part as Buffer);
    }
    return Buffer.concat(parts).toString("utf8");
}

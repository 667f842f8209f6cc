/** Loki itself, one binary on loopback with the shipped limits, schema and ruler, and its HTTP API. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lokiRuleGroups } from "../../components/monitoring/logs/rules";
import { lokiValues } from "../../components/monitoring/values/logs";

/** One stream's lines; times are milliseconds since 1970. */
export interface Stream {
    labels: { [name: string]: string };
    lines: { at: number; text: string }[];
}

/** One sample of an instant vector. */
export interface VectorSample {
    metric: { [label: string]: string };
    value: [number, string];
}

/** A rule as the ruler reports it. */
export interface RulerRule {
    name: string;
    health: string;
    lastError?: string;
    labels?: { [label: string]: string };
    query: string;
}

export class Loki {
    private constructor(
        private readonly process: ChildProcess,
        private readonly folder: string,
        private readonly url: string,
    ) {}

    /** Starts it and waits until it takes lines. */
    static async start(executable: string): Promise<Loki> {
        const folder = mkdtempSync(join(tmpdir(), "kilogpu-loki-"));
        const [http, grpc] = [await freePort(), await freePort()];
        const rules = join(folder, "rules", "fake");
        mkdirSync(rules, { recursive: true });
        writeFileSync(join(rules, "log-classes.yaml"), JSON.stringify(lokiRuleGroups()));
        writeFileSync(join(folder, "loki.json"), JSON.stringify(configuration(folder, http, grpc)));
        const log = openSync(join(folder, "loki.log"), "w");
        const process = spawn(executable, [`-config.file=${join(folder, "loki.json")}`], {
            stdio: ["ignore", log, log],
        });
        const loki = new Loki(process, folder, `http://127.0.0.1:${http.toString()}`);
        const deadline = Date.now() + 180_000;
        while (!(await loki.ready())) {
            if (process.exitCode !== null || Date.now() > deadline) {
                const tail = readFileSync(join(folder, "loki.log"), "utf8").slice(-3000);
                await loki.stop();
                throw new Error(`Loki did not start:\n${tail}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 500));
        }
        return loki;
    }

    async push(streams: readonly Stream[]): Promise<void> {
        const body = {
            streams: streams.map(({ labels, lines }) => ({
                stream: labels,
                values: lines.map(({ at, text }) => [`${Math.round(at).toString()}000000`, text]),
            })),
        };
        const response = await fetch(`${this.url}/loki/api/v1/push`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
        });
        if (response.status !== 204) {
            throw new Error(`Loki refused lines: ${await response.text()}`);
        }
    }

    /** A metric query at one time. */
    async instant(query: string, at: number): Promise<VectorSample[]> {
        const answer = await this.get("/loki/api/v1/query", { query, time: `${Math.round(at).toString()}000000` });
        return (answer as { data: { result: VectorSample[] } }).data.result;
    }

    /** Lines of a log query. */
    async lines(query: string, from: number, to: number): Promise<Stream[]> {
        const answer = (await this.get("/loki/api/v1/query_range", {
            query,
            start: `${Math.round(from).toString()}000000`,
            end: `${Math.round(to).toString()}000000`,
            limit: "5000",
        })) as { data: { result: { stream: { [label: string]: string }; values: [string, string][] }[] } };
        return answer.data.result.map(({ stream, values }) => ({
            labels: stream,
            lines: values.map(([nanoseconds, text]) => ({ at: Number(nanoseconds.slice(0, -6)), text })),
        }));
    }

    /** What its ruler has loaded and how the last evaluation went. */
    async rules(): Promise<RulerRule[]> {
        const answer = (await this.get("/prometheus/api/v1/rules", {})) as {
            data: { groups: { rules: RulerRule[] }[] };
        };
        return answer.data.groups.flatMap((group) => group.rules);
    }

    async stop(): Promise<void> {
        if (this.process.exitCode === null) {
            const ended = new Promise((resolve) => this.process.once("close", resolve));
            this.process.kill("SIGKILL");
            await ended;
        }
        rmSync(this.folder, { recursive: true, force: true });
    }

    private async ready(): Promise<boolean> {
        try {
            return (await fetch(`${this.url}/ready`)).ok;
        } catch {
            return false;
        }
    }

    private async get(path: string, parameters: { [name: string]: string }): Promise<unknown> {
        const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters).toString()}`);
        if (!response.ok) {
            throw new Error(`Loki on ${path}: ${await response.text()}`);
        }
        return response.json();
    }
}

/** The chart's values as Loki's own file: what is about the disk and the network is the test's, the rest is what is shipped. */
function configuration(folder: string, http: number, grpc: number): unknown {
    const { loki } = lokiValues({ retentionDays: 14, storageGib: 20, nodes: 128 }) as unknown as {
        loki: {
            schemaConfig: unknown;
            limits_config: { [name: string]: unknown };
            compactor: { [name: string]: unknown };
            rulerConfig: { [name: string]: unknown };
        };
    };
    return {
        auth_enabled: false,
        analytics: { reporting_enabled: false },
        server: {
            http_listen_address: "127.0.0.1",
            http_listen_port: http,
            grpc_listen_address: "127.0.0.1",
            grpc_listen_port: grpc,
            log_level: "warn",
        },
        common: {
            path_prefix: folder,
            replication_factor: 1,
            instance_addr: "127.0.0.1",
            ring: { kvstore: { store: "inmemory" }, instance_addr: "127.0.0.1" },
            storage: {
                filesystem: { chunks_directory: join(folder, "chunks"), rules_directory: join(folder, "rules") },
            },
        },
        // One ingester waits for no other.
        ingester: { lifecycler: { min_ready_duration: "0s", final_sleep: "0s" } },
        schema_config: loki.schemaConfig,
        limits_config: loki.limits_config,
        compactor: { ...loki.compactor, working_directory: join(folder, "compactor") },
        ruler: {
            ...loki.rulerConfig,
            rule_path: join(folder, "rules-temporary"),
            storage: { type: "local", local: { directory: join(folder, "rules") } },
            evaluation_interval: "5s",
            wal: { dir: join(folder, "ruler-wal") },
            // Prometheus is not there: what the rules record is asked from the query engine instead.
            remote_write: { enabled: false },
        },
    };
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            const port = typeof address === "object" && address !== null ? address.port : 0;
            server.close(() => {
                resolve(port);
            });
        });
    });
}

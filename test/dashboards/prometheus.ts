/** A real Prometheus on loopback, filled with blocks from OpenMetrics text, with rules that it evaluates every five seconds. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One series of an answer. */
export interface Series {
    metric: { [label: string]: string };
    /** Seconds since 1970 and the value. */
    values: [number, string][];
}

export class Prometheus {
    private constructor(
        private readonly process: ChildProcess,
        private readonly folder: string,
        private readonly url: string,
    ) {}

    static async start(
        tools: { prometheus: string; promtool: string },
        text: string,
        groups: unknown,
    ): Promise<Prometheus> {
        const folder = mkdtempSync(join(tmpdir(), "kilogpu-prometheus-"));
        const data = join(folder, "data");
        mkdirSync(data);
        writeFileSync(join(folder, "series.txt"), text);
        writeFileSync(join(folder, "rules.json"), JSON.stringify({ groups }));
        const configuration = { global: { evaluation_interval: "5s" }, rule_files: [join(folder, "rules.json")] };
        writeFileSync(join(folder, "prometheus.json"), JSON.stringify(configuration));
        execFileSync(tools.promtool, ["tsdb", "create-blocks-from", "openmetrics", join(folder, "series.txt"), data], {
            stdio: ["ignore", "ignore", "pipe"],
        });
        const port = await freePort();
        const log = openSync(join(folder, "prometheus.log"), "w");
        const flags = [
            `--config.file=${join(folder, "prometheus.json")}`,
            `--storage.tsdb.path=${data}`,
            `--web.listen-address=127.0.0.1:${port.toString()}`,
            // What was backfilled ends when the test begins: it stays the newest while the rules gather their history.
            "--query.lookback-delta=15m",
        ];
        const process = spawn(tools.prometheus, flags, { stdio: ["ignore", log, log] });
        const started = new Prometheus(process, folder, `http://127.0.0.1:${port.toString()}`);
        const deadline = Date.now() + 120_000;
        while (!(await started.ready())) {
            if (process.exitCode !== null || Date.now() > deadline) {
                const tail = readFileSync(join(folder, "prometheus.log"), "utf8").slice(-3000);
                await started.stop();
                throw new Error(`Prometheus did not start:\n${tail}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 300));
        }
        return started;
    }

    /** An instant query now. */
    async instant(query: string): Promise<Series[]> {
        const result = (await this.get("/api/v1/query", { query })) as {
            resultType: string;
            result: { metric: { [label: string]: string }; value: [number, string] }[];
        };
        return result.result.map(({ metric, value }) => ({ metric, values: [value] }));
    }

    /** What a time series panel draws: the last `minutes`. */
    async range(query: string, minutes: number): Promise<Series[]> {
        const end = Date.now() / 1000;
        const result = (await this.get("/api/v1/query_range", {
            query,
            start: (end - minutes * 60).toString(),
            end: end.toString(),
            step: "15",
        })) as { result: Series[] };
        return result.result;
    }

    /** What a dashboard's variable offers. */
    async labelValues(metric: string, label: string): Promise<string[]> {
        return (await this.get(`/api/v1/label/${label}/values`, { "match[]": metric })) as string[];
    }

    /** Rules that failed. */
    async failedRules(): Promise<string[]> {
        const { groups } = (await this.get("/api/v1/rules", {})) as {
            groups: { rules: { name: string; health: string; lastError?: string }[] }[];
        };
        return groups
            .flatMap((group) => group.rules)
            .filter((rule) => rule.health === "err")
            .map((rule) => `${rule.name}: ${rule.lastError ?? ""}`);
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
            return (await fetch(`${this.url}/-/ready`)).ok;
        } catch {
            return false;
        }
    }

    private async get(path: string, parameters: { [name: string]: string }): Promise<unknown> {
        const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters).toString()}`);
        const body = (await response.json()) as { status: string; data: unknown; error?: string };
        if (body.status !== "success") {
            throw new Error(`Prometheus on ${JSON.stringify(parameters)}: ${body.error ?? ""}`);
        }
        return body.data;
    }
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

/** The few questions that drills ask Prometheus. */

/** An alert that is pending or firing. */
export interface ActiveAlert {
    labels: { [label: string]: string };
    annotations: { [name: string]: string };
    state: "pending" | "firing";
    activeAt: string;
}

export class PrometheusApi {
    constructor(private readonly url: string) {}

    async alerts(): Promise<ActiveAlert[]> {
        return ((await this.get("alerts")) as { alerts: ActiveAlert[] }).alerts;
    }

    /** When the process started, ms. */
    async startedAt(): Promise<number> {
        return Date.parse(((await this.get("status/runtimeinfo")) as { startTime: string }).startTime);
    }

    /** Samples of an instant query: labels and value. */
    async query(expression: string): Promise<{ labels: { [label: string]: string }; value: number }[]> {
        const { result } = (await this.get(`query?query=${encodeURIComponent(expression)}`)) as {
            result: { metric: { [label: string]: string }; value: [number, string] }[];
        };
        return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    }

    private async get(path: string): Promise<unknown> {
        const response = await fetch(`${this.url}/api/v1/${path}`, { signal: AbortSignal.timeout(20_000) });
        const body = (await response.json()) as { status: string; data?: unknown; error?: string };
        if (body.status !== "success") {
            throw new Error(`Prometheus: /api/v1/${path}: ${body.error ?? response.status.toString()}`);
        }
        return body.data;
    }
}

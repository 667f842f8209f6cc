/** Whether the machine kept up with a drill: what a drill makes of alerts is worth nothing where scrapes were not answered in time. */
import { availableParallelism, loadavg } from "node:os";
import type { PrometheusApi } from "./prometheus-api";

/** Share of a job's scrapes that must have been answered: below it, alerts about missing data can come from the machine alone. */
const enough = 0.9;

/**
 * What to say of jobs whose scrapes since `from`, ms, were not answered in time; empty where all were. A drill scrapes every two seconds what life
 * scrapes every minute.
 */
export async function missedScrapes(prometheus: Pick<PrometheusApi, "query">, from: number): Promise<string[]> {
    const seconds = Math.ceil((Date.now() - from) / 1000);
    const jobs = await prometheus.query(
        `avg by (job) (avg_over_time(up[${seconds.toString()}s])) < ${enough.toString()}`,
    );
    if (jobs.length === 0) {
        return [];
    }
    const shares = jobs.map(({ labels, value }) => `${labels["job"] ?? ""} ${Math.round(100 * value).toString()} %`);
    const load = `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism().toString()} processors`;
    return [
        `scrapes that were answered in time: ${shares.join(", ")} (${load}): other alerts can come from that alone; run the drill again on a quiet machine`,
    ];
}

/** Runs one drill: waits for quiet, breaks something, watches the alert come, mends it, and judges. */
import { waitForObject, type ApiClient } from "../control-plane";
import { isReady, readCluster } from "./cluster-view";
import type { Drill } from "./drills";
import { missedScrapes } from "./missed-scrapes";
import { judge, type Judgement } from "./judgement";
import type { Monitors } from "./monitors";
import { firing, type Notification } from "./notifications";
import { PrometheusApi, type ActiveAlert } from "./prometheus-api";
import { Recovery } from "./recovery";
import type { TimeScale } from "./time-scale";
import { chooseVictim, joinSpare, setNode, spares, type Victim } from "./victim";

/** One line of the timeline. */
export interface Moment {
    /** Seconds since the fault; negative before it. */
    seconds: number;
    what: string;
}

export interface DrillResult extends Judgement {
    drill: string;
    victim: Victim;
    timeline: Moment[];
    notifications: Notification[];
}

export interface DrillOptions {
    api: ApiClient;
    monitors: Monitors;
    scale: TimeScale;
    /** `<namespace>/<name>` of the job to strike. Defaults to the largest. */
    job?: string;
    /** Called with each moment as it comes. */
    onMoment: (moment: Moment) => void;
}

/** The cluster's own delays are not scaled: the kubelet, Kueue's and JobSet's reconciling. */
const clusterDelaySeconds = 90;
const pollMs = 300;

/** A drill could not begin, because the environment was not quiet. */
export class NotQuietError extends Error {
    constructor(alerts: readonly ActiveAlert[]) {
        const named = alerts.map(
            ({ labels }) =>
                `${labels["alertname"] ?? ""} (${labels["node"] ?? labels["job_name"] ?? labels["pod"] ?? "cluster"})`,
        );
        super(`critical alerts were active before the drill: ${[...new Set(named)].slice(0, 5).join(", ")}`);
        this.name = "NotQuietError";
    }
}

function pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

async function exporter(
    monitors: Monitors,
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: unknown,
): Promise<unknown> {
    const response = await fetch(`${monitors.exporter}/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
        throw new Error(`exporter: ${method} /${path}: ${response.status.toString()} ${await response.text()}`);
    }
    return response.json();
}

function isOf(alert: ActiveAlert, victim: Victim): boolean {
    return alert.labels["alertname"] === victim.expected.alert;
}

/** Waits until Prometheus has seen enough of a healthy past and nothing critical is active. */
async function untilQuiet(drill: Drill, victim: Victim, options: DrillOptions): Promise<void> {
    const { factor, scrapeSeconds } = options.scale;
    const prometheus = new PrometheusApi(options.monitors.prometheus);
    const youngest = Math.max(...victim.job.pods.map(({ startedAt }) => startedAt));
    const started = Math.max(await prometheus.startedAt(), 0);
    const ready = Math.max(
        started + (drill.historySeconds / factor) * 1000 + 3 * scrapeSeconds * 1000,
        youngest + (drill.jobAgeSeconds / factor) * 1000,
    );
    await pause(Math.max(0, ready - Date.now()));
    // What a drill before this one left behind: resolved alerts, windows that still hold the fault.
    const deadline = Date.now() + 180_000;
    for (;;) {
        const active = (await prometheus.alerts()).filter(
            (alert) => alert.labels["severity"] === "critical" || isOf(alert, victim),
        );
        if (active.length === 0) {
            return;
        }
        if (Date.now() > deadline) {
            throw new NotQuietError(active);
        }
        await pause(pollMs);
    }
}

/** Makes sure that a lost node can be replaced. */
async function prepareSpare(victim: Victim, options: DrillOptions, note: (what: string) => void): Promise<void> {
    if (spares(victim, await readCluster(options.api)).length > 0) {
        return;
    }
    const name = await joinSpare(options.api, victim);
    await waitForObject(
        options.api,
        { apiVersion: "v1", kind: "Node", name },
        (node) => node !== undefined && isReady(node),
        {
            what: `spare ${name} Ready`,
            timeoutMs: 60_000,
        },
    );
    note(`every machine holds a pod of ${victim.job.key}: a spare joins, ${name}`);
}

/** Runs it. What it broke is mended also where it fails. */
export async function runDrill(drill: Drill, options: DrillOptions): Promise<DrillResult> {
    const { api, monitors, scale } = options;
    const timeline: Moment[] = [];
    let injectedAt: number | undefined;
    const note = (what: string): void => {
        const moment = { seconds: injectedAt === undefined ? -1 : (Date.now() - injectedAt) / 1000, what };
        timeline.push(moment);
        options.onMoment(moment);
    };
    await exporter(monitors, "DELETE", "faults");
    const victim = chooseVictim(drill, await readCluster(api), options.job);
    if (drill.inject.on === "node") {
        await prepareSpare(victim, options, note);
    }
    await untilQuiet(drill, victim, options);
    note(`quiet; ${victim.job.pods.length.toString()} pods of ${victim.job.key} run`);
    await exporter(monitors, "DELETE", "notifications");
    const recovery = drill.consequence === "job-whole" ? new Recovery(api, victim, note) : undefined;
    try {
        injectedAt = Date.now();
        if (drill.inject.on === "node") {
            await setNode(api, victim.node.name, true);
        } else {
            await exporter(monitors, "POST", "faults", victim.fault);
        }
        note(`injected: ${drill.what}: ${victim.place}`);
        const deadline = injectedAt + (drill.withinSeconds / scale.factor + clusterDelaySeconds) * 1000;
        const notifications = await watch(victim, options, deadline, recovery, note);
        const judgement = judge(drill, victim, notifications, monitors, recovery?.whole);
        if (!judgement.passed) {
            judgement.failures.push(...(await missedScrapes(new PrometheusApi(monitors.prometheus), injectedAt)));
        }
        return { drill: drill.name, victim, timeline, notifications, ...judgement };
    } finally {
        await exporter(monitors, "DELETE", "faults");
        if (drill.inject.on === "node") {
            await setNode(api, victim.node.name, false);
        }
        note("mended");
    }
}

/** Follows alert and job until both have done what they should, and a while longer to see that nothing else comes. */
async function watch(
    victim: Victim,
    options: DrillOptions,
    deadline: number,
    recovery: Recovery | undefined,
    note: (what: string) => void,
): Promise<Notification[]> {
    const { monitors, scale } = options;
    const prometheus = new PrometheusApi(monitors.prometheus);
    const seen = new Set<string>();
    const once = (key: string, what: string): void => {
        if (!seen.has(key)) {
            seen.add(key);
            note(what);
        }
    };
    let listed = 0;
    let settledAt: number | undefined;
    for (;;) {
        for (const alert of await prometheus.alerts()) {
            const name = alert.labels["alertname"] ?? "";
            if (isOf(alert, victim)) {
                once(
                    `${name}/${alert.state}`,
                    `${alert.state}: ${name}${alert.state === "firing" ? `, ${alert.annotations["summary"] ?? ""}` : ""}`,
                );
            } else if (alert.state === "firing" && alert.labels["severity"] !== "info") {
                once(name, `also firing: ${name} (${alert.labels["severity"] ?? ""})`);
            }
        }
        const notifications = (await exporter(monitors, "GET", "notifications")) as Notification[];
        for (const notification of notifications.slice(listed)) {
            const alerts = firing(notification);
            if (alerts.length > 0) {
                note(
                    `notified: ${notification.receiver}: ${[...new Set(alerts.map(({ labels }) => labels["alertname"]))].join(", ")}`,
                );
            }
        }
        listed = notifications.length;
        await recovery?.look();
        const arrived = notifications.some((each) =>
            firing(each).some(({ labels }) => labels["alertname"] === victim.expected.alert),
        );
        if (arrived && recovery?.whole !== false) {
            settledAt ??= Date.now();
        }
        // Two rounds of Alertmanager's group interval: whatever else belongs to the fault has come by then.
        const quietMs = ((2 * 300) / scale.factor) * 1000;
        if ((settledAt !== undefined && Date.now() > settledAt + quietMs) || Date.now() > deadline) {
            return notifications;
        }
        await pause(pollMs);
    }
}

/** Whether a drill went as it should. Pure. */
import type { Drill } from "./drills";
import type { Monitors } from "./monitors";
import { firing, type NotifiedAlert, type Notification } from "./notifications";
import type { Victim } from "./victim";

export interface Judgement {
    passed: boolean;
    /** What went wrong, one sentence each. */
    failures: string[];
    /** Notifications that a person would have got, by severity. */
    pages: number;
    warnings: number;
}

function names(alert: NotifiedAlert, what: string): boolean {
    return (
        Object.values(alert.labels).includes(what) ||
        Object.values(alert.annotations).some((text) => text.includes(what))
    );
}

function severities(notification: Notification): Set<string> {
    return new Set(firing(notification).map(({ labels }) => labels["severity"] ?? ""));
}

/**
 * Notifications that bring the alert. A page counts each time: it wakes somebody. A warning counts when it is new: its group is sent again, with all
 * that it holds, when another warning of the same node or job joins.
 */
function arrivals(persons: readonly Notification[], alert: string, severity: string): Notification[] {
    const known = new Set<string>();
    return persons.filter((each) => {
        const found = firing(each).filter(({ labels }) => labels["alertname"] === alert);
        const fresh = found.filter(({ labels, startsAt }) => !known.has(`${startsAt} ${JSON.stringify(labels)}`));
        found.forEach(({ labels, startsAt }) => known.add(`${startsAt} ${JSON.stringify(labels)}`));
        return severity === "warning" ? fresh.length > 0 : found.length > 0;
    });
}

/** `whole` is undefined where the drill expects nothing of the job. */
export function judge(
    drill: Pick<Drill, "names">,
    victim: Pick<Victim, "expected"> & { job: { key: string }; node: { name: string } },
    notifications: readonly Notification[],
    monitors: Pick<Monitors, "added">,
    whole: boolean | undefined,
): Judgement {
    const { alert, severity } = victim.expected;
    // Self-healing gets its own copy of everything; persons are who must get one.
    const persons = notifications.filter(
        ({ receiver }) => receiver !== "remediation" || monitors.added.includes(receiver),
    );
    const withAlert = arrivals(persons, alert, severity);
    const of = (wanted: string): Notification[] => persons.filter((each) => severities(each).has(wanted));
    const failures: string[] = [];
    if (withAlert.length !== 1) {
        failures.push(`${alert} arrived ${withAlert.length.toString()} times; exactly once was expected`);
    }
    const named = drill.names === "node" ? victim.node.name : victim.job.key;
    const [namespace = "", name = ""] = victim.job.key.split("/");
    for (const each of withAlert.flatMap(firing).filter(({ labels }) => labels["alertname"] === alert)) {
        const byLabels =
            drill.names === "job" &&
            each.labels["namespace"] === namespace &&
            (each.labels["job_name"] ?? each.labels["pod"] ?? "").startsWith(name);
        if (!names(each, named) && !byLabels) {
            failures.push(`${alert} does not name ${drill.names} ${named}: ${JSON.stringify(each.labels)}`);
        }
        if (each.labels["severity"] !== severity) {
            failures.push(`${alert} came as ${each.labels["severity"] ?? "nothing"}; ${severity} was expected`);
        }
    }
    const others = new Set(
        persons
            .flatMap(firing)
            .flatMap(({ labels }) =>
                labels["severity"] === "critical" && labels["alertname"] !== alert ? [labels["alertname"] ?? ""] : [],
            ),
    );
    if (others.size > 0) {
        failures.push(`other critical alerts arrived too: ${[...others].join(", ")}`);
    }
    if (whole === false) {
        failures.push(`job ${victim.job.key} is not whole again`);
    }
    return { passed: failures.length === 0, failures, pages: of("critical").length, warnings: of("warning").length };
}

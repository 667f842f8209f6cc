/** docs/alerts.md and docs/runbooks/<Alert>.md, from the rules themselves. */
import { metricCatalog } from "../../catalog/metrics";
import { logClasses } from "../../catalog/log-classes";
import { alertRules } from "../../components/monitoring/rules/build";
import type { Alert } from "../../components/monitoring/rules/rule";
import { ruleSources } from "../../components/monitoring/rules/sources";
import { exampleInfrastructures } from "./example-infrastructures";

const generated =
    "<!-- Generated from components/monitoring/rules. KILOGPU_UPDATE_DOCS=1 npx vitest run test/components/monitoring/docs.test.ts -->";

interface Documented {
    group: string;
    title: string;
    alerts: Alert[];
}

/** Every alert of any example infrastructure, by group. */
export function documentedAlerts(): Documented[] {
    const shipped = new Set(
        Object.values(exampleInfrastructures).flatMap((infrastructure) =>
            alertRules(infrastructure).alerts.map((alert) => alert.name),
        ),
    );
    return ruleSources
        .map((source) => {
            const byName = new Map<string, Alert>();
            for (const infrastructure of Object.values(exampleInfrastructures)) {
                for (const alert of source.alerts?.(infrastructure) ?? []) {
                    if (shipped.has(alert.name) && !byName.has(alert.name)) {
                        byName.set(alert.name, alert);
                    }
                }
            }
            return { group: source.name, title: source.title, alerts: [...byName.values()] };
        })
        .filter((entry) => entry.alerts.length > 0);
}

/** Text without Go's template marks, for people. */
function plain(text: string): string {
    return (
        text
            // What a query in the text finds at the time.
            .replace(/\{\{ with .*\{\{ end \}\}/g, "`<found by query>`")
            .replace(/\{\{ ?\$labels\.(\w+) ?\}\}/g, "`<$1>`")
            .replace(/\{\{ ?\$value[^}]*\}\}/g, "`<value>`")
            .replace(/ ?\{\{xid\}\}/g, "")
    );
}

const cell = (text: string): string => plain(text).replaceAll("|", "\\|");

function timing(alert: Alert): string {
    const parts = [
        alert.for === undefined ? "at once" : `after ${alert.for}`,
        ...(alert.keepFiringFor === undefined ? [] : [`kept for ${alert.keepFiringFor}`]),
    ];
    return parts.join(", ");
}

/** docs/runbooks/<Alert>.md. */
export function runbookPage(alert: Alert, title: string): string {
    return [
        generated,
        "",
        `# ${alert.name}`,
        "",
        `**${alert.severity}**, group ${title}, ${timing(alert)}.`,
        "",
        plain(alert.summary),
        "",
        plain(alert.description),
        "",
        "## What it means",
        "",
        plain(alert.runbook.meaning),
        "",
        "## What to look at",
        "",
        ...alert.runbook.look.map((step) => `- ${step}`),
        "",
        "## What to do",
        "",
        ...alert.runbook.act.map((step, index) => `${(index + 1).toString()}. ${step}`),
        "",
        "## What happens by itself",
        "",
        alert.runbook.healing,
        "",
        "## Rule",
        "",
        "```promql",
        alert.expr,
        "```",
        "",
        "Names are the catalogue's; DCGM 4.6 and later emit some under new ones, and rules are rendered with those.",
        "",
    ].join("\n");
}

/** docs/alerts.md. */
export function alertsPage(): string {
    const groups = documentedAlerts();
    const count = groups.reduce((sum, group) => sum + group.alerts.length, 0);
    return [
        generated,
        "",
        "# Alerts",
        "",
        `${count.toString()} alerts over ${metricCatalog.metrics.length.toString()} metrics. An alert on a metric or label that no deployed exporter produces cannot be built; each has a case in which it fires and one in which it must not (\`npm run test:alerts\`).`,
        "",
        "Thresholds follow from the declaration: GPUs and ports of a node, link rate, PCIe generation, lossless priority, bus bandwidth. They are series (`node:kilogpu_expected_…`) on the declared nodes, so that a cluster without GPUs is silent, and an alert on something that was not declared is left out.",
        "",
        "A node counts once it is Ready and its boot is ten minutes ago. One dead node is one page: `GpuNodeNotReady` inhibits everything else about the node, and alerts of a node or a job are one notification.",
        "",
        "## Loss: two rules, on purpose",
        "",
        "`|loss − moving average| > 3σ` is what people expect, and it masks itself: a jump that lasts enters its own average and deviation within minutes, and from then on it is no anomaly any more. With a patience of four minutes it never fires. `TrainingLossAnomaly` is that rule, as a warning, with one minute of patience and ten of memory.",
        "",
        "`TrainingLossSpike` pages. It compares with the median of half an hour and measures distance in deviations taken from median and lower quartile. A jump upwards reaches the median only when it fills half of the window; the usual quartile range (q75 − q25) would give way when it fills a quarter. `npm run bench` prints false alerts per job-day and detection delay of both, and of the detector in the training pod on the same 320 curves. No log of a public training run was found in a package registry: the sources of tbparse and tensorboard-reducer, which read such logs, have none.",
        "",
        ...groups.flatMap((group) => [
            `## ${group.title}`,
            "",
            "| Alert | Severity | When | Says |",
            "|---|---|---|---|",
            ...group.alerts.map(
                (alert) =>
                    `| [${alert.name}](runbooks/${alert.name}.md) | ${alert.severity} | ${timing(alert)} | ${cell(alert.summary)} |`,
            ),
            "",
        ]),
        "## Log classes",
        "",
        "One table, `catalog/data/log-classes.json`, has what is made of log lines in three places.",
        "",
        "Loki's ruler counts the lines of training pods, of the kernel and of the teams' events by class, and notes when the first of each was written. Error lines without a class are counted and shown.",
        "",
        "Prometheus takes the earliest line of a root class for the beginning of a job's failure (`job:kilogpu_log_root:seconds`, alert `LogRootCause`, first panel of the job dashboard's row of logs). NCCL time-outs and closed connections of other ranks are its echo, also where they were written before it. A kernel line belongs to the job that alone holds the node's GPUs.",
        "",
        "JobSet's failure policy sees a container's exit code and never a line of the log. So the launcher of a TrainingJob reads what its ranks write to standard error, and where a rank was ended by Python (exit code 1) and the first error of the last two minutes is of a class that another start cannot mend, the pod ends with the exit code of the class, and the JobSet for good.",
        "",
        "| Class | Role | To blame | A restart can help | Exit code |",
        "|---|---|---|---|---|",
        ...logClasses.map(
            (entry) =>
                `| ${entry.name} | ${entry.role} | ${entry.blame} | ${entry.restart ? "yes" : "no"} | ${entry.exitCode?.toString() ?? "as the rank's"} |`,
        ),
        "",
    ].join("\n");
}

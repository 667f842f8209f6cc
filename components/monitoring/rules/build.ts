/**
 * From alerts as written to PrometheusRule groups. Every expression is parsed and checked here: a metric that no deployed
 * exporter exports, a label that a series does not have, an annotation that shows a label which is not in the result.
 */
import { deployedName, deployedSince, metricCatalog, seriesLabels } from "../../../catalog/metrics";
import type { MetricCatalog } from "../../../catalog/metrics";
import { deployedVersions } from "../../../catalog/metric-versions";
import type { ExporterVersions } from "../../../catalog/metric-versions";
import type { Infrastructure } from "../infrastructure";
import { inferLabels, parse, selectors } from "../promql";
import type { Inference, Known } from "../promql";
import { expectationNames } from "./recordings";
import { ruleSources } from "./sources";
import type { Alert, Recording, RenderedRule, RuleGroup, RuleSource } from "./rule";

/** What is deployed: which metrics there are, under which names. */
export interface Deployment {
    catalog: MetricCatalog;
    versions: ExporterVersions;
    /** Exporters that run. */
    exporters: readonly string[];
}

/** Everything that the library deploys, at the pinned versions. */
export function defaultDeployment(): Deployment {
    return { catalog: metricCatalog, versions: deployedVersions(), exporters: Object.keys(metricCatalog.exporters) };
}

/** Thrown when a rule or panel would never work. One line for each mistake. */
export class DeadQueryError extends Error {
    constructor(readonly problems: readonly string[]) {
        super(problems.join("\n"));
        this.name = "DeadQueryError";
    }
}

/** Series that Prometheus makes itself. */
const builtIn: { [metric: string]: readonly string[] } = {
    ALERTS: ["alertname", "alertstate", "severity", "node", "namespace", "job_name", "capacity_group"],
};

/** What queries may use: metrics of the deployed exporters and recorded series. */
export class Vocabulary implements Known {
    private readonly metrics = new Map<string, readonly string[]>();
    private readonly recorded = new Map<string, readonly string[]>();
    private readonly names = new Map<string, string>();
    /** Metrics and recorded series that something has asked for. */
    readonly used = new Set<string>();

    constructor(private readonly deployment: Deployment) {
        for (const entry of deployment.catalog.metrics) {
            const version = deployment.versions[entry.exporter];
            if (!deployment.exporters.includes(entry.exporter) || !deployedSince(entry, version)) {
                continue;
            }
            this.metrics.set(entry.name, seriesLabels(entry, deployment.catalog));
            this.names.set(entry.name, deployedName(entry, version));
        }
    }

    labelsOf(name: string): readonly string[] | undefined {
        this.used.add(name);
        return this.metrics.get(name) ?? this.recorded.get(name) ?? builtIn[name];
    }

    /** Makes a recorded series known, with the labels that its expression and the rule give it. */
    learn(recording: Recording): string[] {
        const result = this.check(recording.expr);
        const labels = [...result.labels, ...Object.keys(recording.labels ?? {})];
        this.recorded.set(recording.record, [...new Set([...(this.recorded.get(recording.record) ?? []), ...labels])]);
        return result.problems.map((problem) => `recording ${recording.record} ${this.remedied(problem)}`);
    }

    /** Labels of an expression's result, and what is wrong with it. */
    check(expression: string): Inference {
        try {
            return inferLabels(parse(expression), this);
        } catch (error) {
            return { labels: new Set(), problems: [`does not parse: ${(error as Error).message}`], scalar: false };
        }
    }

    /**
     * Whether the expression compares with something that was not declared: a bandwidth that nobody published, PCIe where NVLink-C2C
     * is. There is nothing to compare with then, and the alert or panel is left out.
     */
    undeclared(expression: string): boolean {
        return expectationNames.some((name) => !this.recorded.has(name) && expression.includes(name));
    }

    /** The expression with the names under which the deployed exporters emit the metrics. */
    deployed(expression: string): string {
        const found = selectors(parse(expression))
            .filter((selector) => (this.names.get(selector.metric) ?? selector.metric) !== selector.metric)
            .sort((a, b) => b.at - a.at);
        return found.reduce(
            (text, selector) =>
                text.slice(0, selector.at) +
                (this.names.get(selector.metric) ?? selector.metric) +
                text.slice(selector.at + selector.metric.length),
            expression,
        );
    }

    /** A problem with what would mend it. */
    remedied(problem: string): string {
        const name = /^uses (\S+), which/.exec(problem)?.[1];
        if (name === undefined) {
            return problem;
        }
        const entry = this.deployment.catalog.metrics.find((candidate) => candidate.name === name);
        if (entry === undefined) {
            return `${problem}; add it to catalog/data/metrics.json`;
        }
        return entry.since === undefined
            ? `${problem}; deploy the ${entry.exporter} exporter`
            : `${problem}; deploy ${entry.exporter} ${entry.since} or later`;
    }
}

/** The rules of an infrastructure, and the vocabulary that dashboards can use after them. */
export interface BuiltRules {
    groups: RuleGroup[];
    alerts: Alert[];
    vocabulary: Vocabulary;
}

/**
 * All rule groups of an infrastructure. Pure.
 *
 * @throws DeadQueryError for every rule that could never fire.
 */
export function alertRules(
    infrastructure: Infrastructure,
    deployment: Deployment = defaultDeployment(),
    sources: readonly RuleSource[] = ruleSources,
): BuiltRules {
    const vocabulary = new Vocabulary(deployment);
    const problems: string[] = [];
    const groups: RuleGroup[] = [];
    const all: Alert[] = [];
    for (const source of sources) {
        const recordings = source.recordings?.(infrastructure) ?? [];
        problems.push(...recordings.flatMap((recording) => vocabulary.learn(recording)));
        const alerts = (source.alerts?.(infrastructure) ?? []).filter((alert) => !vocabulary.undeclared(alert.expr));
        problems.push(...alerts.flatMap((alert) => alertProblems(alert, vocabulary)));
        all.push(...alerts);
        if (problems.length === 0 && recordings.length + alerts.length > 0) {
            groups.push({
                name: `kilogpu.${source.name}`,
                interval: source.interval ?? "1m",
                rules: [
                    ...recordings.map((recording) => renderRecording(recording, vocabulary)),
                    ...alerts.map((alert) => renderAlert(alert, source.name, infrastructure, vocabulary)),
                ],
            });
        }
    }
    if (problems.length > 0) {
        throw new DeadQueryError(problems);
    }
    return { groups, alerts: all, vocabulary };
}

function alertProblems(alert: Alert, vocabulary: Vocabulary): string[] {
    const result = vocabulary.check(alert.expr);
    const shown = [...`${alert.summary} ${alert.description}`.matchAll(/\$labels\.([a-zA-Z_]\w*)/g)].map(
        (match) => match[1] ?? "",
    );
    const absent = result.problems.length > 0 ? [] : shown.filter((label) => !result.labels.has(label));
    return [
        ...result.problems.map((problem) => `alert ${alert.name} ${vocabulary.remedied(problem)}`),
        ...absent.map(
            (label) =>
                `alert ${alert.name} shows label ${label}, which its result does not have (${[...result.labels].join(", ")})`,
        ),
    ];
}

function renderRecording(recording: Recording, vocabulary: Vocabulary): RenderedRule {
    return {
        record: recording.record,
        expr: vocabulary.deployed(recording.expr),
        ...(recording.labels === undefined ? {} : { labels: recording.labels }),
    };
}

function renderAlert(
    alert: Alert,
    group: string,
    infrastructure: Infrastructure,
    vocabulary: Vocabulary,
): RenderedRule {
    return {
        alert: alert.name,
        expr: vocabulary.deployed(alert.expr),
        ...(alert.for === undefined ? {} : { for: alert.for }),
        ...(alert.keepFiringFor === undefined ? {} : { keep_firing_for: alert.keepFiringFor }),
        labels: { severity: alert.severity, kilogpu_group: group },
        annotations: {
            summary: alert.summary,
            description: alert.description,
            runbook_url: `${infrastructure.runbookBase}${alert.name}.md`,
        },
    };
}

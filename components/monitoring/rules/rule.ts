/** What an alert and a recording rule are before they become a PrometheusRule. */
import type { Infrastructure } from "../infrastructure";

/** How soon somebody has to look. `critical` pages, `warning` is read the same day, `info` is for dashboards and autoscalers. */
export type Severity = "critical" | "warning" | "info";

/** What a person does about an alert; becomes docs/runbooks/<alert>.md. */
export interface Runbook {
    /** What it means for a running job. */
    meaning: string;
    /** What to look at, one command or panel an entry. */
    look: string[];
    /** What to do, in order. */
    act: string[];
    /** What happens by itself. */
    healing: string;
}

/** One alert. Names of metrics and labels are those of the catalogue; deployed names are put in when rules are rendered. */
export interface Alert {
    name: string;
    severity: Severity;
    expr: string;
    /** How long it must hold. Absent: it fires at once. */
    for?: string;
    keepFiringFor?: string;
    /** With `{{ $labels.x }}` of labels that the expression's result has; a test checks that. */
    summary: string;
    /** With the value: `{{ $value }}`. */
    description: string;
    runbook: Runbook;
}

/** One recorded series. */
export interface Recording {
    record: string;
    expr: string;
    labels?: { [label: string]: string };
    /** What it is, with unit. */
    help: string;
}

/** Rules that are evaluated together. */
export interface RuleSource {
    /** kebab-case, without prefix. */
    name: string;
    title: string;
    /** How often it is evaluated; `1m` where absent. */
    interval?: string;
    recordings?: (infrastructure: Infrastructure) => Recording[];
    alerts?: (infrastructure: Infrastructure) => Alert[];
}

/** A rule of a PrometheusRule object. */
export interface RenderedRule {
    alert?: string;
    record?: string;
    expr: string;
    for?: string;
    keep_firing_for?: string;
    labels?: { [label: string]: string };
    annotations?: { [name: string]: string };
}

/** A group of a PrometheusRule object. */
export interface RuleGroup {
    name: string;
    interval: string;
    rules: RenderedRule[];
}

/**
 * Reader of the metric catalogue: every metric that kilogpu reads, with the exporter it comes from and what makes that exporter
 * emit it. Exporter configuration, rules, dashboards and rule tests are generated from these entries and from nothing else.
 */
import data from "./data/metrics.json";
import { compareReleaseVersions } from "./metric-versions";
import type { Source } from "./types";
import { unknownName } from "./unknown-name";

/** What makes an exporter emit a metric. Exactly one of the properties is there (`metricLabels` accompanies `resource`). */
export interface MetricSwitch {
    /** It is emitted by the exporter as deployed, without a switch. */
    always?: boolean;
    /** A line of the DCGM exporter's counters file. */
    counter?: boolean;
    /** A collector of the node exporter. */
    collector?: string;
    /** Statistic of the ethtool collector, as the driver names it. */
    statistic?: string;
    /** A resource that kube-state-metrics watches, in plural. */
    resource?: string;
    /** Object labels that kube-state-metrics has to be allowed, by resource. */
    metricLabels?: { [resource: string]: string[] };
    /** A custom resource in kube-state-metrics' custom-resource state. */
    customResource?: string;
    /** A setting of the controller. */
    setting?: string;
    /** Folder of text files below the node exporter's. */
    textfile?: string;
    /** Recorded by Loki's ruler. */
    ruler?: boolean;
}

/** One metric. */
export interface Metric {
    name: string;
    exporter: string;
    /** A gauge may be called a counter by its exporter; this is what it behaves like. */
    type: "gauge" | "counter" | "histogram" | "untyped";
    unit: string;
    /** Labels that the exporter sets; those of the scrape are the exporter's. */
    labels: string[];
    enable: MetricSwitch;
    /** First version of the exporter that has it. */
    since?: string;
    /** Another name from a version of the exporter on. */
    renamed?: { since: string; name: string };
    help: string;
    /** Key of the source. */
    source: string;
}

/** One exporter. */
export interface Exporter {
    title: string;
    /** Name in the release catalogue, where its version decides what it exports. */
    release?: string;
    /** How often it is scraped, seconds. */
    intervalSeconds: number;
    /** Labels that the scrape adds, after relabeling. */
    labels: string[];
    note?: string;
}

/** The catalogue as one value, so that a test can take a metric out and see what breaks. */
export interface MetricCatalog {
    sources: { [key: string]: Source };
    exporters: { [name: string]: Exporter };
    metrics: Metric[];
}

/** The shipped catalogue. */
export const metricCatalog = data as unknown as MetricCatalog;

/**
 * The metric by its catalogue name.
 *
 * @throws UnknownNameError `unknown metric DCGM_FI_DEV_FB_TOTAL, did you mean …?`
 */
export function metric(name: string, catalog: MetricCatalog = metricCatalog): Metric {
    const entry = catalog.metrics.find((candidate) => candidate.name === name);
    if (entry === undefined) {
        throw unknownName(
            "metric",
            name,
            catalog.metrics.map((candidate) => candidate.name),
        );
    }
    return entry;
}

/** Metrics of one exporter, in the order of the file. */
export function metricsOf(exporter: string, catalog: MetricCatalog = metricCatalog): Metric[] {
    return catalog.metrics.filter((entry) => entry.exporter === exporter);
}

/** Every label of a metric's series: the exporter's own and those that the scrape adds. */
export function seriesLabels(entry: Metric, catalog: MetricCatalog = metricCatalog): string[] {
    return [...new Set([...entry.labels, ...(catalog.exporters[entry.exporter]?.labels ?? []), "job", "instance"])];
}

/** The name under which a version of the exporter emits the metric. */
export function deployedName(entry: Metric, exporterVersion: string | undefined): string {
    if (entry.renamed === undefined || exporterVersion === undefined) {
        return entry.name;
    }
    return compareReleaseVersions(exporterVersion, entry.renamed.since) >= 0 ? entry.renamed.name : entry.name;
}

/** Whether a version of the exporter has the metric; an unknown version is taken to have it. */
export function deployedSince(entry: Metric, exporterVersion: string | undefined): boolean {
    return (
        entry.since === undefined ||
        exporterVersion === undefined ||
        compareReleaseVersions(exporterVersion, entry.since) >= 0
    );
}

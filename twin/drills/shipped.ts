/**
 * The rules, relabelings and routes that an environment ships, as its program asked for them: PrometheusRule and ServiceMonitor objects of the
 * cluster (or of the twin's record, where the operator's kinds are only recorded), and the configuration in the kube-prometheus-stack release.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { ApiClient } from "../control-plane";
import { isNotFound } from "../control-plane";
import { CloudStore } from "../providers/cloud-store";
import { chartName, releaseType, textOf } from "../providers/kubernetes/releases";
import { isObject } from "../providers/runtime/values";
import { scaleDuration, scaleExpression, type TimeScale } from "./time-scale";

/** One rule as PrometheusRule objects and rule files have it. */
export interface Rule {
    alert?: string;
    record?: string;
    expr: string;
    for?: string;
    keep_firing_for?: string;
    labels?: { [label: string]: string };
    annotations?: { [name: string]: string };
}

export interface RuleGroup {
    name: string;
    interval?: string;
    rules: Rule[];
}

/** A route of Alertmanager. */
export interface Route {
    receiver?: string;
    matchers?: string[];
    routes?: Route[];
    [field: string]: unknown;
}

/** Alertmanager's configuration. */
export interface AlertmanagerConfig {
    route?: Route;
    receivers?: { name: string; [kind: string]: unknown }[];
    inhibit_rules?: unknown[];
    [section: string]: unknown;
}

export interface Shipped {
    groups: RuleGroup[];
    alertmanager: AlertmanagerConfig;
    /** metric_relabel_configs of the DCGM exporter's scrape. */
    dcgmRelabelings: { [field: string]: unknown }[];
    /** Where the rules were found, for the output. */
    origin: string;
}

/** Files that stand in for what the environment ships. */
export interface Overrides {
    /** A rule file: `groups:` as promtool checks it. */
    rules?: string;
    /** A configuration of Alertmanager. */
    alertmanager?: string;
}

/** The environment has no rules; the message says what to do. */
export class NoRulesError extends Error {
    constructor(environment: string) {
        super(
            `"${environment}" ships no alert rules: its program has no Monitoring. Add it and run kilogpu twin up ${environment}, or give a rule file with --rules.`,
        );
        this.name = "NoRulesError";
    }
}

const monitoringApi = "monitoring.coreos.com/v1";

async function objectsOf(environment: string, api: ApiClient, kind: string): Promise<{ [field: string]: unknown }[]> {
    try {
        const { items } = await api.list(monitoringApi, kind);
        if (items.length > 0) {
            return items;
        }
    } catch (error) {
        if (!isNotFound(error)) {
            throw error;
        }
    }
    return new CloudStore(environment, "kubernetes")
        .ofType(`kubernetes:${monitoringApi}:${kind}`)
        .map(({ inputs }) => inputs);
}

function specOf(object: { [field: string]: unknown }): { [field: string]: unknown } {
    return isObject(object["spec"]) ? object["spec"] : {};
}

function stackConfig(environment: string): AlertmanagerConfig | undefined {
    for (const { inputs } of new CloudStore(environment, "kubernetes").ofType(releaseType)) {
        const values = inputs["values"];
        if (chartName(textOf(inputs["chart"])) === "kube-prometheus-stack" && isObject(values)) {
            const section = values["alertmanager"];
            return isObject(section) && isObject(section["config"]) ? section["config"] : undefined;
        }
    }
    return undefined;
}

/** Field names of the operator's objects in the form of Prometheus' own configuration. */
function snakeCase(object: { [field: string]: unknown }): { [field: string]: unknown } {
    return Object.fromEntries(
        Object.entries(object).map(([field, value]) => [
            field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            value,
        ]),
    );
}

async function dcgmRelabelings(environment: string, api: ApiClient): Promise<{ [field: string]: unknown }[]> {
    for (const monitor of await objectsOf(environment, api, "ServiceMonitor")) {
        const metadata = monitor["metadata"];
        if (isObject(metadata) && /dcgm/.test(textOf(metadata["name"]))) {
            const endpoints = specOf(monitor)["endpoints"] as
                { metricRelabelings?: { [field: string]: unknown }[] }[] | undefined;
            return (endpoints?.[0]?.metricRelabelings ?? []).map(snakeCase);
        }
    }
    return [];
}

/**
 * Reads it.
 *
 * @throws NoRulesError where there are none.
 */
export async function readShipped(environment: string, api: ApiClient, overrides: Overrides): Promise<Shipped> {
    const alertmanager =
        overrides.alertmanager === undefined
            ? (stackConfig(environment) ?? {})
            : (parse(readFileSync(overrides.alertmanager, "utf8")) as AlertmanagerConfig);
    const relabelings = await dcgmRelabelings(environment, api);
    if (overrides.rules !== undefined) {
        const { groups } = parse(readFileSync(overrides.rules, "utf8")) as { groups: RuleGroup[] };
        return { groups, alertmanager, dcgmRelabelings: relabelings, origin: overrides.rules };
    }
    const objects = await objectsOf(environment, api, "PrometheusRule");
    const groups = objects.flatMap((object) => (specOf(object)["groups"] ?? []) as RuleGroup[]);
    if (groups.length === 0) {
        throw new NoRulesError(environment);
    }
    return {
        groups,
        alertmanager,
        dcgmRelabelings: relabelings,
        origin: `${objects.length.toString()} PrometheusRule objects`,
    };
}

/** The groups in drill time. */
export function scaleGroups(groups: readonly RuleGroup[], { factor, scrapeSeconds }: TimeScale): RuleGroup[] {
    return groups.map((group) => ({
        ...group,
        // More often than there are samples would show nothing new, and two cores could not do it.
        interval: `${Math.max(scrapeSeconds * 1000, Number.parseInt(scaleDuration(group.interval ?? "1m", factor), 10)).toString()}ms`,
        rules: group.rules.map((rule) => ({
            ...rule,
            expr: scaleExpression(rule.expr, factor),
            ...(rule.for === undefined ? {} : { for: scaleDuration(rule.for, factor) }),
            ...(rule.keep_firing_for === undefined
                ? {}
                : { keep_firing_for: scaleDuration(rule.keep_firing_for, factor) }),
        })),
    }));
}

const waits = ["group_wait", "group_interval", "repeat_interval"];

function scaleRoute(route: Route, factor: number): Route {
    return {
        ...route,
        ...Object.fromEntries(
            waits.flatMap((wait) =>
                typeof route[wait] === "string" ? [[wait, scaleDuration(route[wait], factor)]] : [],
            ),
        ),
        ...(route.routes === undefined ? {} : { routes: route.routes.map((each) => scaleRoute(each, factor)) }),
    };
}

function hasRouteFor(route: Route, severity: string): boolean {
    return (
        route.matchers?.some((matcher) => matcher.replaceAll(" ", "") === `severity="${severity}"`) === true ||
        (route.routes ?? []).some((each) => hasRouteFor(each, severity))
    );
}

/** Alertmanager's configuration in drill time, and who reads what. */
export interface Routing {
    config: AlertmanagerConfig;
    /** Receivers that were added because the environment sends that severity to nobody. */
    added: string[];
}

/**
 * Routes, waits and inhibitions as shipped; every receiver's webhook goes to the recorder. A severity that the environment sends to nobody gets a
 * receiver of the drill's, so that the drill can tell whether it would have arrived.
 */
export function routingFor(config: AlertmanagerConfig, recorder: string, factor: number): Routing {
    const route = scaleRoute({ receiver: "nobody", ...config.route }, factor);
    // Alertmanager's own defaults are durations of life too.
    for (const [wait, life] of [
        ["group_wait", "30s"],
        ["group_interval", "5m"],
        ["repeat_interval", "4h"],
    ] as const) {
        route[wait] ??= scaleDuration(life, factor);
    }
    const added = ["critical", "warning"]
        .filter((severity) => !hasRouteFor(route, severity))
        .map((severity) => `drill-${severity}`);
    const names = [...new Set(["nobody", ...(config.receivers ?? []).map(({ name }) => name), ...added])];
    const silent = new Set(
        (config.receivers ?? []).filter((receiver) => Object.keys(receiver).length === 1).map(({ name }) => name),
    );
    silent.add("nobody");
    return {
        config: {
            ...config,
            global: { resolve_timeout: scaleDuration("5m", factor) },
            route: {
                ...route,
                routes: [
                    ...(route.routes ?? []),
                    ...added.map((receiver) => ({
                        receiver,
                        matchers: [`severity="${receiver.slice("drill-".length)}"`],
                    })),
                ],
            },
            receivers: names.map((name) =>
                silent.has(name)
                    ? { name }
                    : {
                          name,
                          webhook_configs: [
                              { url: `${recorder}/notify/${encodeURIComponent(name)}`, send_resolved: true },
                          ],
                      },
            ),
        },
        added,
    };
}

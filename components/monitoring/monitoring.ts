/** Metrics, alerts, dashboards and logs of the cluster, generated from what was declared. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { poolTolerations } from "../gpu-operator/values";
import { installChart, securedNamespace } from "../helm-chart";
import { refuse } from "../input";
import { checkMonitoring } from "./check";
import { dashboards } from "./dashboards";
import { createEfaReader } from "./efa-counters";
import { standaloneExporterValues } from "./exporters/dcgm";
import { groupFacts } from "./infrastructure";
import type { Infrastructure } from "./infrastructure";
import { installLogs } from "./log-collection";
import { createWorkspace } from "./managed-prometheus";
import { GpuExporter } from "./monitoring-args";
import type { MonitoringArgs } from "./monitoring-args";
import { namespaceName } from "./names";
import { alertRules } from "./rules/build";
import type { BuiltRules } from "./rules/build";
import { scrapeObjects } from "./scrapes";
import { monitoringSize } from "./sizing";
import type { MonitoringSize } from "./sizing";
import { anyReceiver, receiversSecret } from "./values/alertmanager";
import type { Receivers } from "./values/alertmanager";
import { stackValues } from "./values/prometheus";

const runbooks = "https://github.com/kilogpu/kilogpu/blob/main/docs/runbooks/";

/** What rules, dashboards and sizes of these arguments are derived from. Pure. */
export function monitoredInfrastructure(args: MonitoringArgs): {
    infrastructure: Infrastructure;
    size: MonitoringSize;
} {
    const groups = groupFacts(args.pools, args.fabric.groups);
    const size = monitoringSize(groups, args.retentionDays ?? 15);
    const infrastructure = {
        groups,
        losslessPriority: args.losslessPriority ?? 3,
        queues: args.queues?.teams.map((team) => team.name) ?? [],
        runbookBase: args.runbookBase ?? runbooks,
        plannedSeries: size.series,
        checkpointSeconds: args.checkpointSeconds ?? 60,
        trainJobStatus: args.trainJobStatus ?? false,
    };
    return { infrastructure, size };
}

/**
 * Prometheus, Alertmanager and Grafana (kube-prometheus-stack), the exporters' configuration, alerts, dashboards, and Loki with
 * Alloy. Prometheus is sized from the number of GPUs; every threshold that a declaration can give comes from it.
 *
 * The CRDs of the Prometheus operator are a release of their own and come first.
 */
export class Monitoring extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:Monitoring";

    /** What Prometheus was sized for. */
    readonly size: MonitoringSize;
    /** Number of alerts. */
    readonly alerts: number;
    /** Address of Prometheus inside the cluster, once it runs. */
    readonly prometheusUrl: pulumi.Output<string>;
    /** Address of Grafana inside the cluster, once it runs. */
    readonly grafanaUrl: pulumi.Output<string>;

    constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`Monitoring "${name}"`, checkMonitoring(args));
        // In the component's own state the addresses are secret too.
        super(
            Monitoring.__pulumiType,
            name,
            { ...args, ...(args.receivers === undefined ? {} : { receivers: pulumi.secret(args.receivers) }) },
            opts,
        );
        const receivers = receiversOf(args);
        if (!receivers.page) {
            void pulumi.log.warn(
                "No alert wakes anybody: receivers has no address for pages, so that alerts show in Grafana only. Give receivers.pageUrl, or " +
                    "receivers.secret with the name of a Secret that holds it.",
                this,
            );
        }
        const { infrastructure, size } = monitoredInfrastructure(args);
        const rules = alertRules(infrastructure);
        // Node exporter needs the host's network and root; its namespace cannot be restricted.
        const namespace = securedNamespace(`${name}-namespace`, namespaceName, "privileged", {}, { parent: this });
        const crds = installChart(
            `${name}-crds`,
            {
                release: "prometheus-operator-crds",
                namespace: namespace.metadata.name,
                values: {},
                chartMirror: args.chartMirror,
                imageMirror: args.imageMirror,
            },
            { parent: this },
        );
        const stack = installStack(name, args, receivers, size, namespace, crds, this);
        const inCluster = { parent: this, dependsOn: [stack] };
        createRules(name, rules, namespace, inCluster);
        createScrapes(name, args, namespace, inCluster);
        createDashboards(name, rules, infrastructure, namespace, this);
        if (args.gpuExporter === GpuExporter.Standalone) {
            installGpuExporter(name, args, crds, this);
        }
        if (args.pools.some((pool) => pool.efaPerNode > 0)) {
            createEfaReader(name, args, namespace, this);
        }
        if (args.logs !== false) {
            installLogs(name, args, size, namespace, inCluster);
        }
        this.size = size;
        this.alerts = rules.alerts.length;
        const service = (suffix: string): pulumi.Output<string> =>
            stack.status.apply(() => `http://kube-prometheus-stack-${suffix}.${namespaceName}.svc`);
        this.prometheusUrl = pulumi.interpolate`${service("prometheus")}:9090`;
        this.grafanaUrl = service("grafana");
        this.registerOutputs({
            size: this.size,
            alerts: this.alerts,
            prometheusUrl: this.prometheusUrl,
            grafanaUrl: this.grafanaUrl,
        });
    }
}

/** Which receivers there are. */
function receiversOf(args: MonitoringArgs): Receivers {
    const { secret, secretKeys, pageUrl, warningUrl, remediationUrl } = args.receivers ?? {};
    const keys = secretKeys ?? ["page"];
    const has = (key: string, url: unknown): boolean => (secret === undefined ? url !== undefined : keys.includes(key));
    return {
        page: has("page", pageUrl),
        warning: has("warning", warningUrl),
        remediation: has("remediation", remediationUrl),
        ...(secret === undefined ? {} : { secret }),
    };
}

function installStack(
    name: string,
    args: MonitoringArgs,
    receivers: Receivers,
    size: MonitoringSize,
    namespace: k8s.core.v1.Namespace,
    crds: k8s.helm.v3.Release,
    parent: pulumi.Resource,
): k8s.helm.v3.Release {
    const dependsOn: pulumi.Resource[] = [crds];
    if (anyReceiver(receivers) && receivers.secret === undefined) {
        dependsOn.push(receiverSecret(name, args, namespace, parent));
    }
    const managed =
        args.managedPrometheus === undefined ? undefined : createWorkspace(name, args.managedPrometheus, parent);
    return installChart(
        `${name}-stack`,
        {
            release: "kube-prometheus-stack",
            namespace: namespace.metadata.name,
            values: stackValues({
                size,
                receivers,
                logs: args.logs !== false,
                cluster: args.managedPrometheus?.clusterName ?? pulumi.getStack(),
                ...(args.storageClass === undefined ? {} : { storageClass: args.storageClass }),
                ...(args.remoteWriteUrl === undefined ? {} : { remoteWriteUrl: args.remoteWriteUrl }),
                ...(managed === undefined ? {} : { managed }),
            }),
            userValues: args.values,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
            timeoutSeconds: 900,
        },
        { parent, dependsOn },
    );
}

function receiverSecret(
    name: string,
    args: MonitoringArgs,
    namespace: k8s.core.v1.Namespace,
    parent: pulumi.Resource,
): k8s.core.v1.Secret {
    const { pageUrl, warningUrl, remediationUrl } = args.receivers ?? {};
    return new k8s.core.v1.Secret(
        `${name}-receivers`,
        {
            metadata: { name: receiversSecret, namespace: namespace.metadata.name },
            stringData: pulumi.secret({
                ...(pageUrl === undefined ? {} : { page: pageUrl }),
                ...(warningUrl === undefined ? {} : { warning: warningUrl }),
                ...(remediationUrl === undefined ? {} : { remediation: remediationUrl }),
            }),
        },
        { parent },
    );
}

function createRules(
    name: string,
    rules: BuiltRules,
    namespace: k8s.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
): void {
    for (const group of rules.groups) {
        const suffix = group.name.replace(/^kilogpu\./, "");
        new k8s.apiextensions.CustomResource(
            `${name}-rules-${suffix}`,
            {
                apiVersion: "monitoring.coreos.com/v1",
                kind: "PrometheusRule",
                metadata: { name: `kilogpu-${suffix}`, namespace: namespace.metadata.name },
                spec: { groups: [group] },
            },
            opts,
        );
    }
}

function createScrapes(
    name: string,
    args: MonitoringArgs,
    namespace: k8s.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
): void {
    const objects = scrapeObjects({
        standaloneGpuExporter: args.gpuExporter === GpuExporter.Standalone,
        trainingPort: args.trainingMetricsPort ?? 9400,
    });
    for (const object of objects) {
        new k8s.apiextensions.CustomResource(
            `${name}-${object.name}`,
            {
                apiVersion: object.apiVersion,
                kind: object.kind,
                metadata: { name: object.name, namespace: namespace.metadata.name },
                spec: object.spec,
            },
            opts,
        );
    }
}

function createDashboards(
    name: string,
    rules: BuiltRules,
    infrastructure: Infrastructure,
    namespace: k8s.core.v1.Namespace,
    parent: pulumi.Resource,
): void {
    for (const dashboard of dashboards(infrastructure, rules.vocabulary)) {
        new k8s.core.v1.ConfigMap(
            `${name}-dashboard-${dashboard.name}`,
            {
                metadata: {
                    name: `kilogpu-dashboard-${dashboard.name}`,
                    namespace: namespace.metadata.name,
                    labels: { grafana_dashboard: "1" },
                },
                data: { [`kilogpu-${dashboard.name}.json`]: dashboard.json },
            },
            { parent },
        );
    }
}

function installGpuExporter(
    name: string,
    args: MonitoringArgs,
    crds: k8s.helm.v3.Release,
    parent: pulumi.Resource,
): void {
    const namespace = securedNamespace(`${name}-gpu-exporter`, "gpu-operator", "privileged", {}, { parent });
    installChart(
        `${name}-dcgm-exporter`,
        {
            release: "dcgm-exporter",
            namespace: namespace.metadata.name,
            values: standaloneExporterValues(poolTolerations(args.pools)),
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        { parent, dependsOn: [crds] },
    );
}

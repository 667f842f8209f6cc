/** Values of the kube-prometheus-stack chart. Pure, but for the addresses that AWS gives. */
import type * as pulumi from "@pulumi/pulumi";
import { findRelease } from "../../../catalog/releases";
import type { ChartValues } from "../../helm-chart";
import { kubeStateMetricsValues } from "../exporters/kube-state-metrics";
import { nodeExporterArguments } from "../exporters/node";
import { namespaceName } from "../names";
import type { MonitoringSize } from "../sizing";
import { alertmanagerConfig, anyReceiver, receiversSecret } from "./alertmanager";
import type { Receivers } from "./alertmanager";

/** What the values depend on. */
export interface StackOptions {
    size: MonitoringSize;
    receivers: Receivers;
    storageClass?: string;
    remoteWriteUrl?: string;
    /** Remote write address of an AWS managed Prometheus workspace, and its region. */
    managed?: { url: pulumi.Input<string>; region: string };
    /** Whether Loki is a data source of Grafana. */
    logs: boolean;
    /** What other homes of the series call this cluster. */
    cluster: pulumi.Input<string>;
}

/** Name of Prometheus' ServiceAccount: pod identity is bound to it. */
export const prometheusServiceAccount = "kube-prometheus-stack-prometheus";

/** Two, each with everything: one may be on a node that is drained. */
export const prometheusReplicas = 2;

/** Address of one replica: the operator's StatefulSet is called after the Prometheus object, its headless Service prometheus-operated. */
export function prometheusReplica(index: number): string {
    return `prometheus-kube-prometheus-stack-prometheus-${index.toString()}.prometheus-operated.${namespaceName}.svc`;
}

function claim(gibibytes: number, storageClass: string | undefined): ChartValues {
    return {
        volumeClaimTemplate: {
            spec: {
                accessModes: ["ReadWriteOnce"],
                ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
                resources: { requests: { storage: `${gibibytes.toString()}Gi` } },
            },
        },
    };
}

function remoteWrites(options: StackOptions): ChartValues[] {
    const queue = { maxSamplesPerSend: 2000, capacity: 20_000, maxShards: 50 };
    return [
        ...(options.remoteWriteUrl === undefined ? [] : [{ url: options.remoteWriteUrl, queueConfig: queue }]),
        ...(options.managed === undefined
            ? []
            : [{ url: options.managed.url, sigv4: { region: options.managed.region }, queueConfig: queue }]),
    ];
}

/** The values. */
export function stackValues(options: StackOptions): ChartValues {
    const { size } = options;
    const anySelector = { matchLabels: {} };
    return {
        // The CRDs are a release of their own, so that whoever ships a ServiceMonitor can come first.
        crds: { enabled: false },
        // EKS shows none of these; on bare metal they listen on the node itself.
        kubeEtcd: { enabled: false },
        kubeControllerManager: { enabled: false },
        kubeScheduler: { enabled: false },
        kubeProxy: { enabled: false },
        prometheus: {
            prometheusSpec: {
                replicas: prometheusReplicas,
                retention: `${size.retentionDays.toString()}d`,
                // Below the disk's size, so that an unexpected growth shortens the past and does not stop the present.
                retentionSize: `${Math.floor(size.storageGib * 0.85).toString()}GiB`,
                scrapeInterval: "30s",
                evaluationInterval: "30s",
                // By these two labels AWS managed Prometheus, Mimir and Thanos keep one of the replicas' copies; without them every series
                // is stored and paid twice.
                replicaExternalLabelName: "__replica__",
                externalLabels: { cluster: options.cluster },
                enableFeatures: ["memory-snapshot-on-shutdown"],
                resources: {
                    requests: {
                        cpu: Math.max(1, Math.ceil(size.series / 500_000)).toString(),
                        memory: `${size.memoryGib.toString()}Gi`,
                    },
                    limits: { memory: `${Math.ceil(size.memoryGib * 1.25).toString()}Gi` },
                },
                storageSpec: claim(size.storageGib, options.storageClass),
                ruleSelector: anySelector,
                ruleSelectorNilUsesHelmValues: false,
                serviceMonitorSelectorNilUsesHelmValues: false,
                podMonitorSelectorNilUsesHelmValues: false,
                scrapeConfigSelectorNilUsesHelmValues: false,
                // The Loki ruler writes what it has counted in the logs.
                enableRemoteWriteReceiver: options.logs,
                ...(remoteWrites(options).length === 0 ? {} : { remoteWrite: remoteWrites(options) }),
            },
        },
        alertmanager: {
            config: alertmanagerConfig(options.receivers),
            alertmanagerSpec: {
                replicas: 3,
                storage: claim(2, options.storageClass),
                ...(anyReceiver(options.receivers) ? { secrets: [options.receivers.secret ?? receiversSecret] } : {}),
            },
        },
        grafana: {
            defaultDashboardsEnabled: true,
            sidecar: {
                dashboards: { enabled: true, label: "grafana_dashboard", labelValue: "1", searchNamespace: "ALL" },
            },
            "grafana.ini": {
                analytics: { reporting_enabled: false, check_for_updates: false },
                users: { viewers_can_edit: false },
            },
            ...(options.logs
                ? {
                      additionalDataSources: [
                          {
                              name: "Loki",
                              type: "loki",
                              uid: "loki",
                              access: "proxy",
                              url: "http://loki-gateway.monitoring.svc",
                          },
                      ],
                  }
                : {}),
        },
        "kube-state-metrics": kubeStateMetricsValues(),
        "prometheus-node-exporter": nodeExporterValues(),
    };
}

function nodeExporterValues(): ChartValues {
    const pinned = findRelease("node-exporter");
    return {
        ...(pinned === undefined ? {} : { image: { tag: pinned.version } }),
        hostRootFsMount: { enabled: true, mountPropagation: "HostToContainer" },
        extraArgs: nodeExporterArguments("/host/root"),
        tolerations: [{ operator: "Exists" }],
        prometheus: {
            monitor: {
                interval: "15s",
                relabelings: [
                    { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node", action: "replace" },
                ],
                // NCCL Inspector writes its own label node; the scrape's is the Kubernetes name.
                honorLabels: false,
            },
        },
    };
}

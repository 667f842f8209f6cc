/** Loki, the rules of its ruler, and Alloy: on each node for its pods and kernel, and once for the events of jobs. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { installChart } from "../helm-chart";
import { lokiRuleGroups } from "./logs/rules";
import type { MonitoringArgs } from "./monitoring-args";
import type { MonitoringSize } from "./sizing";
import { alloyEventsValues, alloyValues, eventsRelease } from "./values/alloy";
import { logStorageGib, lokiRulesConfig, lokiValues } from "./values/logs";

/** Installs all; the rules come first. */
export function installLogs(
    name: string,
    args: MonitoringArgs,
    size: MonitoringSize,
    namespace: k8s.core.v1.Namespace,
    opts: pulumi.CustomResourceOptions,
): void {
    const retentionDays = args.logRetentionDays ?? 14;
    const rules = new k8s.core.v1.ConfigMap(
        `${name}-log-classes`,
        {
            metadata: { name: lokiRulesConfig, namespace: namespace.metadata.name },
            // YAML reads JSON.
            data: { "log-classes.yaml": JSON.stringify(lokiRuleGroups(), undefined, 2) },
        },
        { parent: opts.parent },
    );
    const loki = installChart(
        `${name}-loki`,
        {
            release: "loki",
            namespace: namespace.metadata.name,
            values: lokiValues({
                retentionDays,
                nodes: size.nodes,
                storageGib: logStorageGib(size.nodes, retentionDays),
                ...(args.storageClass === undefined ? {} : { storageClass: args.storageClass }),
            }),
            userValues: args.lokiValues,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        { parent: opts.parent, dependsOn: [rules] },
    );
    const onNodes = installChart(
        `${name}-alloy`,
        {
            release: "alloy",
            namespace: namespace.metadata.name,
            values: alloyValues(),
            userValues: args.alloyValues,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        { parent: opts.parent, dependsOn: [loki] },
    );
    installChart(
        `${name}-alloy-events`,
        {
            release: "alloy",
            releaseName: eventsRelease,
            namespace: namespace.metadata.name,
            values: alloyEventsValues(args.queues?.teams.map((team) => team.namespace) ?? []),
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        // Its CRDs come with the other.
        { parent: opts.parent, dependsOn: [loki, onNodes] },
    );
}

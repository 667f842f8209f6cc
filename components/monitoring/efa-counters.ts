/** The DaemonSet that turns EFA's counters into text files of the node exporter. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageFrom } from "../helm-chart";
import { efaFolder, efaReader } from "./exporters/efa";
import type { MonitoringArgs } from "./monitoring-args";

/** On nodes of the pools that have EFA. */
export function createEfaReader(
    name: string,
    args: MonitoringArgs,
    namespace: k8s.core.v1.Namespace,
    parent: pulumi.Resource,
): void {
    const labels = { "app.kubernetes.io/name": "kilogpu-efa-counters" };
    const types = [...new Set(args.pools.filter((pool) => pool.efaPerNode > 0).map((pool) => pool.instanceType))];
    new k8s.apps.v1.DaemonSet(
        `${name}-efa-counters`,
        {
            metadata: { name: "kilogpu-efa-counters", namespace: namespace.metadata.name, labels },
            spec: {
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: {
                        automountServiceAccountToken: false,
                        affinity: {
                            nodeAffinity: {
                                requiredDuringSchedulingIgnoredDuringExecution: {
                                    nodeSelectorTerms: [
                                        {
                                            matchExpressions: [
                                                {
                                                    key: "node.kubernetes.io/instance-type",
                                                    operator: "In",
                                                    values: types,
                                                },
                                            ],
                                        },
                                    ],
                                },
                            },
                        },
                        tolerations: [{ operator: "Exists" }],
                        containers: [
                            {
                                name: "reader",
                                image: imageFrom(args.imageMirror, "busybox"),
                                command: ["sh", "-c", efaReader("/textfile")],
                                resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
                                securityContext: {
                                    allowPrivilegeEscalation: false,
                                    readOnlyRootFilesystem: true,
                                    capabilities: { drop: ["ALL"] },
                                    seccompProfile: { type: "RuntimeDefault" },
                                },
                                volumeMounts: [
                                    { name: "textfile", mountPath: "/textfile" },
                                    { name: "sys", mountPath: "/sys", readOnly: true },
                                ],
                            },
                        ],
                        volumes: [
                            { name: "textfile", hostPath: { path: efaFolder, type: "DirectoryOrCreate" } },
                            { name: "sys", hostPath: { path: "/sys" } },
                        ],
                    },
                },
            },
        },
        { parent },
    );
}

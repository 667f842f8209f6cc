/** Changes that no rule may mind: what people do to working environments every day. */
import { add, set } from "../../policies/program";
import type { Harmless } from "../mutant";
import {
    cluster,
    container,
    efaRelease,
    GROUP,
    gpuOperator,
    job,
    pod,
    POOL,
    runtime,
    TEMPLATE,
    UNKNOWN,
} from "../names";

export const harmless: Harmless[] = [
    { change: "another tag", edits: [set(TEMPLATE, ["tags", "owner"], "me")] },
    { change: "larger root volume", edits: [set(TEMPLATE, ["blockDeviceMappings", 0, "ebs", "volumeSize"], 500)] },
    { change: "fewer nodes of a job", edits: [set(job, ["spec", "trainer", "numNodes"], 64)] },
    {
        change: "smaller quota",
        edits: [
            set(
                "ClusterQueue#train-queues-cluster-queue-evals",
                ["spec", "resourceGroups", 0, "flavors", 0, "resources", 3, "nominalQuota"],
                "60",
            ),
        ],
    },
    { change: "one more label on nodes", edits: [set(GROUP, ["labels", "rack"], "a")] },
    { change: "GPUs by any toleration", edits: [set(runtime, [...pod, "tolerations"], [{ operator: "Exists" }])] },
    {
        change: "namespace selector for all",
        edits: [set("ClusterQueue#train-queues-cluster-queue-evals", ["spec", "namespaceSelector"], {})],
    },
    {
        change: "another variable",
        edits: [set(job, ["spec", "trainer", "env", 0], { name: "NCCL_DEBUG", value: "INFO" })],
    },
    { change: "larger shared memory", edits: [set(runtime, [...pod, "volumes", 0, "emptyDir", "sizeLimit"], "256Gi")] },
    {
        change: "another image by digest",
        edits: [set(runtime, [...container, "image"], `nvcr.io/nvidia/pytorch@sha256:${"0".repeat(64)}`)],
    },
    {
        change: "public endpoint for named addresses",
        edits: [
            set(cluster, ["vpcConfig", "endpointPublicAccess"], true),
            set(cluster, ["vpcConfig", "publicAccessCidrs"], ["203.0.113.0/24"]),
        ],
    },
    {
        change: "a plan in the middle of the window",
        settings: { at: "2026-12-08T00:00:00Z" },
        edits: [set(POOL, ["nodes"], 64)],
    },
    {
        change: "toleration of everything",
        edits: [set(efaRelease, ["values", "tolerations"], [{ operator: "Exists" }])],
    },
    {
        change: "service monitor with honorLabels",
        edits: [set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: true, honorLabels: true })],
    },
    {
        change: "a Secret with a secret",
        edits: [
            add("kubernetes:core/v1:Secret", "token", {
                metadata: { name: "token", namespace: "pretrain" },
                stringData: { HF_TOKEN: `hf_${"a".repeat(34)}` },
            }),
        ],
    },
    {
        change: "a privileged pod of an operator",
        edits: [
            add("kubernetes:apps/v1:DaemonSet", "agent", {
                metadata: { name: "agent", namespace: "kube-system" },
                spec: {
                    template: {
                        spec: {
                            containers: [
                                {
                                    name: "agent",
                                    image: "example.com/agent:1.2.3",
                                    securityContext: { privileged: true },
                                },
                            ],
                        },
                    },
                },
            }),
        ],
    },
    {
        change: "a CPU job without GPUs",
        edits: [
            add("kubernetes:batch/v1:Job", "prepare", {
                metadata: { name: "prepare", namespace: "pretrain" },
                spec: {
                    template: {
                        spec: {
                            containers: [
                                {
                                    name: "prepare",
                                    image: "python:3.12-slim-bookworm",
                                    env: [{ name: "NCCL_NET", value: "Socket" }],
                                },
                            ],
                        },
                    },
                },
            }),
        ],
    },
    { change: "taints known after the update", edits: [set(GROUP, ["taints"], UNKNOWN)] },
    { change: "values of the operator known after the update", edits: [set(gpuOperator, ["values"], UNKNOWN)] },
    { change: "the cluster's network known after the update", edits: [set(cluster, ["vpcConfig"], UNKNOWN)] },
    { change: "nodes' labels known after the update", edits: [set(GROUP, ["labels"], UNKNOWN)] },
    {
        change: "template of unknown interfaces",
        edits: [set("LaunchTemplate#train-eks-system-template", ["networkInterfaces"], UNKNOWN)],
    },
    { change: "dev with two time slices", program: "dev", edits: [set("TrainingCluster#train", ["tags", "x"], "y")] },
];

/** Nodes, queues and a training job as plain Kubernetes objects, for the suites of the bare control plane. */
import type { KubernetesObject, TwinNode } from "../../twin/control-plane";
import { ToolName } from "../../twin/toolchain";

/** What a control plane with the three controllers runs. */
export const controlPlaneTools = [
    ToolName.Etcd,
    ToolName.ApiServer,
    ToolName.Scheduler,
    ToolName.ControllerManager,
    ToolName.Kwok,
    ToolName.Kueue,
    ToolName.Jobset,
    ToolName.Trainer,
    ToolName.Helm,
];

const gpusPerNode = 8;

/** H200-like nodes: 16 to a leaf, 64 to a spine, the devices in the hardware but not offered yet. */
export function gpuNodes(count: number, pool = "h200"): TwinNode[] {
    return Array.from({ length: count }, (_, i) => ({
        name: `${pool}-${String(i).padStart(4, "0")}`,
        labels: {
            pool,
            "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": "us-east-2b",
            "topology.k8s.aws/network-node-layer-1": "core",
            "topology.k8s.aws/network-node-layer-2": `spine-${Math.floor(i / 64)}`,
            "topology.k8s.aws/network-node-layer-3": `leaf-${Math.floor(i / 16)}`,
        },
        taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }],
        capacity: {
            cpu: "192",
            memory: "2048Gi",
            pods: "100",
            "hugepages-2Mi": "11266Mi",
            "ephemeral-storage": "1000Gi",
        },
        allocatable: {
            cpu: "190",
            memory: "2000Gi",
            pods: "100",
            "hugepages-2Mi": "11266Mi",
            "ephemeral-storage": "900Gi",
        },
        annotations: {
            "kilogpu.dev/hardware": JSON.stringify({ "nvidia.com/gpu": gpusPerNode, "vpc.amazonaws.com/efa": 16 }),
        },
    }));
}

/** A topology, a flavor, a cluster queue with all GPUs of `nodes` and a local queue in `default`. */
export function queues(nodes: number, pool = "h200"): KubernetesObject[] {
    const apiVersion = "kueue.x-k8s.io/v1beta2";
    const quota: { [resource: string]: number } = {
        "nvidia.com/gpu": 8,
        "vpc.amazonaws.com/efa": 16,
        cpu: 190,
        "hugepages-2Mi": 0,
    };
    return [
        {
            apiVersion,
            kind: "Topology",
            metadata: { name: pool },
            spec: {
                levels: [
                    { nodeLabel: "topology.k8s.aws/network-node-layer-1" },
                    { nodeLabel: "topology.k8s.aws/network-node-layer-2" },
                    { nodeLabel: "topology.k8s.aws/network-node-layer-3" },
                    { nodeLabel: "kubernetes.io/hostname" },
                ],
            },
        },
        {
            apiVersion,
            kind: "ResourceFlavor",
            metadata: { name: pool },
            spec: {
                nodeLabels: { pool },
                topologyName: pool,
                tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
            },
        },
        {
            apiVersion,
            kind: "ClusterQueue",
            metadata: { name: pool },
            spec: {
                namespaceSelector: {},
                resourceGroups: [
                    {
                        coveredResources: ["nvidia.com/gpu", "vpc.amazonaws.com/efa", "cpu", "memory"],
                        flavors: [
                            {
                                name: pool,
                                resources: [
                                    { name: "nvidia.com/gpu", nominalQuota: nodes * (quota["nvidia.com/gpu"] ?? 0) },
                                    {
                                        name: "vpc.amazonaws.com/efa",
                                        nominalQuota: nodes * (quota["vpc.amazonaws.com/efa"] ?? 0),
                                    },
                                    { name: "cpu", nominalQuota: nodes * (quota["cpu"] ?? 0) },
                                    { name: "memory", nominalQuota: `${nodes * 2000}Gi` },
                                ],
                            },
                        ],
                    },
                ],
            },
        },
        {
            apiVersion,
            kind: "LocalQueue",
            metadata: { name: pool, namespace: "default" },
            spec: { clusterQueue: pool },
        },
    ];
}

/** A torch runtime and a TrainJob of `nodes` nodes with 8 GPUs each, held together within the core layer. */
export function training(nodes: number, pool = "h200"): KubernetesObject[] {
    const apiVersion = "trainer.kubeflow.org/v1alpha1";
    return [
        {
            apiVersion,
            kind: "ClusterTrainingRuntime",
            metadata: { name: pool, labels: { "trainer.kubeflow.org/framework": "torch" } },
            spec: {
                mlPolicy: { numNodes: 1, torch: {} },
                template: {
                    spec: {
                        replicatedJobs: [
                            {
                                name: "node",
                                template: {
                                    metadata: { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } },
                                    spec: {
                                        template: {
                                            metadata: {
                                                annotations: {
                                                    "kueue.x-k8s.io/podset-required-topology":
                                                        "topology.k8s.aws/network-node-layer-1",
                                                },
                                            },
                                            spec: {
                                                // Five minutes by default: a drill need not take as long.
                                                tolerations: ["not-ready", "unreachable"].map((condition) => ({
                                                    key: `node.kubernetes.io/${condition}`,
                                                    operator: "Exists",
                                                    effect: "NoExecute",
                                                    tolerationSeconds: 5,
                                                })),
                                                containers: [{ name: "node", image: "example.com/trainer:1.0.0" }],
                                            },
                                        },
                                    },
                                },
                            },
                        ],
                    },
                },
            },
        },
        {
            apiVersion,
            kind: "TrainJob",
            metadata: { name: "gpt2", namespace: "default", labels: { "kueue.x-k8s.io/queue-name": pool } },
            spec: {
                runtimeRef: { name: pool },
                trainer: {
                    numNodes: nodes,
                    numProcPerNode: gpusPerNode,
                    resourcesPerNode: {
                        requests: { cpu: "96", memory: "512Gi" },
                        limits: { "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "16" },
                    },
                },
            },
        },
    ];
}

/** Mutants of the rules on drivers, operators, scheduling and queues. */
import { add, set } from "../../policies/program";
import type { Mutant } from "../mutant";
import {
    discovery,
    efaRelease,
    flavor,
    gpuOperator,
    GROUP,
    job,
    kueue,
    queue,
    rackJob,
    topology,
    trainer,
} from "../names";

const release = "kubernetes:helm.sh/v3:Release";
const gpuQuota = ["spec", "resourceGroups", 0, "flavors", 0, "resources", 3];
const annotations = [
    "spec",
    "runtimePatches",
    0,
    "trainingRuntimeSpec",
    "template",
    "spec",
    "replicatedJobs",
    0,
    "template",
    "spec",
    "template",
    "metadata",
    "annotations",
];
const config = ["values", "managerConfig", "controllerManagerConfigYaml"];
const waiting = {
    driver: {
        enabled: true,
        upgradePolicy: { autoUpgrade: true, waitForCompletion: { podSelector: "kilogpu.dev/training=true" } },
    },
};

export const operatorsAndQueues: Mutant[] = [
    {
        rule: "driver-has-one-owner",
        change: "toolkit on",
        edits: [set(gpuOperator, ["values", "toolkit", "enabled"], true)],
    },
    {
        rule: "driver-has-one-owner",
        change: "driver on, waiting for training",
        edits: [set(gpuOperator, ["values", "driver"], waiting.driver)],
    },
    {
        rule: "feature-discovery-has-one-owner",
        change: "operator's own on",
        edits: [set(gpuOperator, ["values", "nfd", "enabled"], true)],
    },
    {
        rule: "feature-discovery-has-one-owner",
        change: "network operator brings one",
        edits: [add(release, "network", { chart: "network-operator", version: "26.4.1", values: {} })],
    },
    {
        rule: "device-plugin-has-one-owner",
        change: "chart beside the operator",
        edits: [add(release, "plugin", { chart: "nvidia-device-plugin", version: "0.20.0", values: {} })],
    },
    {
        rule: "device-plugin-has-one-owner",
        change: "chart beside the operator, from a registry",
        edits: [
            add(release, "plugin", { chart: "oci://example.com/nvidia-device-plugin", version: "0.20.0", values: {} }),
        ],
    },
    {
        rule: "jobset-has-one-owner",
        change: "Trainer's own on",
        edits: [set(trainer, ["values", "jobset", "install"], true)],
    },
    { rule: "jobset-has-one-owner", change: "value removed", edits: [set(trainer, ["values", "jobset"], undefined)] },
    {
        rule: "confidential-computing-is-off",
        change: "ccManager not set",
        edits: [set(gpuOperator, ["values", "ccManager"], undefined)],
    },
    {
        rule: "confidential-computing-is-off",
        change: "Kata on",
        edits: [set(gpuOperator, ["values", "kataSandboxDevicePlugin", "enabled"], true)],
    },
    {
        rule: "driver-upgrades-wait-for-training",
        change: "operator's driver with its defaults",
        edits: [set(gpuOperator, ["values", "driver"], { enabled: true })],
        alsoTrips: {
            "driver-has-one-owner": "the images of these nodes bring a driver: only that makes upgrades dangerous here",
        },
    },
    {
        rule: "driver-upgrades-wait-for-training",
        change: "forced drain",
        edits: [
            set(gpuOperator, ["values", "driver"], {
                enabled: true,
                upgradePolicy: { ...waiting.driver.upgradePolicy, drain: { enable: true, force: true } },
            }),
        ],
        alsoTrips: { "driver-has-one-owner": "as above" },
    },
    {
        rule: "gpu-metrics-keep-pod-labels",
        change: "monitor without honorLabels",
        edits: [set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: true })],
    },
    {
        rule: "gpu-metrics-keep-pod-labels",
        change: "honorLabels false",
        edits: [set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: true, honorLabels: false })],
    },
    {
        rule: "queue-covers-every-resource",
        change: "EFA not covered",
        edits: [
            set(queue, ["spec", "resourceGroups", 0, "coveredResources"], (old: string[]) =>
                old.filter((name) => !name.includes("efa")),
            ),
        ],
    },
    {
        rule: "queue-covers-every-resource",
        change: "hugepages not covered",
        edits: [
            set(queue, ["spec", "resourceGroups", 0, "coveredResources"], (old: string[]) =>
                old.filter((name) => !name.includes("hugepages")),
            ),
        ],
    },
    {
        rule: "queue-covers-every-resource",
        change: "memory not covered, which the job asks for",
        edits: [
            set(queue, ["spec", "resourceGroups", 0, "coveredResources"], (old: string[]) =>
                old.filter((name) => name !== "memory"),
            ),
        ],
    },
    {
        rule: "queue-covers-every-resource",
        change: "a job asks for one resource more",
        edits: [set(job, ["spec", "trainer", "resourcesPerNode", "limits", "example.com/fpga"], "1")],
    },
    {
        rule: "daemonsets-tolerate-pool-taints",
        change: "EFA plugin tolerates nothing of ours",
        edits: [set(efaRelease, ["values", "tolerations"], [{ key: "CriticalAddonsOnly", operator: "Exists" }])],
    },
    {
        rule: "daemonsets-tolerate-pool-taints",
        change: "toleration of another effect",
        edits: [
            set(
                efaRelease,
                ["values", "tolerations"],
                [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoExecute" }],
            ),
        ],
    },
    {
        rule: "daemonsets-tolerate-pool-taints",
        change: "nodes that evict, tolerated for scheduling only",
        edits: [set(GROUP, ["taints", 0, "effect"], "NO_EXECUTE")],
    },
    {
        rule: "daemonsets-tolerate-pool-taints",
        change: "feature discovery tolerates nothing",
        edits: [set(discovery, ["values", "worker", "tolerations"], [])],
    },
    {
        rule: "daemonsets-tolerate-pool-taints",
        change: "one more taint on the nodes",
        edits: [set(GROUP, ["taints", 1], { key: "team", value: "a", effect: "NO_SCHEDULE" })],
    },
    {
        rule: "local-queues-name-a-cluster-queue",
        change: "misspelt",
        edits: [set("LocalQueue#train-queues-local-queue-evals", ["spec", "clusterQueue"], "eval")],
    },
    {
        rule: "local-queues-name-a-cluster-queue",
        change: "another name",
        edits: [set("LocalQueue#train-queues-local-queue-research", ["spec", "clusterQueue"], "Research")],
    },
    {
        rule: "cluster-queues-name-their-flavors",
        change: "misspelt in one queue",
        edits: [set(queue, ["spec", "resourceGroups", 0, "flavors", 0, "name"], "p5en")],
        alsoTrips: { "gangs-fit-their-queue": "no other queue lends of a flavor that does not exist" },
    },
    {
        rule: "cluster-queues-name-their-flavors",
        change: "a second one that is not there",
        edits: [set(queue, ["spec", "resourceGroups", 0, "flavors", 1], { name: "h100", resources: [] })],
    },
    {
        rule: "flavors-name-their-topology",
        change: "not set",
        edits: [set(flavor, ["spec", "topologyName"], undefined)],
    },
    {
        rule: "flavors-name-their-topology",
        change: "misspelt",
        edits: [set(flavor, ["spec", "topologyName"], "default")],
    },
    {
        rule: "flavors-select-existing-nodes",
        change: "labels of no node",
        edits: [set(flavor, ["spec", "nodeLabels"], { "kilogpu.dev/capacity-group": "h100" })],
        alsoTrips: { "pools-have-a-queue": "the nodes that it no longer selects have no other flavor" },
    },
    {
        rule: "flavors-select-existing-nodes",
        change: "one label too many",
        edits: [set(flavor, ["spec", "nodeLabels", "team"], "pretrain")],
        alsoTrips: { "pools-have-a-queue": "the nodes that it no longer selects have no other flavor" },
    },
    {
        rule: "topology-levels-exist-on-nodes",
        change: "layer 4 on p5en",
        edits: [
            set(
                topology,
                ["spec", "levels"],
                [
                    { nodeLabel: "topology.k8s.aws/network-node-layer-1" },
                    { nodeLabel: "topology.k8s.aws/network-node-layer-4" },
                    { nodeLabel: "kubernetes.io/hostname" },
                ],
            ),
        ],
    },
    {
        rule: "topology-levels-exist-on-nodes",
        change: "another cloud's label",
        edits: [set(topology, ["spec", "levels", 1, "nodeLabel"], "cloud.google.com/gce-topology-block")],
    },
    {
        rule: "quotas-fit-the-gpus",
        change: "one team doubled",
        edits: [set(queue, [...gpuQuota, "nominalQuota"], "1408")],
    },
    { rule: "quotas-fit-the-gpus", change: "one pool halved", edits: [set(GROUP, ["scalingConfig", "maxSize"], 32)] },
    {
        rule: "quotas-fit-the-gpus",
        change: "one GPU too many on time-sliced nodes",
        program: "dev",
        edits: [
            set(
                "ClusterQueue#train-queues-cluster-queue*",
                ["spec", "resourceGroups", 0, "flavors", 0, "resources"],
                (old: { name: string }[]) =>
                    old.map((entry) => (entry.name === "nvidia.com/gpu" ? { ...entry, nominalQuota: "5" } : entry)),
            ),
        ],
    },
    {
        rule: "borrowing-needs-a-cohort",
        change: "no cohort",
        edits: [set("ClusterQueue#train-queues-cluster-queue-evals", ["spec", "cohortName"], undefined)],
        alsoTrips: { "gangs-fit-their-queue": "the job needs what this queue lent" },
    },
    {
        rule: "borrowing-needs-a-cohort",
        change: "empty cohort",
        edits: [set("ClusterQueue#train-queues-cluster-queue-research", ["spec", "cohortName"], "")],
        alsoTrips: { "gangs-fit-their-queue": "the job needs what this queue lent" },
    },
    {
        rule: "queues-admit-namespaces",
        change: "selector removed",
        edits: [set(queue, ["spec", "namespaceSelector"], undefined)],
    },
    {
        rule: "queues-admit-namespaces",
        change: "selector null",
        edits: [set(queue, ["spec", "namespaceSelector"], null)],
    },
    {
        rule: "gangs-fit-their-queue",
        change: "one node more than the queue may have",
        edits: [set(job, ["spec", "trainer", "numNodes"], 129)],
    },
    {
        rule: "gangs-fit-their-queue",
        change: "borrowing limit lowered",
        edits: [set(queue, [...gpuQuota, "borrowingLimit"], "312")],
    },
    {
        rule: "gangs-fit-their-queue",
        change: "no limit, and a cohort that lends less",
        edits: [
            set(queue, [...gpuQuota, "borrowingLimit"], undefined),
            set("ClusterQueue#train-queues-cluster-queue-evals", [...gpuQuota, "lendingLimit"], "56"),
        ],
    },
    {
        rule: "gangs-fit-their-queue",
        change: "no limit, and more than the cohort has",
        edits: [set(queue, [...gpuQuota, "borrowingLimit"], undefined), set(job, ["spec", "trainer", "numNodes"], 129)],
    },
    {
        rule: "gangs-fit-their-topology",
        change: "128 nodes on one host",
        edits: [set(job, [...annotations, "kueue.x-k8s.io/podset-required-topology"], "kubernetes.io/hostname")],
    },
    {
        rule: "gangs-fit-their-topology",
        change: "a level of another fabric",
        edits: [
            set(
                job,
                [...annotations, "kueue.x-k8s.io/podset-required-topology"],
                "topology.k8s.aws/network-node-layer-4",
            ),
        ],
    },
    {
        rule: "gangs-fit-their-topology",
        change: "sixteen hosts within one rack of four",
        program: "onprem-roce",
        edits: [set(rackJob, annotations, { "kueue.x-k8s.io/podset-required-topology": "topology.kilogpu.dev/rack" })],
    },
    {
        rule: "kueue-manages-training-jobs",
        change: "TrainJobs not managed",
        edits: [set(kueue, config, (old: string) => old.replace("    - trainer.kubeflow.org/trainjob\n", ""))],
    },
    {
        rule: "kueue-manages-training-jobs",
        change: "JobSets not managed",
        edits: [set(kueue, config, (old: string) => old.replace("    - jobset.x-k8s.io/jobset\n", ""))],
    },
    {
        rule: "pools-have-a-queue",
        change: "one group relabelled",
        edits: [set(GROUP, ["labels", "kilogpu.dev/capacity-group"], "spare")],
        alsoTrips: { "quotas-fit-the-gpus": "the quotas count on its GPUs" },
    },
    {
        rule: "pools-have-a-queue",
        change: "the other group without label",
        edits: [set("NodeGroup#block-b-nodes", ["labels"], {})],
        alsoTrips: { "quotas-fit-the-gpus": "the quotas count on its GPUs" },
    },
];

/** Near-misses of the rules on drivers, operators, scheduling and queues. */
import { add, drop, set, type Edit } from "../../policies/program";
import {
    discovery,
    efaRelease,
    flavor,
    gpuOperator,
    GROUP,
    job,
    jobset,
    kueue,
    queue,
    rackJob,
    topology,
    trainer,
    UNKNOWN,
} from "../names";
import { near, type NearMiss } from "../near-miss";

const release = "kubernetes:helm.sh/v3:Release";
const kueueKind = (kind: string): string => `kubernetes:kueue.x-k8s.io/v1beta2:${kind}`;
const evals = "ClusterQueue#train-queues-cluster-queue-evals";
const research = "ClusterQueue#train-queues-cluster-queue-research";
const gpuQuota = ["spec", "resourceGroups", 0, "flavors", 0, "resources", 3];
const annotations = [
    ...["spec", "runtimePatches", 0, "trainingRuntimeSpec", "template", "spec", "replicatedJobs", 0],
    ...["template", "spec", "template", "metadata", "annotations"],
];
const required = [...annotations, "kueue.x-k8s.io/podset-required-topology"];
const config = ["values", "managerConfig", "controllerManagerConfigYaml"];
const upgrades = { autoUpgrade: true, waitForCompletion: { podSelector: "kilogpu.dev/training=true" } };

/** GPU nodes of images without a driver, which the operator may then install. */
const withoutDriver: Edit[] = [GROUP, "NodeGroup#block-b-nodes"].map((group) => set(group, ["amiType"], "CUSTOM"));

/** A flavor of the same nodes under another name. */
const spareFlavor = add(
    kueueKind("ResourceFlavor"),
    "spare",
    {
        metadata: { name: "spare" },
        spec: {
            nodeLabels: { "kilogpu.dev/capacity-group": "p5en-48xlarge-us-east-2b-efa" },
            topologyName: "topology-7078ec88",
        },
    },
    [kueue],
);

export const operatorsAndQueues: NearMiss[] = [
    near("driver-has-one-owner", "false as text", [set(gpuOperator, ["values", "driver", "enabled"], "false")]),
    near("driver-has-one-owner", "the operator's driver on images without one", [
        ...withoutDriver,
        set(gpuOperator, ["values", "driver"], { enabled: true, upgradePolicy: upgrades }),
    ]),
    near("feature-discovery-has-one-owner", "a second operator with its own off", [
        add(release, "network", { chart: "network-operator", version: "26.4.1", values: { nfd: { enabled: false } } }),
    ]),
    near("feature-discovery-has-one-owner", "false as text", [set(gpuOperator, ["values", "nfd", "enabled"], "false")]),
    near("device-plugin-has-one-owner", "the chart beside an operator with its plugin off", [
        add(release, "plugin", { chart: "nvidia-device-plugin", version: "0.20.0", values: {} }),
        set(gpuOperator, ["values", "devicePlugin", "enabled"], false),
    ]),
    near("device-plugin-has-one-owner", "the chart beside an operator whose values the update tells", [
        add(release, "plugin", { chart: "nvidia-device-plugin", version: "0.20.0", values: {} }),
        set(gpuOperator, ["values", "devicePlugin"], UNKNOWN),
    ]),
    near("jobset-has-one-owner", "false as text", [set(trainer, ["values", "jobset", "install"], "false")]),
    near("jobset-has-one-owner", "Trainer's own, and no chart beside it", [
        drop(jobset),
        set(trainer, ["values", "jobset", "install"], true),
    ]),
    near("confidential-computing-is-off", "false as text", [
        set(gpuOperator, ["values", "ccManager", "enabled"], "false"),
    ]),
    near("confidential-computing-is-off", "known after the update", [
        set(gpuOperator, ["values", "kataSandboxDevicePlugin"], UNKNOWN),
    ]),
    near("driver-upgrades-wait-for-training", "no automatic upgrades", [
        ...withoutDriver,
        set(gpuOperator, ["values", "driver"], { enabled: true, upgradePolicy: { autoUpgrade: false } }),
    ]),
    near("driver-upgrades-wait-for-training", "a drain without force", [
        ...withoutDriver,
        set(gpuOperator, ["values", "driver"], {
            enabled: true,
            upgradePolicy: { ...upgrades, drain: { enable: true, force: false } },
        }),
    ]),
    near("gpu-metrics-keep-pod-labels", "honorLabels as text", [
        set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: true, honorLabels: "true" }),
    ]),
    near("gpu-metrics-keep-pod-labels", "no monitor, and no honorLabels", [
        set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: "false", honorLabels: false }),
    ]),
    near("queue-covers-every-resource", "the same in another order", [
        set(queue, ["spec", "resourceGroups", 0, "coveredResources"], (old: string[]) => [...old].reverse()),
    ]),
    near("queue-covers-every-resource", "a resource that no job of the queue asks for is gone", [
        set(evals, ["spec", "resourceGroups", 0, "coveredResources"], (old: string[]) =>
            old.filter((name) => name !== "ephemeral-storage"),
        ),
    ]),
    near("queue-covers-every-resource", "known after the update", [
        set(queue, ["spec", "resourceGroups", 0, "coveredResources", 5], UNKNOWN),
    ]),
    near("queue-covers-every-resource", "a queue for CPUs alone", [
        add(
            kueueKind("ClusterQueue"),
            "cpu",
            {
                metadata: { name: "cpu" },
                spec: {
                    namespaceSelector: {},
                    resourceGroups: [{ coveredResources: ["cpu", "memory"], flavors: [] }],
                },
            },
            [kueue],
        ),
    ]),
    near("daemonsets-tolerate-pool-taints", "by value and effect", [
        set(
            efaRelease,
            ["values", "tolerations"],
            [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
        ),
    ]),
    near("daemonsets-tolerate-pool-taints", "everything of one effect", [
        set(discovery, ["values", "worker", "tolerations"], [{ operator: "Exists", effect: "NoSchedule" }]),
    ]),
    near("daemonsets-tolerate-pool-taints", "one more taint, a soft one", [
        set(GROUP, ["taints", 1], { key: "team", value: "a", effect: "PREFER_NO_SCHEDULE" }),
    ]),
    near("local-queues-name-a-cluster-queue", "the queue of another team", [
        set("LocalQueue#train-queues-local-queue-evals", ["spec", "clusterQueue"], "research"),
    ]),
    near("local-queues-name-a-cluster-queue", "known after the update", [
        set("LocalQueue#train-queues-local-queue-evals", ["spec", "clusterQueue"], UNKNOWN),
    ]),
    near("cluster-queues-name-their-flavors", "a second one that is there", [
        spareFlavor,
        set(queue, ["spec", "resourceGroups", 0, "flavors", 1], { name: "spare", resources: [] }),
    ]),
    near("cluster-queues-name-their-flavors", "a second one, known after the update", [
        set(queue, ["spec", "resourceGroups", 0, "flavors", 1], { name: UNKNOWN, resources: [] }),
    ]),
    near("flavors-name-their-topology", "a second Topology", [
        add(
            kueueKind("Topology"),
            "hosts",
            { metadata: { name: "hosts" }, spec: { levels: [{ nodeLabel: "kubernetes.io/hostname" }] } },
            [kueue],
        ),
        set(flavor, ["spec", "topologyName"], "hosts"),
    ]),
    near("flavors-name-their-topology", "known after the update", [set(flavor, ["spec", "topologyName"], UNKNOWN)]),
    near("flavors-select-existing-nodes", "one more label, which the nodes carry", [
        set(flavor, ["spec", "nodeLabels", "kilogpu.dev/fabric"], "efa"),
    ]),
    near("flavors-select-existing-nodes", "another label that the nodes carry", [
        set(flavor, ["spec", "nodeLabels"], { "nvidia.com/gpu.present": "true" }),
    ]),
    near("topology-levels-exist-on-nodes", "fewer levels", [
        set(topology, ["spec", "levels"], (old: unknown[]) => [old[0], old[3]]),
    ]),
    near("topology-levels-exist-on-nodes", "a level known after the update", [
        set(topology, ["spec", "levels", 1, "nodeLabel"], UNKNOWN),
    ]),
    near("quotas-fit-the-gpus", "eight GPUs from one team to another", [
        set(research, [...gpuQuota, "nominalQuota"], "248"),
        set(evals, [...gpuQuota, "nominalQuota"], "72"),
    ]),
    near(
        "quotas-fit-the-gpus",
        "one GPU less on time-sliced nodes",
        [
            set(
                "ClusterQueue#train-queues-cluster-queue*",
                ["spec", "resourceGroups", 0, "flavors", 0, "resources"],
                (old: { name: string }[]) =>
                    old.map((entry) => (entry.name === "nvidia.com/gpu" ? { ...entry, nominalQuota: "3" } : entry)),
            ),
        ],
        { program: "dev" },
    ),
    near("borrowing-needs-a-cohort", "a cohort that the update tells", [set(queue, ["spec", "cohortName"], UNKNOWN)]),
    near(
        "borrowing-needs-a-cohort",
        "no cohort, and no limits",
        [set("ClusterQueue#train-queues-cluster-queue*", ["spec", "cohortName"], "")],
        { program: "dev" },
    ),
    near("queues-admit-namespaces", "every namespace", [set(queue, ["spec", "namespaceSelector"], {})]),
    near("queues-admit-namespaces", "known after the update", [set(queue, ["spec", "namespaceSelector"], UNKNOWN)]),
    near("gangs-fit-their-queue", "eight GPUs less to borrow, and one node less", [
        set(queue, [...gpuQuota, "borrowingLimit"], "312"),
        set(job, ["spec", "trainer", "numNodes"], 127),
    ]),
    near("gangs-fit-their-queue", "no limit, and all that the cohort lends", [
        set(queue, [...gpuQuota, "borrowingLimit"], undefined),
    ]),
    near("gangs-fit-their-topology", "one node on one host", [
        set(job, required, "kubernetes.io/hostname"),
        set(job, ["spec", "trainer", "numNodes"], 1),
    ]),
    near("gangs-fit-their-topology", "one host preferred, not required", [
        set(job, annotations, { "kueue.x-k8s.io/podset-preferred-topology": "kubernetes.io/hostname" }),
    ]),
    near("gangs-fit-their-topology", "the next level of the Topology", [
        set(job, required, "topology.k8s.aws/network-node-layer-2"),
    ]),
    near(
        "gangs-fit-their-topology",
        "four hosts within one rack of four",
        [
            set(rackJob, annotations, { "kueue.x-k8s.io/podset-required-topology": "topology.kilogpu.dev/rack" }),
            set(rackJob, ["spec", "trainer", "numNodes"], 4),
        ],
        { program: "onprem-roce" },
    ),
    near(
        "gangs-fit-their-topology",
        "halves of hosts, eight within one rack of four",
        [
            set(rackJob, annotations, { "kueue.x-k8s.io/podset-required-topology": "topology.kilogpu.dev/rack" }),
            set(rackJob, ["spec", "trainer", "numNodes"], 8),
            set(rackJob, ["spec", "trainer", "resourcesPerNode", "limits", "nvidia.com/gpu"], "4"),
            set(rackJob, ["spec", "trainer", "resourcesPerNode", "requests", "nvidia.com/gpu"], "4"),
        ],
        { program: "onprem-roce" },
    ),
    near(
        "gangs-fit-their-topology",
        "sixteen hosts within one leaf",
        [set(rackJob, annotations, { "kueue.x-k8s.io/podset-required-topology": "topology.kilogpu.dev/leaf" })],
        { program: "onprem-roce" },
    ),
    near("kueue-manages-training-jobs", "one more framework", [
        set(kueue, config, (old: string) =>
            old.replace("    - jobset.x-k8s.io/jobset\n", "    - jobset.x-k8s.io/jobset\n    - ray.io/rayjob\n"),
        ),
    ]),
    near("kueue-manages-training-jobs", "the chart's own configuration", [set(kueue, config, undefined)]),
    near("pools-have-a-queue", "a flavor for all nodes", [set(flavor, ["spec", "nodeLabels"], {})]),
    near("pools-have-a-queue", "nodes whose label the update tells", [
        set(GROUP, ["labels", "kilogpu.dev/capacity-group"], UNKNOWN),
    ]),
];

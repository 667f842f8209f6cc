/** Near-misses of the rules on security, supply chain and cost. */
import { add, protect, set } from "../../policies/program";
import { cluster, container, gpuOperator, job, jobset, kueue, pod, POOL, runtime, TEMPLATE, UNKNOWN } from "../names";
import { near, type NearMiss } from "../near-miss";

const policy = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const rolePolicy = "RolePolicy#train-network-flow-logs";
const attachment = "RolePolicyAttachment#block-a-node-amazoneksworkernodepolicy";
const script = "ConfigMap#gpt2-script";
const training = "TrainingCluster#train";
const endpoints = "SecurityGroupIngressRule#train-network-endpoints-https";
const appended = (item: unknown) => (old: unknown[] | undefined) => [...(old ?? []), item];
const release = "kubernetes:helm.sh/v3:Release";

export const securityAndCost: NearMiss[] = [
    near("policies-name-what-they-allow", "named actions on every resource", [
        set(rolePolicy, ["policy"], policy({ Effect: "Allow", Action: "logs:PutLogEvents", Resource: "*" })),
    ]),
    near("policies-name-what-they-allow", "a whole service on one bucket", [
        set(rolePolicy, ["policy"], policy({ Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::ckpt/*" })),
    ]),
    near("policies-name-what-they-allow", "everything denied", [
        set(rolePolicy, ["policy"], policy({ Effect: "Deny", NotAction: "s3:GetObject", Resource: "*" })),
    ]),
    near("roles-have-no-administrator-policy", "read-only", [
        set(attachment, ["policyArn"], "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
    ]),
    near("roles-have-no-administrator-policy", "a policy of one's own with a name like it", [
        set(attachment, ["policyArn"], "arn:aws:iam::111122223333:policy/NoAdministratorAccess"),
    ]),
    near("cluster-logs-are-complete", "in another order", [
        set(cluster, ["enabledClusterLogTypes"], (old: string[]) => [...old].reverse()),
    ]),
    near("cluster-logs-are-complete", "one type known after the update", [
        set(cluster, ["enabledClusterLogTypes", 1], UNKNOWN),
    ]),
    near("access-is-by-entries", "known after the update", [set(cluster, ["accessConfig"], UNKNOWN)]),
    near("no-privileged-pods", "privileged false", [
        set(runtime, [...container, "securityContext", "privileged"], false),
    ]),
    near("no-privileged-pods", "host network false, and root", [
        set(runtime, [...pod, "hostNetwork"], "false"),
        set(runtime, [...container, "securityContext", "runAsUser"], 0),
    ]),
    near(
        "no-privileged-pods",
        "host network in a namespace that the settings name",
        [
            add("kubernetes:core/v1:Pod", "probe", {
                metadata: { name: "probe", namespace: "probes" },
                spec: { hostNetwork: true, containers: [{ name: "probe", image: "example.com/probe:1.2.3" }] },
            }),
        ],
        { settings: { namespaces: ["kube-system", "gpu-operator", "monitoring", "probes"] } },
    ),
    near("no-secrets-in-plain-sight", "a reference to a Secret", [
        set(
            runtime,
            [...container, "env"],
            appended({ name: "WANDB_API_KEY", valueFrom: { secretKeyRef: { name: "wandb", key: "key" } } }),
        ),
    ]),
    near("no-secrets-in-plain-sight", "a token of the model's vocabulary", [
        set(runtime, [...container, "env"], appended({ name: "EOS_TOKEN", value: "</s>" })),
    ]),
    near("no-secrets-in-plain-sight", "the value of another variable", [
        set(job, ["spec", "trainer", "env"], appended({ name: "HUB_TOKEN", value: "$(TOKEN_OF_THE_POD)" })),
    ]),
    near("no-secrets-in-plain-sight", "the beginning of a key's name", [
        set(script, ["data", "notes"], "access keys begin with AKIA, tokens with hf_"),
    ]),
    near("security-groups-are-closed", "all private addresses", [set(endpoints, ["cidrIpv4"], "10.0.0.0/8")]),
    near(
        "security-groups-are-closed",
        "everything outwards",
        [
            set(
                "SecurityGroup#train-network-endpoints",
                ["egress"],
                [{ protocol: "-1", cidrBlocks: ["0.0.0.0/0"], fromPort: 0, toPort: 0 }],
            ),
        ],
        { outOfScope: "the rule is on ingress" },
    ),
    near("nodes-have-no-public-address", "false as text", [
        set(TEMPLATE, ["networkInterfaces", 0, "associatePublicIpAddress"], "false"),
    ]),
    near("nodes-have-no-public-address", "a public subnet that gives no addresses", [
        set("Subnet#train-network-public-us-east-2a", ["mapPublicIpOnLaunch"], "false"),
    ]),
    near("keys-rotate", "a key for signatures, which AWS cannot rotate", [
        set("Key#train-eks-key", ["enableKeyRotation"], false),
        set("Key#train-eks-key", ["customerMasterKeySpec"], "RSA_4096"),
    ]),
    near("keys-rotate", "true as text", [set("Key#train-eks-key", ["enableKeyRotation"], "true")]),
    near("networks-have-flow-logs", "a second VPC with its own", [
        add("aws:ec2/vpc:Vpc", "other", { cidrBlock: "10.1.0.0/16" }),
        add("aws:ec2/flowLog:FlowLog", "other", { trafficType: "REJECT" }, [], { vpcId: "Vpc#other" }),
    ]),
    near("namespaces-enforce-pod-security", "the middle level", [
        set(
            "Namespace#train-queues-namespace-evals",
            ["metadata", "labels", "pod-security.kubernetes.io/enforce"],
            "baseline",
        ),
    ]),
    near("namespaces-enforce-pod-security", "labels known after the update", [
        set("Namespace#train-queues-namespace-evals", ["metadata", "labels"], UNKNOWN),
    ]),
    near("cluster-endpoint-is-not-open", "public for one address", [
        set(cluster, ["vpcConfig", "endpointPublicAccess"], true),
        set(cluster, ["vpcConfig", "publicAccessCidrs"], ["203.0.113.7/32"]),
    ]),
    near("cluster-endpoint-is-not-open", "private as text", [
        set(cluster, ["vpcConfig", "endpointPublicAccess"], "false"),
        set(cluster, ["vpcConfig", "publicAccessCidrs"], ["0.0.0.0/0"]),
    ]),
    near("data-is-encrypted", "true as a boolean", [
        set(TEMPLATE, ["blockDeviceMappings", 0, "ebs", "encrypted"], true),
    ]),
    near("data-is-encrypted", "the disks of the instance, which encrypt themselves", [
        set(TEMPLATE, ["blockDeviceMappings", 1], { deviceName: "/dev/sdb", virtualName: "ephemeral0" }),
    ]),
    near("data-is-encrypted", "EFS with encryption", [
        add("aws:efs/fileSystem:FileSystem", "home", { encrypted: true }),
        protect("FileSystem#home", true),
    ]),
    near("launch-template-requires-imdsv2", "one hop as text", [
        set(TEMPLATE, ["metadataOptions", "httpPutResponseHopLimit"], "1"),
    ]),
    near("launch-template-requires-imdsv2", "no metadata service at all", [
        set(TEMPLATE, ["metadataOptions"], { httpEndpoint: "disabled", httpTokens: "optional" }),
    ]),
    near("charts-are-pinned", "a release candidate, exactly", [
        add(release, "team", { chart: "team", version: "1.0.0-rc.1", values: {} }),
    ]),
    near("charts-are-pinned", "a folder beside the program", [add(release, "team", { chart: "./charts/team" })]),
    near("images-are-pinned", "a registry with a port", [
        set(runtime, [...container, "image"], `registry.example.com:5000/pytorch@sha256:${"0".repeat(64)}`),
    ]),
    near("images-are-pinned", "a fixed tag apart from its name", [
        add(release, "team", {
            chart: "team",
            version: "1.0.0",
            values: { image: { repository: "example.com/team", tag: "1.2.3" } },
        }),
    ]),
    near("training-images-have-digests", "a digest without tag", [
        set(runtime, [...container, "image"], `nvcr.io/nvidia/pytorch@sha256:${"0".repeat(64)}`),
    ]),
    near("training-images-have-digests", "a pod without GPUs by tag", [
        add("kubernetes:core/v1:Pod", "probe", {
            metadata: { name: "probe", namespace: "pretrain" },
            spec: { containers: [{ name: "probe", image: "example.com/probe:1.2.3" }] },
        }),
    ]),
    near("charts-fit-together", "another chart of the same version", [
        add(release, "team", { chart: "team", version: "0.13.0", values: {} }),
    ]),
    near("charts-fit-together", "another minor of the catalogue", [set(cluster, ["version"], "1.34")]),
    near("chart-values-are-known", "a key of the chart", [set(kueue, ["values", "controllerManager", "replicas"], 3)]),
    near("chart-values-are-known", "values known after the update", [set(jobset, ["values"], UNKNOWN)]),
    near("no-staging-registries", "a folder of data named staging", [
        set(job, ["spec", "trainer", "env"], appended({ name: "DATA", value: "s3://corpus/staging-2026/shards" })),
    ]),
    near("no-staging-registries", "the released repository", [
        set(gpuOperator, ["values", "operator"], { repository: "nvcr.io/nvidia" }),
    ]),
    near("add-ons-are-pinned", "an older version", [
        set("Addon#train-eks-kube-proxy", ["addonVersion"], "v1.35.0-eksbuild.2"),
    ]),
    near("add-ons-are-pinned", "known after the update", [set("Addon#train-eks-coredns", ["addonVersion"], UNKNOWN)]),
    near("cost-within-budget", "exactly the budget", [
        set(training, ["rates"], { "p5en.48xlarge": 62.5 }),
        set(training, ["budget", "hourlyUsd"], 8000),
    ]),
    near(
        "capacity-blocks-are-in-their-window",
        "the first moment of it",
        [set(POOL, ["capacity", "start"], "2026-12-02T00:00:00Z")],
        { settings: { at: "2026-12-02T00:00:00Z" } },
    ),
    near(
        "capacity-blocks-are-in-their-window",
        "the last second of it",
        [set(POOL, ["capacity", "end"], "2026-12-10T11:30:00Z")],
        { settings: { at: "2026-12-10T11:29:59Z" } },
    ),
    near("reserved-machines-are-used", "one idle, as allowed", [set(training, ["pools", 0, "nodes"], 63)], {
        settings: { allowedIdle: 1 },
    }),
    near("reserved-machines-are-used", "a block of one machine less, used fully", [
        set(training, ["pools", 0, "capacity", "reservedNodes"], 63),
        set(training, ["pools", 0, "nodes"], 63),
    ]),
    near("environments-have-a-budget", "another figure", [set(training, ["budget", "hourlyUsd"], 9000)]),
    near("environments-have-a-budget", "known after the update", [set(training, ["budget"], UNKNOWN)]),
    near("environments-name-a-cost-center", "another cost center", [
        set(training, ["tags", "cost-center"], "evaluation"),
    ]),
    near(
        "environments-name-a-cost-center",
        "a key of the company's own",
        [set(training, ["tags"], { owner: "pretraining" })],
        { settings: { keys: ["owner"] } },
    ),
    near("control-plane-is-in-standard-support", "another minor of the catalogue", [set(cluster, ["version"], "1.34")]),
    near("control-plane-is-in-standard-support", "known after the update", [set(cluster, ["upgradePolicy"], UNKNOWN)]),
];

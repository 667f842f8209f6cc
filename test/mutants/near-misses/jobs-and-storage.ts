/** Near-misses of the rules on training jobs, storage and teardown. */
import { add, protect, set, type Edit } from "../../policies/program";
import { cluster, container, job, pod, queue, runtime, UNKNOWN } from "../names";
import { near, type NearMiss } from "../near-miss";

const limits = ["spec", "trainer", "resourcesPerNode", "limits"];
const appended = (item: unknown) => (old: unknown[] | undefined) => [...(old ?? []), item];
const lustre = "LustreFileSystem#ckpt-lustre";
const storage = { program: "storage" } as const;
const second = "Bucket#second";
const ofSecond = { bucket: second };

/** A second bucket with all that the rules ask for. */
const secondBucket: Edit[] = [
    add("aws:s3/bucket:Bucket", "second", {}),
    protect(second, true),
    add(
        "aws:s3/bucketVersioning:BucketVersioning",
        "second",
        { versioningConfiguration: { status: "Enabled" } },
        [],
        ofSecond,
    ),
    add(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "second",
        { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
        [],
        ofSecond,
    ),
    add(
        "aws:s3/bucketPolicy:BucketPolicy",
        "second",
        {
            policy: {
                Statement: {
                    Effect: "Deny",
                    Principal: "*",
                    Action: "s3:*",
                    Resource: "*",
                    Condition: { Bool: { "aws:SecureTransport": ["false"] } },
                },
            },
        },
        [],
        ofSecond,
    ),
];

/** A job without GPUs, with what only jobs on the fabric must not have. */
const cpuJob = (spec: object): Edit =>
    add("kubernetes:batch/v1:Job", "prepare", {
        metadata: { name: "prepare", namespace: "pretrain" },
        spec: { template: { spec: { ...spec } } },
    });
const plain = { name: "prepare", image: "python:3.12-slim-bookworm" };

export const jobsAndStorage: NearMiss[] = [
    near("train-jobs-keep-fabric-resources", "no resources of its own", [
        set(job, ["spec", "trainer", "resourcesPerNode"], undefined),
    ]),
    near("train-jobs-keep-fabric-resources", "fewer interfaces than the runtime", [
        set(job, [...limits, "vpc.amazonaws.com/efa"], "8"),
    ]),
    near("train-jobs-wait-in-a-queue", "the queue of the namespace that it moved to", [
        set(job, ["metadata", "namespace"], "research"),
        set(job, ["metadata", "labels", "kueue.x-k8s.io/queue-name"], "research"),
        set(job, ["spec", "trainer", "numNodes"], 64),
    ]),
    near("train-jobs-wait-in-a-queue", "known after the update", [
        set(job, ["metadata", "labels", "kueue.x-k8s.io/queue-name"], UNKNOWN),
    ]),
    near("shared-memory-is-large", "one GPU and none", [
        set(runtime, [...container, "resources", "limits", "nvidia.com/gpu"], "1"),
        set(runtime, [...container, "volumeMounts", 0], undefined),
    ]),
    near("shared-memory-is-large", "a volume of another name", [
        set(runtime, [...container, "volumeMounts", 0, "name"], "shm"),
        set(runtime, [...pod, "volumes", 0, "name"], "shm"),
    ]),
    near("efa-pods-lock-memory", "another capability before it", [
        set(runtime, [...container, "securityContext", "capabilities", "add"], ["SYS_NICE", "IPC_LOCK"]),
    ]),
    near("efa-pods-lock-memory", "a pod without EFA and without it", [
        cpuJob({ containers: [{ ...plain, securityContext: { capabilities: { drop: ["ALL"] } } }] }),
    ]),
    near("efa-pods-ask-for-hugepages", "fewer of them", [
        set(runtime, [...container, "resources", "limits", "hugepages-2Mi"], "1024Mi"),
    ]),
    near("efa-pods-ask-for-hugepages", "a pod without EFA and without them", [
        cpuJob({ containers: [{ ...plain, resources: { limits: { cpu: "4" } } }] }),
    ]),
    near("no-infiniband-host-path", "the counters in /sys", [
        set(runtime, [...pod, "volumes"], appended({ name: "counters", hostPath: { path: "/sys/class/infiniband" } })),
    ]),
    near("no-infiniband-host-path", "a pod without EFA", [
        cpuJob({ containers: [plain], volumes: [{ name: "ib", hostPath: { path: "/dev/infiniband" } }] }),
    ]),
    near("no-obsolete-efa-environment", "another variable of libfabric", [
        set(runtime, [...container, "env"], appended({ name: "FI_LOG_LEVEL", value: "warn" })),
    ]),
    near("no-obsolete-efa-environment", "a pod without EFA", [
        cpuJob({ containers: [{ ...plain, env: [{ name: "FI_EFA_FORK_SAFE", value: "1" }] }] }),
    ]),
    near("nccl-uses-the-fabric", "the plugin by its name", [
        set(job, ["spec", "trainer", "env"], appended({ name: "NCCL_NET", value: "AWS Libfabric" })),
    ]),
    near("nccl-uses-the-fabric", "the switch of the plugin off", [
        set(runtime, [...container, "env"], appended({ name: "OFI_NCCL_DISABLE", value: "0" })),
    ]),
    near("gpu-pods-tolerate-the-gpu-taint", "for every effect", [
        set(runtime, [...pod, "tolerations"], [{ key: "nvidia.com/gpu", operator: "Exists" }]),
    ]),
    near("gpu-pods-tolerate-the-gpu-taint", "by value", [
        set(
            runtime,
            [...pod, "tolerations"],
            [{ key: "nvidia.com/gpu", operator: "Equal", value: "true", effect: "NoSchedule" }],
        ),
    ]),
    near("checkpoints-outlive-nodes", "one node less than asked for", [set("TrainingJob#*", ["nodes"], 2)], {
        program: "dev",
        settings: { fromNodes: 3 },
    }),
    near(
        "checkpoints-outlive-nodes",
        "two nodes and a claim",
        [set("TrainingJob#*", ["nodes"], 2), set("TrainingJob#*", ["checkpoints"], { claim: "checkpoints" })],
        { program: "dev" },
    ),
    near("buckets-keep-versions", "a second bucket with its own", secondBucket, storage),
    near(
        "buckets-keep-versions",
        "known after the update",
        [set("BucketVersioning#ckpt-versions", ["versioningConfiguration"], UNKNOWN)],
        storage,
    ),
    near("buckets-are-private", "a second bucket with its own", secondBucket, storage),
    near(
        "buckets-are-private",
        "true as text",
        [set("BucketPublicAccessBlock#ckpt-private", ["ignorePublicAcls"], "true")],
        storage,
    ),
    near("buckets-require-tls", "a second bucket with its own, in other words", secondBucket, storage),
    near(
        "buckets-require-tls",
        "denied beside something allowed, as text",
        [
            set(
                "BucketPolicy#ckpt-tls",
                ["policy"],
                JSON.stringify({
                    Statement: [
                        { Effect: "Allow", Action: "s3:GetObject" },
                        { Effect: "Deny", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
                    ],
                }),
            ),
        ],
        storage,
    ),
    near(
        "lustre-survives-a-server",
        "the older persistent type",
        [set(lustre, ["deploymentType"], "PERSISTENT_1")],
        storage,
    ),
    near("lustre-survives-a-server", "known after the update", [set(lustre, ["deploymentType"], UNKNOWN)], storage),
    near("buckets-are-not-emptied", "false as text", [set("Bucket#ckpt-bucket", ["forceDestroy"], "false")], storage),
    near("buckets-are-not-emptied", "not set", [set("Bucket#ckpt-bucket", ["forceDestroy"], undefined)], storage),
    near("clusters-are-protected", "by the resource option in its place", [
        set(cluster, ["deletionProtection"], false),
        protect(cluster, true),
    ]),
    near("clusters-are-protected", "true as text", [set(cluster, ["deletionProtection"], "true")]),
    near("stateful-resources-are-protected", "a second bucket, protected", secondBucket, storage),
    near(
        "stateful-resources-are-protected",
        "EFS, protected",
        [add("aws:efs/fileSystem:FileSystem", "home", { encrypted: true }), protect("FileSystem#home", true)],
        storage,
    ),
    near("custom-resources-leave-before-their-operator", "by way of another object", [
        add(
            "kubernetes:kueue.x-k8s.io/v1beta2:LocalQueue",
            "extra",
            { metadata: { name: "extra", namespace: "pretrain" }, spec: { clusterQueue: "pretrain" } },
            [queue],
        ),
    ]),
    near("custom-resources-leave-before-their-operator", "by way of a release that needs the CRDs itself", [
        add("kubernetes:monitoring.coreos.com/v1:PodMonitor", "pods", { metadata: { name: "pods" } }, [
            "Release#train-monitoring-stack",
        ]),
    ]),
    near("nodes-leave-before-their-routes", "by way of another group", [
        add(
            "aws:eks/nodeGroup:NodeGroup",
            "tools",
            { amiType: "AL2023_x86_64_STANDARD", capacityType: "ON_DEMAND", scalingConfig: { maxSize: 1 } },
            ["NodeGroup#train-eks-system-nodes"],
        ),
    ]),
    near("nodes-leave-before-their-routes", "on one route of several", [
        add(
            "aws:eks/nodeGroup:NodeGroup",
            "tools",
            { amiType: "AL2023_x86_64_STANDARD", capacityType: "ON_DEMAND", scalingConfig: { maxSize: 1 } },
            ["Route#train-network-private-us-east-2a-nat"],
        ),
    ]),
];

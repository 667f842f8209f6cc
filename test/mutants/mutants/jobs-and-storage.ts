/** Mutants of the rules on training jobs, storage and teardown. */
import { add, detach, drop, protect, set } from "../../policies/program";
import type { Mutant } from "../mutant";
import { cluster, container, job, pod, queue, runtime } from "../names";

const limits = ["spec", "trainer", "resourcesPerNode", "limits"];
const appended = (item: unknown) => (old: unknown[] | undefined) => [...(old ?? []), item];
const bucket = "Bucket#ckpt-bucket";
const lustre = "LustreFileSystem#ckpt-lustre";

export const jobsAndStorage: Mutant[] = [
    {
        rule: "train-jobs-keep-fabric-resources",
        change: "EFA lost",
        edits: [set(job, [...limits, "vpc.amazonaws.com/efa"], undefined)],
    },
    {
        rule: "train-jobs-keep-fabric-resources",
        change: "hugepages lost",
        edits: [set(job, [...limits, "hugepages-2Mi"], undefined)],
    },
    {
        rule: "train-jobs-wait-in-a-queue",
        change: "label removed",
        edits: [set(job, ["metadata", "labels", "kueue.x-k8s.io/queue-name"], undefined)],
    },
    {
        rule: "train-jobs-wait-in-a-queue",
        change: "queue of another namespace",
        edits: [set(job, ["metadata", "labels", "kueue.x-k8s.io/queue-name"], "research")],
    },
    {
        rule: "shared-memory-is-large",
        change: "mount removed",
        edits: [set(runtime, [...container, "volumeMounts", 0], undefined)],
    },
    {
        rule: "shared-memory-is-large",
        change: "on disk",
        edits: [set(runtime, [...pod, "volumes", 0, "emptyDir"], {})],
    },
    {
        rule: "efa-pods-lock-memory",
        change: "capability removed",
        edits: [set(runtime, [...container, "securityContext", "capabilities", "add"], [])],
    },
    {
        rule: "efa-pods-lock-memory",
        change: "context removed",
        edits: [set(runtime, [...container, "securityContext"], undefined)],
    },
    {
        rule: "efa-pods-ask-for-hugepages",
        change: "runtime without hugepages",
        edits: [
            set(runtime, [...container, "resources"], (old: { limits: object; requests: object }) => ({
                limits: { ...old.limits, "hugepages-2Mi": undefined },
                requests: { ...old.requests, "hugepages-2Mi": undefined },
            })),
        ],
    },
    {
        rule: "efa-pods-ask-for-hugepages",
        change: "limits of EFA and GPU only",
        edits: [
            set(runtime, [...container, "resources"], {
                limits: { "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "16" },
            }),
        ],
    },
    {
        rule: "no-infiniband-host-path",
        change: "hostPath of the folder",
        edits: [set(runtime, [...pod, "volumes"], appended({ name: "ib", hostPath: { path: "/dev/infiniband" } }))],
    },
    {
        rule: "no-infiniband-host-path",
        change: "hostPath of one device",
        edits: [
            set(runtime, [...pod, "volumes"], appended({ name: "ib", hostPath: { path: "/dev/infiniband/uverbs0" } })),
        ],
    },
    {
        rule: "no-obsolete-efa-environment",
        change: "in the runtime",
        edits: [set(runtime, [...container, "env"], appended({ name: "FI_EFA_FORK_SAFE", value: "1" }))],
    },
    {
        rule: "no-obsolete-efa-environment",
        change: "in the job",
        edits: [set(job, ["spec", "trainer", "env"], appended({ name: "FI_PROVIDER", value: "efa" }))],
    },
    {
        rule: "nccl-uses-the-fabric",
        change: "sockets, from debugging",
        edits: [set(job, ["spec", "trainer", "env"], appended({ name: "NCCL_NET", value: "Socket" }))],
    },
    {
        rule: "nccl-uses-the-fabric",
        change: "sockets in lower case, which NCCL takes too",
        edits: [set(job, ["spec", "trainer", "env"], appended({ name: "NCCL_NET", value: "socket" }))],
    },
    {
        rule: "nccl-uses-the-fabric",
        change: "plugin off in the runtime",
        edits: [set(runtime, [...container, "env"], appended({ name: "NCCL_NET_PLUGIN", value: "none" }))],
    },
    {
        rule: "nccl-uses-the-fabric",
        change: "plugin off in upper case, which NCCL takes too",
        edits: [set(runtime, [...container, "env"], appended({ name: "NCCL_NET_PLUGIN", value: "NONE" }))],
    },
    {
        rule: "gpu-pods-tolerate-the-gpu-taint",
        change: "no tolerations",
        edits: [set(runtime, [...pod, "tolerations"], [])],
    },
    {
        rule: "gpu-pods-tolerate-the-gpu-taint",
        change: "another taint",
        edits: [set(runtime, [...pod, "tolerations", 0, "key"], "dedicated")],
    },
    {
        rule: "gpu-pods-tolerate-the-gpu-taint",
        change: "another effect",
        edits: [set(runtime, [...pod, "tolerations", 0, "effect"], "NoExecute")],
    },
    {
        rule: "gpu-pods-tolerate-the-gpu-taint",
        change: "no key, and no operator that would take every key",
        edits: [set(runtime, [...pod, "tolerations", 0], { effect: "NoSchedule" })],
    },
    {
        rule: "checkpoints-outlive-nodes",
        change: "two nodes for a job of one",
        program: "dev",
        edits: [set("TrainingJob#*", ["nodes"], 2)],
    },
    {
        rule: "checkpoints-outlive-nodes",
        change: "threshold of one",
        program: "dev",
        settings: { fromNodes: 1 },
        edits: [set("TrainingJob#*", ["priority"], "normal")],
    },
    {
        rule: "buckets-keep-versions",
        change: "none",
        program: "storage",
        edits: [drop("BucketVersioning#ckpt-versions")],
    },
    {
        rule: "buckets-keep-versions",
        change: "suspended",
        program: "storage",
        edits: [set("BucketVersioning#ckpt-versions", ["versioningConfiguration", "status"], "Suspended")],
    },
    {
        rule: "buckets-are-private",
        change: "no block",
        program: "storage",
        edits: [drop("BucketPublicAccessBlock#ckpt-private")],
    },
    {
        rule: "buckets-are-private",
        change: "ACLs allowed",
        program: "storage",
        edits: [set("BucketPublicAccessBlock#ckpt-private", ["ignorePublicAcls"], false)],
    },
    { rule: "buckets-require-tls", change: "no policy", program: "storage", edits: [drop("BucketPolicy#ckpt-tls")] },
    {
        rule: "buckets-require-tls",
        change: "policy about something else",
        program: "storage",
        edits: [set("BucketPolicy#ckpt-tls", ["policy"], '{"Statement":[]}')],
    },
    {
        rule: "buckets-require-tls",
        change: "TLS allowed, plain HTTP not denied",
        program: "storage",
        edits: [
            set("BucketPolicy#ckpt-tls", ["policy"], {
                Statement: [
                    { Effect: "Allow", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "true" } } },
                ],
            }),
        ],
    },
    {
        rule: "lustre-survives-a-server",
        change: "scratch",
        program: "storage",
        edits: [set(lustre, ["deploymentType"], "SCRATCH_2")],
    },
    {
        rule: "lustre-survives-a-server",
        change: "type not set",
        program: "storage",
        edits: [set(lustre, ["deploymentType"], undefined)],
    },
    {
        rule: "buckets-are-not-emptied",
        change: "forceDestroy",
        program: "storage",
        edits: [set(bucket, ["forceDestroy"], true)],
    },
    {
        rule: "buckets-are-not-emptied",
        change: "forceDestroy as text",
        program: "storage",
        edits: [set(bucket, ["forceDestroy"], "true")],
    },
    { rule: "clusters-are-protected", change: "protection off", edits: [set(cluster, ["deletionProtection"], false)] },
    {
        rule: "clusters-are-protected",
        change: "protection not set",
        edits: [set(cluster, ["deletionProtection"], undefined)],
    },
    {
        rule: "stateful-resources-are-protected",
        change: "bucket unprotected",
        program: "storage",
        edits: [protect(bucket, false)],
    },
    {
        rule: "stateful-resources-are-protected",
        change: "Lustre unprotected",
        program: "storage",
        edits: [protect(lustre, false)],
    },
    {
        rule: "stateful-resources-are-protected",
        change: "EFS unprotected",
        program: "storage",
        edits: [add("aws:efs/fileSystem:FileSystem", "home", { encrypted: true })],
    },
    {
        rule: "custom-resources-leave-before-their-operator",
        change: "queue depends on nothing",
        edits: [detach(queue)],
    },
    {
        rule: "custom-resources-leave-before-their-operator",
        change: "the same at 1,280 nodes",
        program: "scale",
        edits: [detach("Topology#*")],
    },
    {
        rule: "nodes-leave-before-their-routes",
        change: "system nodes depend on nothing",
        edits: [detach("NodeGroup#train-eks-system-nodes")],
    },
    {
        rule: "nodes-leave-before-their-routes",
        change: "the same at 1,280 nodes",
        program: "scale",
        edits: [detach("NodeGroup#train-eks-system-nodes")],
    },
];

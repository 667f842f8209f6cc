/** Mutants of the rules on security, supply chain and cost. */
import { add, drop, protect, set } from "../../policies/program";
import type { Mutant } from "../mutant";
import { cluster, container, efaRelease, gpuOperator, jobset, kueue, pod, POOL, runtime, TEMPLATE } from "../names";

const policy = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const rolePolicy = "RolePolicy#train-network-flow-logs";
const attachment = "RolePolicyAttachment#block-a-node-amazoneksworkernodepolicy";
const script = "ConfigMap#gpt2-script";
const appended = (item: unknown) => (old: unknown[] | undefined) => [...(old ?? []), item];
// Put together at run time, so that no scanner takes a test for a leak.
const accessKey = ["AKIA", "IOSFODNN7", "EXAMPLE"].join("");
const privateKey = ["-----BEGIN", "RSA PRIVATE", "KEY-----"].join(" ");

export const securityAndCost: Mutant[] = [
    {
        rule: "policies-name-what-they-allow",
        change: "everything",
        edits: [set(rolePolicy, ["policy"], policy({ Effect: "Allow", Action: "*", Resource: "*" }))],
    },
    {
        rule: "policies-name-what-they-allow",
        change: "a whole service everywhere",
        edits: [
            set(
                rolePolicy,
                ["policy"],
                policy({ Effect: "Allow", Action: ["s3:GetObject", "logs:*"], Resource: ["*"] }),
            ),
        ],
    },
    {
        rule: "policies-name-what-they-allow",
        change: "as an object",
        edits: [set(rolePolicy, ["policy"], { Statement: { Effect: "Allow", Action: "ec2:*", Resource: "*" } })],
    },
    {
        rule: "policies-name-what-they-allow",
        change: "all but a few actions",
        edits: [set(rolePolicy, ["policy"], policy({ Effect: "Allow", NotAction: ["iam:*"], Resource: "*" }))],
    },
    {
        rule: "roles-have-no-administrator-policy",
        change: "administrator",
        edits: [set(attachment, ["policyArn"], "arn:aws:iam::aws:policy/AdministratorAccess")],
    },
    {
        rule: "roles-have-no-administrator-policy",
        change: "all of S3",
        edits: [set(attachment, ["policyArn"], "arn:aws:iam::aws:policy/AmazonS3FullAccess")],
    },
    {
        rule: "cluster-logs-are-complete",
        change: "no audit log",
        edits: [set(cluster, ["enabledClusterLogTypes"], ["api", "authenticator", "controllerManager", "scheduler"])],
    },
    { rule: "cluster-logs-are-complete", change: "none", edits: [set(cluster, ["enabledClusterLogTypes"], undefined)] },
    {
        rule: "access-is-by-entries",
        change: "ConfigMap too",
        edits: [set(cluster, ["accessConfig", "authenticationMode"], "API_AND_CONFIG_MAP")],
    },
    { rule: "access-is-by-entries", change: "not set", edits: [set(cluster, ["accessConfig"], undefined)] },
    {
        rule: "no-privileged-pods",
        change: "privileged runtime",
        edits: [set(runtime, [...container, "securityContext", "privileged"], true)],
    },
    { rule: "no-privileged-pods", change: "host network", edits: [set(runtime, [...pod, "hostNetwork"], true)] },
    {
        rule: "no-secrets-in-plain-sight",
        change: "access key in a ConfigMap",
        edits: [set(script, ["data", "credentials"], `aws_access_key_id = ${accessKey}`)],
    },
    {
        rule: "no-secrets-in-plain-sight",
        change: "password in the environment",
        edits: [set(runtime, [...container, "env"], appended({ name: "WANDB_API_KEY", value: "0123456789" }))],
    },
    {
        rule: "no-secrets-in-plain-sight",
        change: "private key in user data",
        edits: [set(TEMPLATE, ["userData"], Buffer.from(`#!/bin/sh\necho "${privateKey}"`).toString("base64"))],
    },
    {
        rule: "security-groups-are-closed",
        change: "everybody over IPv4",
        edits: [set("SecurityGroupIngressRule#train-network-endpoints-https", ["cidrIpv4"], "0.0.0.0/0")],
    },
    {
        rule: "security-groups-are-closed",
        change: "everybody over IPv6",
        edits: [set("SecurityGroupIngressRule#train-network-endpoints-https", ["cidrIpv6"], "::/0")],
    },
    {
        rule: "security-groups-are-closed",
        change: "inline",
        edits: [
            set("SecurityGroup#train-network-endpoints", ["ingress"], [{ protocol: "tcp", cidrBlocks: ["0.0.0.0/0"] }]),
        ],
    },
    {
        rule: "nodes-have-no-public-address",
        change: "public subnet",
        edits: [set("Subnet#train-network-public-us-east-2a", ["mapPublicIpOnLaunch"], true)],
    },
    {
        rule: "nodes-have-no-public-address",
        change: "public interface",
        edits: [set(TEMPLATE, ["networkInterfaces", 0, "associatePublicIpAddress"], "true")],
    },
    { rule: "keys-rotate", change: "rotation off", edits: [set("Key#train-eks-key", ["enableKeyRotation"], false)] },
    {
        rule: "keys-rotate",
        change: "rotation not set",
        edits: [set("Key#train-network-flow-logs", ["enableKeyRotation"], undefined)],
    },
    { rule: "networks-have-flow-logs", change: "none", edits: [drop("FlowLog#train-network-flow-logs")] },
    {
        rule: "networks-have-flow-logs",
        change: "a second VPC without",
        edits: [add("aws:ec2/vpc:Vpc", "other", { cidrBlock: "10.1.0.0/16" })],
    },
    {
        rule: "namespaces-enforce-pod-security",
        change: "label removed",
        edits: [
            set(
                "Namespace#train-queues-namespace-evals",
                ["metadata", "labels", "pod-security.kubernetes.io/enforce"],
                undefined,
            ),
        ],
    },
    {
        rule: "namespaces-enforce-pod-security",
        change: "a level that does not exist",
        edits: [
            set("Namespace#train-gpu-system", ["metadata", "labels", "pod-security.kubernetes.io/enforce"], "none"),
        ],
    },
    {
        rule: "cluster-endpoint-is-not-open",
        change: "public without CIDRs",
        edits: [set(cluster, ["vpcConfig", "endpointPublicAccess"], true)],
    },
    {
        rule: "cluster-endpoint-is-not-open",
        change: "public to the world",
        edits: [
            set(cluster, ["vpcConfig", "endpointPublicAccess"], true),
            set(cluster, ["vpcConfig", "publicAccessCidrs"], ["0.0.0.0/0"]),
        ],
    },
    {
        rule: "cluster-endpoint-is-not-open",
        change: "named CIDRs where none are allowed",
        settings: { allowNamedCidrs: false },
        edits: [
            set(cluster, ["vpcConfig", "endpointPublicAccess"], true),
            set(cluster, ["vpcConfig", "publicAccessCidrs"], ["203.0.113.0/24"]),
        ],
    },
    {
        rule: "data-is-encrypted",
        change: "volume in the clear",
        edits: [set(TEMPLATE, ["blockDeviceMappings", 0, "ebs", "encrypted"], "false")],
    },
    {
        rule: "data-is-encrypted",
        change: "secrets in the clear",
        edits: [set(cluster, ["encryptionConfig"], undefined)],
    },
    {
        rule: "data-is-encrypted",
        change: "logs without key",
        edits: [set("LogGroup#train-eks-logs", ["kmsKeyId"], undefined)],
    },
    {
        rule: "data-is-encrypted",
        change: "Lustre without key",
        program: "storage",
        edits: [set("LustreFileSystem#ckpt-lustre", ["kmsKeyId"], undefined)],
    },
    {
        rule: "launch-template-requires-imdsv2",
        change: "IMDSv1",
        edits: [set(TEMPLATE, ["metadataOptions", "httpTokens"], "optional")],
    },
    {
        rule: "data-is-encrypted",
        change: "EFS in the clear",
        edits: [add("aws:efs/fileSystem:FileSystem", "home", {}), protect("FileSystem#home", true)],
    },
    {
        rule: "data-is-encrypted",
        change: "a volume of one's own in the clear",
        edits: [add("aws:ebs/volume:Volume", "data", { encrypted: false, size: 100 })],
    },
    {
        rule: "launch-template-requires-imdsv2",
        change: "hops left to the image",
        edits: [set(TEMPLATE, ["metadataOptions", "httpPutResponseHopLimit"], undefined)],
    },
    {
        rule: "launch-template-requires-imdsv2",
        change: "two hops",
        edits: [set(TEMPLATE, ["metadataOptions", "httpPutResponseHopLimit"], 2)],
    },
    { rule: "charts-are-pinned", change: "no version", edits: [set(gpuOperator, ["version"], undefined)] },
    { rule: "charts-are-pinned", change: "a range", edits: [set(efaRelease, ["version"], "0.5.x")] },
    {
        rule: "images-are-pinned",
        change: "latest, with digest of nothing",
        edits: [set(runtime, [...container, "image"], "pytorch/pytorch:latest")],
        alsoTrips: { "training-images-have-digests": "a moving tag has no digest either" },
    },
    {
        rule: "images-are-pinned",
        change: "no tag in chart values",
        edits: [set(efaRelease, ["values", "sidecar"], { image: "busybox" })],
        alsoTrips: { "chart-values-are-known": "the chart has no such key" },
    },
    {
        rule: "images-are-pinned",
        change: "a moving tag apart from its name",
        edits: [
            add("kubernetes:helm.sh/v3:Release", "team", {
                chart: "team",
                version: "1.0.0",
                values: { initImage: { repository: "example.com/team", tag: "latest" } },
            }),
        ],
    },
    {
        rule: "training-images-have-digests",
        change: "tag only",
        edits: [set(runtime, [...container, "image"], "docker.io/pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime")],
    },
    {
        rule: "training-images-have-digests",
        change: "another image by tag",
        edits: [set(runtime, [...container, "image"], "nvcr.io/nvidia/pytorch:26.01-py3")],
    },
    { rule: "charts-fit-together", change: "JobSet too new", edits: [set(jobset, ["version"], "0.13.0")] },
    { rule: "charts-fit-together", change: "Kueue too old for Trainer", edits: [set(kueue, ["version"], "0.16.0")] },
    {
        rule: "charts-fit-together",
        change: "Kubernetes too old for the charts",
        edits: [set(cluster, ["version"], "1.32")],
        alsoTrips: { "control-plane-is-in-standard-support": "a minor that charts have left is out of support too" },
    },
    {
        rule: "chart-values-are-known",
        change: "misspelt",
        edits: [set(gpuOperator, ["values", "divers"], { enabled: false })],
    },
    {
        rule: "chart-values-are-known",
        change: "renamed key",
        edits: [set(kueue, ["values", "controllerManager", "manager", "replica"], 2)],
    },
    {
        rule: "no-staging-registries",
        change: "staging repository in values",
        edits: [set(gpuOperator, ["values", "operator"], { repository: "nvcr.io/nvstaging/cloud-native" })],
    },
    {
        rule: "no-staging-registries",
        change: "staging chart",
        edits: [set(gpuOperator, ["repositoryOpts", "repo"], "https://helm.ngc.nvidia.com/nvstaging")],
    },
    {
        rule: "no-staging-registries",
        change: "staging folder of a registry",
        edits: [set(gpuOperator, ["values", "operator"], { repository: "registry.example.com/staging-operators" })],
    },
    {
        rule: "add-ons-are-pinned",
        change: "CoreDNS without version",
        edits: [set("Addon#train-eks-coredns", ["addonVersion"], undefined)],
    },
    {
        rule: "add-ons-are-pinned",
        change: "CNI without version",
        edits: [set("Addon#train-eks-vpc-cni", ["addonVersion"], undefined)],
    },
    {
        rule: "cost-within-budget",
        change: "budget too small",
        edits: [set("TrainingCluster#train", ["budget", "hourlyUsd"], 5000)],
    },
    {
        rule: "cost-within-budget",
        change: "ten times the nodes",
        edits: [set("TrainingCluster#train", ["pools", 0, "nodes"], 640)],
        alsoTrips: { "reservations-are-not-shared-out-twice": "the block holds 64" },
    },
    {
        rule: "capacity-blocks-are-in-their-window",
        change: "a day before",
        settings: { at: "2026-11-30T00:00:00Z" },
        edits: [set(POOL, ["nodes"], 64)],
    },
    {
        rule: "capacity-blocks-are-in-their-window",
        change: "at the end",
        settings: { at: "2026-12-15T11:30:00Z" },
        edits: [set(POOL, ["nodes"], 64)],
    },
    {
        rule: "reserved-machines-are-used",
        change: "half of a block",
        edits: [set("TrainingCluster#train", ["pools", 0, "nodes"], 32)],
    },
    {
        rule: "reserved-machines-are-used",
        change: "one machine idle",
        program: "scale",
        edits: [set("TrainingCluster#train", ["pools", 0, "nodes"], 319)],
    },
    {
        rule: "environments-have-a-budget",
        change: "none",
        edits: [set("TrainingCluster#train", ["budget"], undefined)],
    },
    {
        rule: "environments-have-a-budget",
        change: "no figure",
        edits: [set("TrainingCluster#train", ["budget", "hourlyUsd"], undefined)],
    },
    {
        rule: "environments-name-a-cost-center",
        change: "tag removed",
        edits: [set("TrainingCluster#train", ["tags"], {})],
    },
    {
        rule: "environments-name-a-cost-center",
        change: "a key of the company's own",
        settings: { keys: ["owner"] },
        edits: [set("TrainingCluster#train", ["tags", "team"], "x")],
    },
    {
        rule: "control-plane-is-in-standard-support",
        change: "extended",
        edits: [set(cluster, ["upgradePolicy", "supportType"], "EXTENDED")],
    },
    {
        rule: "control-plane-is-in-standard-support",
        change: "not set",
        edits: [set(cluster, ["upgradePolicy"], undefined)],
    },
];

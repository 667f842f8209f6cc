/** Mutants of the rules on fabric and capacity. */
import { add, drop, set } from "../../policies/program";
import type { Mutant } from "../mutant";
import { BLOCK, efaRelease, GROUP, gpuOperator, POOL, TEMPLATE } from "../names";

const nic = ["networkInterfaces", 5];

export const fabricAndCapacity: Mutant[] = [
    {
        rule: "efa-security-group-allows-itself",
        change: "no egress to itself",
        edits: [drop("SecurityGroupEgressRule#train-p5en*")],
    },
    {
        rule: "efa-security-group-allows-itself",
        change: "no ingress from itself",
        edits: [drop("SecurityGroupIngressRule#train-p5en*")],
    },
    {
        rule: "efa-security-group-allows-itself",
        change: "egress for TCP only",
        edits: [set("SecurityGroupEgressRule#train-p5en*", ["ipProtocol"], "tcp")],
    },
    {
        rule: "efa-interfaces-match-the-instance",
        change: "one interface forgotten",
        edits: [set(TEMPLATE, nic, undefined)],
    },
    {
        rule: "efa-interfaces-match-the-instance",
        change: "a card that the type has not",
        edits: [set(TEMPLATE, [...nic, "networkCardIndex"], 40)],
    },
    {
        rule: "efa-interfaces-match-the-instance",
        change: "a card as plain interface",
        edits: [set(TEMPLATE, [...nic, "interfaceType"], "interface")],
    },
    { rule: "efa-device-plugin-is-installed", change: "plugin removed", edits: [drop(efaRelease)] },
    {
        rule: "efa-device-plugin-is-installed",
        change: "another chart in its place",
        edits: [set(efaRelease, ["chart"], "metrics-server"), set(efaRelease, ["values"], {})],
    },
    {
        rule: "efa-devices-have-one-owner",
        change: "DRA driver beside the plugin",
        edits: [
            add("kubernetes:helm.sh/v3:Release", "dranet", {
                chart: "aws-dranet",
                version: "1.0.0",
                name: "dranet",
                values: {},
            }),
        ],
    },
    {
        rule: "efa-devices-have-one-owner",
        change: "DRA driver from a registry",
        edits: [
            add("kubernetes:helm.sh/v3:Release", "dranet", {
                chart: "oci://example.com/charts/aws-dranet",
                version: "1.0.0",
                values: {},
            }),
        ],
    },
    {
        rule: "efa-plugin-covers-every-type",
        change: "list of another type",
        edits: [set(efaRelease, ["values", "supportedInstanceLabels", "values"], ["p5.48xlarge"])],
    },
    {
        rule: "efa-plugin-covers-every-type",
        change: "empty list",
        edits: [set(efaRelease, ["values", "supportedInstanceLabels", "values"], [])],
    },
    {
        rule: "efa-nodes-share-one-zone",
        change: "a second subnet",
        edits: [set(GROUP, ["subnetIds"], ["subnet-a", "subnet-b"])],
    },
    {
        rule: "efa-nodes-share-one-zone",
        change: "three subnets",
        edits: [set("NodeGroup#block-b-nodes", ["subnetIds"], ["subnet-a", "subnet-b", "subnet-c"])],
    },
    { rule: "efa-pools-use-efa", change: "fabric tcp", edits: [set(POOL, ["fabric"], "tcp")] },
    {
        rule: "efa-pools-use-efa",
        change: "fabric tcp on p5",
        program: "staging",
        edits: [set("GpuNodePool#h100", ["fabric"], "tcp")],
    },
    {
        rule: "vpc-cni-knows-efa-only",
        change: "old CNI",
        edits: [set("Addon#train-eks-vpc-cni", ["addonVersion"], "v1.18.4-eksbuild.1")],
    },
    {
        rule: "vpc-cni-knows-efa-only",
        change: "very old CNI",
        edits: [set("Addon#train-eks-vpc-cni", ["addonVersion"], "v1.16.0-eksbuild.1")],
    },
    {
        rule: "no-mellanox-mounts-on-efa",
        change: "environment removed",
        edits: [set(gpuOperator, ["values", "devicePlugin", "env"], undefined)],
    },
    {
        rule: "no-mellanox-mounts-on-efa",
        change: "MOFED_ENABLED true",
        edits: [set(gpuOperator, ["values", "devicePlugin", "env", 0, "value"], "true")],
    },
    {
        rule: "no-peermem-on-efa",
        change: "driver.rdma on",
        edits: [set(gpuOperator, ["values", "driver", "rdma"], { enabled: true })],
    },
    {
        rule: "no-peermem-on-efa",
        change: "driver.rdma on, as text",
        program: "staging",
        edits: [set(gpuOperator, ["values", "driver", "rdma"], { enabled: "true" })],
    },
    {
        rule: "capacity-block-without-placement-group",
        change: "group by name",
        edits: [set(TEMPLATE, ["placement"], { groupName: "cluster" })],
    },
    {
        rule: "capacity-block-without-placement-group",
        change: "group by id",
        edits: [set(TEMPLATE, ["placement"], { groupId: "pg-1" })],
    },
    {
        rule: "reservations-carry-no-placement-group",
        change: "group on a reservation",
        program: "scale",
        edits: [set("LaunchTemplate#hall-a-template", ["placement"], { groupName: "cluster" })],
    },
    {
        rule: "reservations-carry-no-placement-group",
        change: "reservation on a placed pool",
        program: "staging",
        edits: [
            set("LaunchTemplate#h100-template", ["capacityReservationSpecification"], {
                capacityReservationTarget: { capacityReservationId: "cr-1" },
            }),
        ],
    },
    {
        rule: "capacity-type-matches-template",
        change: "market type forgotten",
        edits: [set(TEMPLATE, ["instanceMarketOptions"], undefined)],
    },
    {
        rule: "capacity-type-matches-template",
        change: "group says ON_DEMAND",
        edits: [set(GROUP, ["capacityType"], "ON_DEMAND")],
    },
    { rule: "block-nodes-follow-the-window", change: "no scale-down", edits: [drop("Schedule#block-a-down*")] },
    { rule: "block-nodes-follow-the-window", change: "no scale-up", edits: [drop("Schedule#block-a-up*")] },
    {
        rule: "block-nodes-follow-the-window",
        change: "never below one",
        edits: [set(GROUP, ["scalingConfig", "minSize"], 1)],
    },
    { rule: "image-fits-the-processor", change: "arm image", edits: [set(GROUP, ["amiType"], "AL2023_ARM_64_NVIDIA")] },
    {
        rule: "image-fits-the-processor",
        change: "image without driver",
        edits: [set(GROUP, ["amiType"], "AL2023_x86_64_STANDARD")],
    },
    { rule: "gpu-nodes-carry-the-gpu-taint", change: "no taints", edits: [set(GROUP, ["taints"], [])] },
    {
        rule: "gpu-nodes-carry-the-gpu-taint",
        change: "soft taint",
        edits: [set(GROUP, ["taints", 0, "effect"], "PREFER_NO_SCHEDULE")],
    },
    {
        rule: "gpu-nodes-repair-themselves",
        change: "repair off",
        edits: [set(GROUP, ["nodeRepairConfig", "enabled"], false)],
    },
    {
        rule: "gpu-nodes-repair-themselves",
        change: "repair not set",
        edits: [set(GROUP, ["nodeRepairConfig"], undefined)],
    },
    {
        rule: "reserved-pools-update-in-place",
        change: "strategy DEFAULT",
        edits: [set(GROUP, ["updateConfig", "updateStrategy"], "DEFAULT")],
    },
    { rule: "reserved-pools-update-in-place", change: "no strategy", edits: [set(GROUP, ["updateConfig"], undefined)] },
    {
        rule: "reservations-are-not-shared-out-twice",
        change: "both pools on one block",
        edits: [set("TrainingCluster#train", ["pools", 1, "capacity", "reservationId"], BLOCK)],
    },
    {
        rule: "reservations-are-not-shared-out-twice",
        change: "more nodes than the block holds",
        edits: [set("TrainingCluster#train", ["pools", 0, "capacity", "reservedNodes"], 60)],
    },
];

/** Near-misses of the rules on fabric and capacity. */
import { add, drop, set } from "../../policies/program";
import { BLOCK, efaRelease, GROUP, gpuOperator, POOL, TEMPLATE, UNKNOWN } from "../names";
import { near, type NearMiss } from "../near-miss";

const nic = ["networkInterfaces", 5];
const efaGroup = "SecurityGroup#train-p5en-48xlarge-us-east-2b-efa";
const efaIn = "SecurityGroupIngressRule#train-p5en*";
const efaOut = "SecurityGroupEgressRule#train-p5en*";
const toItself = { protocol: "-1", fromPort: 0, toPort: 0, self: true };
const pools = (...path: (string | number)[]): (string | number)[] => ["pools", ...path];
const training = "TrainingCluster#train";

export const fabricAndCapacity: NearMiss[] = [
    near("efa-security-group-allows-itself", "both rules inline in the group", [
        drop(efaIn),
        drop(efaOut),
        set(efaGroup, ["ingress"], [toItself]),
        set(efaGroup, ["egress"], [toItself]),
    ]),
    near("efa-security-group-allows-itself", "egress by the older resource", [
        drop(efaOut),
        add(
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            "efa-out",
            { type: "egress", protocol: "-1", fromPort: 0, toPort: 0, self: true },
            [],
            { securityGroupId: efaGroup },
        ),
    ]),
    near("efa-interfaces-match-the-instance", "a card's interface carries IP beside EFA", [
        set(TEMPLATE, [...nic, "interfaceType"], "efa"),
    ]),
    near("efa-interfaces-match-the-instance", "card 0 left to EC2's default", [
        set(TEMPLATE, ["networkInterfaces", 0, "networkCardIndex"], undefined),
    ]),
    near("efa-device-plugin-is-installed", "the DRA driver in its place", [
        set(efaRelease, ["chart"], "aws-dranet"),
        set(efaRelease, ["values"], {}),
    ]),
    near("efa-device-plugin-is-installed", "the plugin from a mirror", [
        set(efaRelease, ["chart"], "oci://mirror.example.com/charts/aws-efa-k8s-device-plugin"),
    ]),
    near("efa-devices-have-one-owner", "the DRA driver alone", [
        set(efaRelease, ["chart"], "aws-dranet"),
        set(efaRelease, ["values"], {}),
    ]),
    near("efa-devices-have-one-owner", "a DRA driver of other devices beside the plugin", [
        add("kubernetes:helm.sh/v3:Release", "dra", { chart: "dra-example-driver", version: "1.0.0", values: {} }),
    ]),
    near("efa-plugin-covers-every-type", "a type that the stack has not", [
        set(efaRelease, ["values", "supportedInstanceLabels", "values"], ["p5.48xlarge", "p5en.48xlarge"]),
    ]),
    near("efa-plugin-covers-every-type", "the chart's own list", [
        set(efaRelease, ["values", "supportedInstanceLabels"], undefined),
    ]),
    near("efa-nodes-share-one-zone", "one other subnet", [set(GROUP, ["subnetIds"], ["subnet-a"])]),
    near(
        "efa-nodes-share-one-zone",
        "system nodes in two subnets",
        [set("NodeGroup#train-eks-system-nodes", ["subnetIds"], ["subnet-a", "subnet-b"])],
        { outOfScope: "their template has no EFA interfaces" },
    ),
    near("efa-pools-use-efa", "one machine over TCP", [set(POOL, ["fabric"], "tcp"), set(POOL, ["nodes"], 1)]),
    near("efa-pools-use-efa", "TCP on machines with one EFA interface", [
        set(POOL, ["fabric"], "tcp"),
        set(POOL, ["instanceType"], "g6.12xlarge"),
    ]),
    near("vpc-cni-knows-efa-only", "the first version that knows them", [
        set("Addon#train-eks-vpc-cni", ["addonVersion"], "v1.18.5-eksbuild.1"),
    ]),
    near("vpc-cni-knows-efa-only", "another add-on of that version", [
        set("Addon#train-eks-coredns", ["addonVersion"], "v1.18.4-eksbuild.1"),
    ]),
    near("no-mellanox-mounts-on-efa", "false as a boolean", [
        set(gpuOperator, ["values", "devicePlugin", "env", 0, "value"], false),
    ]),
    near("no-mellanox-mounts-on-efa", "another variable before it", [
        set(gpuOperator, ["values", "devicePlugin", "env"], (old: unknown[]) => [
            { name: "PASS_DEVICE_SPECS", value: "true" },
            ...old,
        ]),
    ]),
    near("no-peermem-on-efa", "driver.rdma off", [set(gpuOperator, ["values", "driver", "rdma"], { enabled: false })]),
    near("no-peermem-on-efa", "driver.rdma known after the update", [
        set(gpuOperator, ["values", "driver", "rdma"], { enabled: UNKNOWN }),
    ]),
    near("capacity-block-without-placement-group", "a tenancy, and no group", [
        set(TEMPLATE, ["placement"], { tenancy: "default" }),
    ]),
    near(
        "capacity-block-without-placement-group",
        "a group on machines on demand",
        [set("LaunchTemplate#h100-template", ["placement"], { groupId: "pg-1" })],
        { program: "staging" },
    ),
    near(
        "reservations-carry-no-placement-group",
        "a zone, and no group",
        [set("LaunchTemplate#hall-a-template", ["placement"], { availabilityZone: "us-east-2b" })],
        { program: "scale" },
    ),
    near(
        "reservations-carry-no-placement-group",
        "any open reservation on a placed pool",
        [
            set("LaunchTemplate#h100-template", ["capacityReservationSpecification"], {
                capacityReservationPreference: "open",
            }),
        ],
        { program: "staging" },
    ),
    near("capacity-type-matches-template", "spot", [set("NodeGroup#h100-nodes", ["capacityType"], "SPOT")], {
        program: "staging",
    }),
    near("capacity-type-matches-template", "market known after the update", [
        set(TEMPLATE, ["instanceMarketOptions"], UNKNOWN),
    ]),
    near("block-nodes-follow-the-window", "one node first", [set("Schedule#block-a-up-1", ["desiredCapacity"], 1)]),
    near("block-nodes-follow-the-window", "one of several actions removed", [drop("Schedule#block-a-up-2")]),
    near("image-fits-the-processor", "an image of one's own", [set(GROUP, ["amiType"], "CUSTOM")]),
    near("image-fits-the-processor", "another image with the driver", [
        set(GROUP, ["amiType"], "BOTTLEROCKET_x86_64_NVIDIA"),
    ]),
    near("gpu-nodes-carry-the-gpu-taint", "a soft taint beside it", [
        set(GROUP, ["taints", 1], { key: "gpu-class", value: "h200", effect: "PREFER_NO_SCHEDULE" }),
    ]),
    near("gpu-nodes-carry-the-gpu-taint", "a soft taint of the same key before it", [
        set(GROUP, ["taints"], (old: unknown[]) => [{ key: "nvidia.com/gpu", effect: "PREFER_NO_SCHEDULE" }, ...old]),
    ]),
    near("gpu-nodes-repair-themselves", "true as text", [set(GROUP, ["nodeRepairConfig", "enabled"], "true")]),
    near("gpu-nodes-repair-themselves", "known after the update", [set(GROUP, ["nodeRepairConfig"], UNKNOWN)]),
    near(
        "reserved-pools-update-in-place",
        "DEFAULT on machines on demand",
        [set("NodeGroup#h100-nodes", ["updateConfig", "updateStrategy"], "DEFAULT")],
        { program: "staging" },
    ),
    near("reserved-pools-update-in-place", "known after the update", [
        set(GROUP, ["updateConfig", "updateStrategy"], UNKNOWN),
    ]),
    near("reservations-are-not-shared-out-twice", "two halves of one block", [
        set(training, pools(1, "capacity", "reservationId"), BLOCK),
        set(training, pools(0, "nodes"), 32),
        set(training, pools(1, "nodes"), 32),
    ]),
    near("reservations-are-not-shared-out-twice", "exactly what a larger block holds", [
        set(training, pools(0, "capacity", "reservedNodes"), 65),
        set(training, pools(0, "nodes"), 65),
        set(training, ["budget", "hourlyUsd"], 20000),
    ]),
];

/** Failures of the field, from the issue trackers of its projects. Each link is the report that the program reproduces. */
import { checkCheckpointStorage } from "../../components/checkpoint-storage";
import { checkGpuNodePool } from "../../components/gpu-node-pool/check";
import type { GpuNodePoolArgs } from "../../components/gpu-node-pool/gpu-node-pool-args";
import { access } from "../components/cluster-fixtures";
import {
    container,
    efaRelease,
    flavor,
    GROUP,
    gpuOperator,
    job,
    pod,
    queue,
    runtime,
    TEMPLATE,
    topology,
} from "../mutants/names";
import { detach, set } from "../policies/program";
import type { FieldFailure } from "./failure";

const appended = (item: unknown) => (old: unknown[] | undefined) => [...(old ?? []), item];
const gpuQuota = ["spec", "resourceGroups", 0, "flavors", 0, "resources", 3];
const block: GpuNodePoolArgs = {
    cluster: access,
    instanceType: "p5.48xlarge",
    nodes: 4,
    fabric: "efa",
    capacity: {
        kind: "capacity-block",
        reservationId: "cr-0a1b2c3d4e5f60718",
        reservedNodes: 4,
        start: "2026-12-01T11:30:00Z",
        end: "2026-12-02T11:30:00Z",
    },
};

export const failures: FieldFailure[] = [
    {
        link: "https://github.com/eksctl-io/eksctl/issues/7949",
        story: "A placement group forced onto a reservation launched 11 of 16 instances.",
        edits: [set(TEMPLATE, ["placement"], { groupName: "forced" })],
        caughtBy: "capacity-block-without-placement-group",
    },
    {
        link: "https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3730",
        story: "The module's placement group gave InsufficientInstanceCapacity beside an ODCR.",
        program: "scale",
        edits: [set("LaunchTemplate#hall-a-template", ["placement"], { groupName: "forced" })],
        caughtBy: "reservations-carry-no-placement-group",
    },
    {
        link: "https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3588",
        story: "A placement group was asked for together with a capacity block.",
        check: () => checkGpuNodePool("block", { ...block, capacity: { ...block.capacity, placementGroup: true } }),
        caughtBy: "capacity.placementGroup",
    },
    {
        link: "https://github.com/eksctl-io/eksctl/issues/8155",
        story: "Capacity blocks in node groups, asked for again and again: here the template lacks the block's market type.",
        edits: [set(TEMPLATE, ["instanceMarketOptions"], undefined)],
        caughtBy: "capacity-type-matches-template",
    },
    {
        link: "https://github.com/eksctl-io/eksctl/issues/8207",
        story: "The same request: here the pool does not name the block that it should use.",
        check: () =>
            checkGpuNodePool("block", {
                ...block,
                capacity: { kind: "capacity-block", start: "2026-12-01T11:30:00Z", end: "2026-12-02T11:30:00Z" },
            }),
        caughtBy: "capacity.reservationId",
    },
    {
        link: "https://github.com/eksctl-io/eksctl/issues/8320",
        story: "The same request: here nodes are asked for before the block begins.",
        edits: [set(GROUP, ["scalingConfig", "minSize"], 64)],
        caughtBy: "block-nodes-follow-the-window",
    },
    {
        link: "https://github.com/NVIDIA/k8s-device-plugin/issues/1692",
        story: "The device plugin's MOFED default broke every EFA pod.",
        edits: [set(gpuOperator, ["values", "devicePlugin", "env"], undefined)],
        caughtBy: "no-mellanox-mounts-on-efa",
    },
    {
        link: "https://github.com/aws-samples/aws-do-eks/pull/63",
        story: "A hostPath over /dev/infiniband killed EFA on B200.",
        edits: [set(runtime, [...pod, "volumes"], appended({ name: "ib", hostPath: { path: "/dev/infiniband" } }))],
        caughtBy: "no-infiniband-host-path",
    },
    {
        link: "https://github.com/aws/aws-ofi-nccl/issues/1063",
        story: "aws-ofi-nccl gave up and training went on over TCP in silence; a job that is told to use no plugin does the same.",
        edits: [set(runtime, [...container, "env"], appended({ name: "NCCL_NET_PLUGIN", value: "none" }))],
        caughtBy: "nccl-uses-the-fabric",
    },
    {
        link: "https://github.com/awslabs/amazon-eks-ami/issues/2423",
        story: "p5en nodes with EFA interfaces did not join; here one interface stands on a card that the type has not.",
        edits: [set(TEMPLATE, ["networkInterfaces", 1, "networkCardIndex"], 16)],
        caughtBy: "efa-interfaces-match-the-instance",
    },
    {
        link: "https://github.com/NVIDIA/gpu-operator/issues/2166",
        story: "The driver pod crash-looped under running workloads: here it is installed over the image's own driver.",
        edits: [
            set(gpuOperator, ["values", "driver"], {
                enabled: true,
                upgradePolicy: { waitForCompletion: { podSelector: "a=b" } },
            }),
        ],
        caughtBy: "driver-has-one-owner",
    },
    {
        link: "https://github.com/NVIDIA/gpu-operator/issues/2509",
        story: "Driver upgrades met running jobs and stayed upgrade-required for weeks.",
        edits: [set(gpuOperator, ["values", "driver"], { enabled: true })],
        caughtBy: "driver-upgrades-wait-for-training",
    },
    {
        link: "https://github.com/NVIDIA/gpu-operator/issues/2619",
        story: "nvidia-peermem crash-looped where no InfiniBand is.",
        edits: [set(gpuOperator, ["values", "driver", "rdma"], { enabled: true })],
        caughtBy: "no-peermem-on-efa",
    },
    {
        link: "https://github.com/NVIDIA/gpu-operator/issues/2868",
        story: "peermem again, switched on by text instead of a boolean.",
        edits: [set(gpuOperator, ["values", "driver", "rdma"], { enabled: "true" })],
        caughtBy: "no-peermem-on-efa",
    },
    {
        link: "https://github.com/aws-quickstart/cdk-eks-blueprints/issues/1237",
        story: "EFA machines came up without EFA.",
        edits: [set("GpuNodePool#block-a", ["fabric"], "tcp")],
        caughtBy: "efa-pools-use-efa",
    },
    {
        link: "https://github.com/kubernetes-sigs/kueue/issues/4329",
        story: "Kueue admits by quota what has no nodes: here quotas are above the nodes.",
        edits: [set(queue, [...gpuQuota, "nominalQuota"], "2048")],
        caughtBy: "quotas-fit-the-gpus",
    },
    {
        link: "https://github.com/kubernetes-sigs/kueue/issues/2724",
        story: "Gangs placed without regard to topology: here the flavor names none.",
        edits: [set(flavor, ["spec", "topologyName"], undefined)],
        caughtBy: "flavors-name-their-topology",
    },
    {
        link: "https://github.com/NVIDIA/topograph/issues/179",
        story: "Topology labels of one source mistaken for those of another: here a level that no node carries.",
        edits: [set(topology, ["spec", "levels", 0, "nodeLabel"], "network.topology.nvidia.com/spine")],
        caughtBy: "topology-levels-exist-on-nodes",
    },
    {
        link: "https://github.com/kubernetes-sigs/kueue/issues/5243",
        story: "Workloads that cannot fit hold up the queue: here a job larger than its queue may ever have.",
        edits: [set(job, ["spec", "trainer", "numNodes"], 256)],
        caughtBy: "gangs-fit-their-queue",
    },
    {
        link: "https://github.com/pulumi/pulumi-kubernetes/issues/3247",
        story: "Custom resources were created before their CRDs and outlived their operator.",
        edits: [detach(queue)],
        caughtBy: "custom-resources-leave-before-their-operator",
    },
    {
        link: "https://github.com/pulumi/pulumi-kubernetes/issues/1446",
        story: "A custom resource met no CRD, because nothing said that its chart comes first.",
        edits: [detach(topology)],
        caughtBy: "custom-resources-leave-before-their-operator",
    },
    {
        link: "https://github.com/awslabs/data-on-eks/issues/685",
        story: "Destroy took the routes before the nodes and left a VPC behind.",
        edits: [detach("NodeGroup#train-eks-system-nodes")],
        caughtBy: "nodes-leave-before-their-routes",
    },
    {
        link: "https://github.com/awslabs/awsome-distributed-ai/pull/1124",
        story: "FSx with EFA has a much larger unit of capacity.",
        check: () =>
            checkCheckpointStorage({
                cluster: access,
                writers: [{ namespace: "a", serviceAccount: "b" }],
                lustre: { capacityGib: 1200, throughputPerTib: 1000, efa: true },
            }),
        caughtBy: "lustre.capacityGib",
    },
    {
        link: "https://github.com/NVIDIA/dcgm-exporter/issues/85",
        story: "GPU metrics named the exporter's pod instead of the job's.",
        edits: [set(gpuOperator, ["values", "dcgmExporter", "serviceMonitor"], { enabled: true })],
        caughtBy: "gpu-metrics-keep-pod-labels",
    },
    {
        link: "https://github.com/kubernetes-sigs/karpenter/issues/2833",
        story: "Nodes with failures that DCGM saw were never repaired: here repair is off.",
        edits: [set(GROUP, ["nodeRepairConfig"], { enabled: false })],
        caughtBy: "gpu-nodes-repair-themselves",
    },
    {
        link: "https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin",
        story: "The EFA plugin's chart does not tolerate the GPU taint: no node offered EFA.",
        edits: [set(efaRelease, ["values", "tolerations"], undefined)],
        caughtBy: "daemonsets-tolerate-pool-taints",
    },
];

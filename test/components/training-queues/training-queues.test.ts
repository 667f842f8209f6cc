import { describe, expect, it } from "vitest";
import { TrainingQueues } from "../../../components/training-queues";
import type { TrainingQueuesArgs } from "../../../components/training-queues";
import { evaluate, valueOf } from "../../support/mocks";
import { parse } from "yaml";
import { blocks, fabricOf, pool } from "../cluster-fixtures";

const args: TrainingQueuesArgs = {
    pools: blocks,
    fabric: fabricOf(blocks),
    teams: [
        { name: "pretrain", gpus: 768, borrow: 224 },
        { name: "research", gpus: 192, borrow: 128, weight: 2 },
        { name: "evals", gpus: 64, lend: 32 },
    ],
};

interface Quota {
    name: string;
    nominalQuota: string;
    borrowingLimit?: string;
    lendingLimit?: string;
}

interface ClusterQueueSpec {
    cohortName?: string;
    resourceGroups: { coveredResources: string[]; flavors: { name: string; resources: Quota[] }[] }[];
    fairSharing: { weight: string };
    preemption: { [key: string]: string };
    namespaceSelector: object;
}

function quotasOf(inputs: { [key: string]: unknown }): { [resource: string]: Quota } {
    const spec = inputs["spec"] as ClusterQueueSpec;
    return Object.fromEntries(
        (spec.resourceGroups[0]?.flavors[0]?.resources ?? []).map((quota) => [quota.name, quota]),
    );
}

describe("TrainingQueues", () => {
    it("makes one flavor and one topology of two pools of one capacity group", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args));
        expect(run.ofType("kubernetes:kueue.x-k8s.io/v1beta2:ResourceFlavor")).toHaveLength(1);
        expect(run.ofType("kubernetes:kueue.x-k8s.io/v1beta2:Topology")).toHaveLength(1);
        const flavor = run.named("queues-flavor-p5en-48xlarge-us-east-2b-efa").inputs;
        expect(flavor["spec"]).toMatchObject({
            nodeLabels: { "kilogpu.dev/capacity-group": "p5en-48xlarge-us-east-2b-efa" },
            tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
        });
        const topology = run.ofType("kubernetes:kueue.x-k8s.io/v1beta2:Topology")[0]?.inputs;
        expect(topology?.["spec"]).toEqual({
            levels: [
                { nodeLabel: "topology.k8s.aws/network-node-layer-1" },
                { nodeLabel: "topology.k8s.aws/network-node-layer-2" },
                { nodeLabel: "topology.k8s.aws/network-node-layer-3" },
                { nodeLabel: "kubernetes.io/hostname" },
            ],
        });
    });

    it("covers every resource that a training pod asks for, in proportion to the team's GPUs", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args));
        const pretrain = quotasOf(run.named("queues-cluster-queue-pretrain").inputs);
        expect(Object.keys(pretrain).sort()).toEqual(
            ["cpu", "ephemeral-storage", "hugepages-2Mi", "memory", "nvidia.com/gpu", "vpc.amazonaws.com/efa"].sort(),
        );
        expect(pretrain["nvidia.com/gpu"]).toMatchObject({
            nominalQuota: "768",
            borrowingLimit: "224",
            lendingLimit: "768",
        });
        // 96 nodes of 16 EFA interfaces, 28 more to borrow.
        expect(pretrain["vpc.amazonaws.com/efa"]).toMatchObject({ nominalQuota: "1536", borrowingLimit: "448" });
        expect(pretrain["hugepages-2Mi"]).toMatchObject({ nominalQuota: `${String(96 * 5120)}Mi` });
        expect(quotasOf(run.named("queues-cluster-queue-evals").inputs)["nvidia.com/gpu"]).toMatchObject({
            nominalQuota: "64",
            borrowingLimit: "0",
            lendingLimit: "32",
        });
    });

    it("lets teams borrow in one cohort, by weight, and takes GPUs back by preemption", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args));
        const spec = run.named("queues-cluster-queue-research").inputs["spec"] as ClusterQueueSpec;
        expect(spec).toMatchObject({
            cohortName: "queues",
            fairSharing: { weight: "2" },
            preemption: { reclaimWithinCohort: "Any", withinClusterQueue: "LowerPriority" },
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "research" } },
        });
    });

    it("leaves cohort and limits out for a team alone, which Kueue would refuse", async () => {
        const run = await evaluate(
            () => new TrainingQueues("queues", { ...args, teams: [{ name: "solo", gpus: 1024 }] }),
        );
        const spec = run.named("queues-cluster-queue-solo").inputs["spec"] as ClusterQueueSpec;
        expect(spec.cohortName).toBeUndefined();
        expect(JSON.stringify(spec)).not.toMatch(/borrowingLimit|lendingLimit/);
    });

    it("gives each team a namespace that jobs cannot leave the queue in, privileged only for pinned memory", async () => {
        const efa = await evaluate(() => new TrainingQueues("queues", args));
        expect(efa.named("queues-namespace-pretrain").inputs["metadata"]).toMatchObject({
            name: "pretrain",
            labels: { "kilogpu.dev/team": "pretrain", "pod-security.kubernetes.io/enforce": "privileged" },
        });
        const g6 = [pool("dev", { instanceType: "g6.xlarge", nodes: 1, timeSlicing: 4 })];
        const tcp = await evaluate(
            () => new TrainingQueues("queues", { pools: g6, fabric: fabricOf(g6), teams: [{ name: "dev", gpus: 4 }] }),
        );
        expect(tcp.named("queues-namespace-dev").inputs["metadata"]).toMatchObject({
            labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        });
    });

    it("installs the pinned Kueue with fair sharing, TrainJob integration and held-back jobs", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args));
        const chart = run.named("queues-kueue").inputs as {
            chart: string;
            values: { managerConfig: { controllerManagerConfigYaml: string } };
        };
        expect(chart.chart).toBe("oci://registry.k8s.io/kueue/charts/kueue");
        const configuration = parse(chart.values.managerConfig.controllerManagerConfigYaml) as object;
        expect(configuration).toMatchObject({
            apiVersion: "config.kueue.x-k8s.io/v1beta2",
            manageJobsWithoutQueueName: true,
            waitForPodsReady: { timeout: "30m" },
            fairSharing: { preemptionStrategies: ["LessThanOrEqualToFinalShare", "LessThanInitialShare"] },
        });
        expect(JSON.stringify(configuration)).toContain("trainer.kubeflow.org/trainjob");
    });

    it("orders queues after Kueue and nodes, and jobs after queues", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args));
        for (const resource of run.custom.filter((each) => each.type.includes("kueue.x-k8s.io"))) {
            expect(resource.dependencies, resource.name).toContain("queues-kueue");
        }
        expect(run.named("queues-cluster-queue-pretrain").dependencies).toContain(
            "queues-flavor-p5en-48xlarge-us-east-2b-efa",
        );
        expect(run.named("queues-local-queue-pretrain").dependencies).toContain("queues-cluster-queue-pretrain");
        expect(await valueOf(run.result.spec.localQueues)).toEqual(["pretrain", "research", "evals"]);
    });

    it("renames flavor and topology when their content changes, so that the new one is made first", async () => {
        const nameOf = async (pools: typeof blocks) => {
            const run = await evaluate(() => new TrainingQueues("queues", { ...args, pools, fabric: fabricOf(pools) }));
            const flavor = run.named("queues-flavor-p5en-48xlarge-us-east-2b-efa");
            expect(flavor.deleteBeforeReplace).toBe(false);
            return (flavor.inputs["metadata"] as { name: string }).name;
        };
        const tainted = blocks.map((each) => ({
            ...each,
            taints: [...each.taints, { key: "dedicated", value: "x", effect: "NoSchedule" }],
        }));
        expect(await nameOf(blocks)).toBe(await nameOf(blocks));
        expect(await nameOf(tainted)).not.toBe(await nameOf(blocks));
    });

    it("previews with unknown values", async () => {
        const run = await evaluate(() => new TrainingQueues("queues", args), { preview: true });
        expect(run.ofType("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue")).toHaveLength(3);
    });
});

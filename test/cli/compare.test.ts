/** What a change does: right about replace, restart, in place and no-op, in resources, GPUs and dollars. */
import { describe, expect, it } from "vitest";
import { comparePlans, differingPaths, type PlanDifference } from "../../cli/plan/compare";
import type { Plan, PlannedPool, PlannedResource } from "../../cli/plan/contract";
import { chartConsequence, consequenceOf } from "../../cli/plan/disruption";
import { renderDifference, renderMarkdown } from "../../cli/plan/render-difference";
import type { Json } from "../../cli/plan/values";

const STACK = "urn:pulumi:prod::kilogpu::pulumi:pulumi:Stack::kilogpu-prod";
const POOL = "urn:pulumi:prod::kilogpu::kilogpu:index:GpuNodePool::h200";

function resource(
    type: string,
    name: string,
    inputs: { [key: string]: Json },
    parent: string = STACK,
    custom = true,
    propertyDependencies: { [property: string]: string[] } = {},
): PlannedResource {
    return {
        urn: parent === STACK && !custom ? POOL : `urn:${type}::${name}`,
        type,
        name,
        parent,
        custom,
        inputs,
        dependencies: [],
        propertyDependencies,
        protect: false,
    };
}

interface World {
    instanceType?: string;
    nodes?: number;
    chartVersion?: string;
    quota?: number;
    image?: string;
}

/** A small environment: one pool, one chart, one queue. */
function world({
    instanceType = "p5en.48xlarge",
    nodes = 64,
    chartVersion = "v26.7.0",
    quota = 512,
    image = "ami-1",
}: World = {}): Plan {
    const pool: PlannedPool = {
        name: "h200",
        urn: POOL,
        instanceType,
        nodes,
        gpus: nodes * 8,
        schedulableGpus: nodes * 8,
        efaInterfaces: nodes * 16,
        vcpus: nodes * 192,
        fabric: "efa",
        zone: "us-east-2b",
        capacityGroup: "g",
        capacity: "on-demand",
        active: true,
    };
    return {
        environment: "prod",
        at: null,
        monitoring: [],
        resources: [
            { ...resource("pulumi:pulumi:Stack", "kilogpu-prod", {}), urn: STACK, parent: null, custom: false },
            resource("kilogpu:index:GpuNodePool", "h200", { instanceType, nodes }, STACK, false),
            resource("aws:ec2/launchTemplate:LaunchTemplate", "h200-template", { imageId: image }, POOL),
            resource(
                "aws:eks/nodeGroup:NodeGroup",
                "h200-nodes",
                {
                    instanceTypes: [instanceType],
                    scalingConfig: { minSize: 0, maxSize: nodes, desiredSize: nodes },
                    launchTemplate: { id: "<computed>", version: "<computed>" },
                },
                POOL,
                true,
                { launchTemplate: ["urn:aws:ec2/launchTemplate:LaunchTemplate::h200-template"] },
            ),
            resource("kubernetes:helm.sh/v3:Release", "gpu-operator", { chart: "gpu-operator", version: chartVersion }),
            resource("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue", "pretrain", {
                metadata: { name: "pretrain" },
                spec: { quota },
            }),
        ],
        pools: [pool],
        totals: {
            nodes,
            systemNodes: 3,
            gpus: nodes * 8,
            schedulableGpus: nodes * 8,
            efaInterfaces: nodes * 16,
            vcpus: nodes * 192,
        },
        cost: {
            hourlyUsd: nodes * 60,
            monthlyUsd: nodes * 60 * 730,
            asOf: "2026-11-01",
            items: [
                {
                    name: "h200",
                    kind: "GPU nodes, on-demand",
                    quantity: nodes,
                    unit: instanceType,
                    hourlyUsd: nodes * 60,
                    asOf: "2026-11-01",
                    source: "test",
                },
            ],
        },
        policies: [],
        lookups: [],
        messages: [],
    };
}

function change(after: World): PlanDifference {
    return comparePlans(world(), world(after), { before: "main", after: "working tree" });
}

describe("a change between two plans", () => {
    it("is nothing where nothing differs", () => {
        const difference = change({});
        expect(difference.resources).toEqual([]);
        expect(difference.pools).toEqual([]);
        expect(renderDifference(difference)).toEqual(["Nothing changes between main and working tree."]);
    });

    it("reads a plan that was saved before plans named what each property depends on", () => {
        const saved = JSON.parse(JSON.stringify(world())) as { resources: { propertyDependencies?: object }[] };
        saved.resources.forEach((each) => delete each.propertyDependencies);
        expect(comparePlans(saved as Plan, saved as Plan, { before: "a", after: "b" }).resources).toEqual([]);
    });

    it("says of a chart's claim whether its StatefulSet is made anew by itself", () => {
        const path = "values.singleBinary.persistence.size";
        const values = { singleBinary: { persistence: { enableStatefulSetRecreationForSizeChange: true } } };
        expect(chartConsequence("loki", [path], values).effect).toMatch(/^its StatefulSet is made anew/);
        expect(chartConsequence("loki", [path], {}).effect).toMatch(/cascade=orphan$/);
    });

    it("replaces a pool whose instance type changes", () => {
        const difference = change({ instanceType: "p5e.48xlarge" });
        expect(difference.resources.map(({ name, change: kind }) => [name, kind])).toEqual([["h200-nodes", "replace"]]);
        expect(difference.pools).toMatchObject([{ pool: "h200", disruption: "replace" }]);
    });

    it("drains the difference when a pool shrinks, and counts GPUs and dollars", () => {
        const difference = change({ nodes: 32 });
        expect(difference.resources).toMatchObject([{ name: "h200-nodes", change: "update", disruption: "in place" }]);
        expect(difference.pools).toMatchObject([
            { pool: "h200", disruption: "drain", effects: ["32 of 64 nodes drain"], nodesBefore: 64, nodesAfter: 32 },
        ]);
        expect(difference.gpus).toEqual({ before: 512, after: 256 });
        expect(difference.hourlyUsd.after - difference.hourlyUsd.before).toBe(-32 * 60);
    });

    it("only adds nodes when a pool grows", () => {
        expect(change({ nodes: 96 }).pools).toMatchObject([{ disruption: "no-op", effects: ["32 nodes join"] }]);
    });

    it("restarts what a chart upgrade touches, and no pool", () => {
        const difference = change({ chartVersion: "v26.8.0" });
        expect(difference.resources).toMatchObject([
            { name: "gpu-operator", change: "update", disruption: "restart", paths: ["version"] },
        ]);
        expect(difference.pools).toEqual([]);
    });

    it("changes a queue in place and disturbs nobody", () => {
        const difference = change({ quota: 448 });
        expect(difference.resources).toMatchObject([{ name: "pretrain", change: "update", disruption: "in place" }]);
        expect(difference.pools).toEqual([]);
        expect(difference.gpus.before).toBe(difference.gpus.after);
    });

    it("rolls the pool for a new image", () => {
        expect(change({ image: "ami-2" }).pools).toMatchObject([{ pool: "h200", disruption: "restart" }]);
    });

    it("has a Markdown form with pools, dollars and every resource", () => {
        const markdown = renderMarkdown("prod", change({ nodes: 32 }));
        expect(markdown).toContain("| h200 | 64 → 32 | drain | 32 of 64 nodes drain |");
        expect(markdown).toContain("-$1,920 an hour");
        expect(markdown).toContain("aws:eks/nodeGroup:NodeGroup");
    });
});

describe("what a path means", () => {
    it("finds every differing path, in lists and maps", () => {
        expect(differingPaths({ a: [1, { b: 2 }], c: 3 }, { a: [1, { b: 4 }, 5], d: 3 })).toEqual([
            "a[1].b",
            "a[2]",
            "c",
            "d",
        ]);
    });

    it.each([
        ["aws:eks/nodeGroup:NodeGroup", ["amiType"], "replace"],
        ["aws:eks/nodeGroup:NodeGroup", ["version"], "restart"],
        ["aws:eks/nodeGroup:NodeGroup", ["labels.team"], "in place"],
        ["aws:eks/nodeGroup:NodeGroup", ["launchTemplate.version"], "restart"],
        ["aws:eks/nodeGroup:NodeGroup", ["launchTemplate.id"], "replace"],
        ["aws:eks/cluster:Cluster", ["vpcConfig.subnetIds[0]"], "in place"],
        ["aws:eks/cluster:Cluster", ["kubernetesNetworkConfig.ipFamily"], "replace"],
        ["aws:eks/cluster:Cluster", ["version"], "restart"],
        ["aws:fsx/lustreFileSystem:LustreFileSystem", ["deploymentType"], "replace"],
        ["aws:ec2/launchTemplate:LaunchTemplate", ["tags.owner"], "in place"],
        ["aws:ec2/launchTemplate:LaunchTemplate", ["userData"], "in place"],
        ["kubernetes:kueue.x-k8s.io/v1beta2:Topology", ["spec.levels[0].nodeLabel"], "replace"],
        ["kubernetes:core/v1:ConfigMap", ["metadata.name"], "replace"],
        ["kubernetes:core/v1:ConfigMap", ["data.x"], "in place"],
    ])("of %s: %j is %s", (type, paths, disruption) => {
        const either = resource(type, "any", {});
        expect(consequenceOf(either, either, paths).disruption).toBe(disruption);
    });

    it.each([
        [4800, 2400, "replace"],
        [4800, 9600, "in place"],
    ])("of a file system: %i GiB to %i GiB is %s", (before, after, disruption) => {
        const sized = (storageCapacity: number): PlannedResource =>
            resource("aws:fsx/lustreFileSystem:LustreFileSystem", "checkpoints", {
                deploymentType: "PERSISTENT_2",
                storageCapacity,
            });
        expect(consequenceOf(sized(before), sized(after), ["storageCapacity"]).disruption).toBe(disruption);
    });

    it("of an object that keeps its name: the old one goes first", () => {
        const object = resource("kubernetes:batch/v1:Job", "any", { metadata: { name: "a" } });
        expect(consequenceOf(object, object, ["spec.template.spec"]).effect).toMatch(/the old one is deleted first/);
        const group = (nodeGroupName: string): PlannedResource =>
            resource("aws:eks/nodeGroup:NodeGroup", "any", { nodeGroupName });
        expect(consequenceOf(group("a"), group("b"), ["nodeGroupName"]).effect).toMatch(/the new one is created first/);
    });
});

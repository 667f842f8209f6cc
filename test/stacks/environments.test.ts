import { describe, expect, it } from "vitest";
import { costItems } from "../../components/cost";
import { valueOf } from "../support/mocks";
import { configOf, environments, run } from "./environment";

interface JobSpec {
    trainer: {
        numNodes: number;
        numProcPerNode: number;
        resourcesPerNode: { requests: { [resource: string]: string } };
    };
    runtimePatches: unknown[];
}

describe("environments", () => {
    it.each(environments)("%s evaluates, also as a first preview", async (environment) => {
        const update = await run(environment);
        const preview = await run(environment, configOf(environment), true);
        expect(preview.inventory()).toEqual(update.inventory());
    });

    it("prod has 1,024 GPUs in two pools of one flavor, and a job on all of them", async () => {
        const prod = await run("prod");
        expect(prod.result.pools.reduce((total, pool) => total + pool.nodes * pool.gpusPerNode, 0)).toBe(1024);
        expect(
            prod.ofType("aws:eks/nodeGroup:NodeGroup").filter((each) => each.name.startsWith("block-")),
        ).toHaveLength(2);
        expect(prod.ofType("kubernetes:kueue.x-k8s.io/v1beta2:ResourceFlavor")).toHaveLength(1);
        expect(prod.ofType("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue")).toHaveLength(3);
        const job = prod.named("gpt2-job").inputs["spec"] as JobSpec;
        expect(job.trainer).toMatchObject({ numNodes: 128, numProcPerNode: 8 });
        expect(job.trainer.resourcesPerNode.requests).toMatchObject({
            "nvidia.com/gpu": "8",
            "vpc.amazonaws.com/efa": "16",
            "hugepages-2Mi": "5120Mi",
        });
        expect(JSON.stringify(job.runtimePatches)).toContain(
            '"kueue.x-k8s.io/podset-required-topology":"topology.k8s.aws/network-node-layer-1"',
        );
        expect(await valueOf(prod.result.jobs)).toEqual(["pretrain/gpt2"]);
    });

    it("prod's pools share one security group for EFA", async () => {
        const prod = await run("prod");
        const groups = prod
            .ofType("aws:ec2/launchTemplate:LaunchTemplate")
            .filter((template) => template.name.startsWith("block-"))
            .map((template) => JSON.stringify(template.inputs["networkInterfaces"]).match(/train-p5en[a-z0-9-]*-id/g));
        expect(groups).toHaveLength(2);
        expect(new Set(groups.flat())).toEqual(new Set(["train-p5en-48xlarge-us-east-2b-efa-id"]));
    });

    it.each(["staging", "prod", "scale"])(
        "a job of %s writes its checkpoints where a lost node takes none along",
        async (name) => {
            const made = await run(name);
            const [job] = made.custom.filter((each) => each.type.endsWith(":TrainJob"));
            const patches = JSON.stringify((job?.inputs["spec"] as JobSpec).runtimePatches);
            expect(patches).toContain('"persistentVolumeClaim":{"claimName":"checkpoints"}');
            expect(patches).toContain('"serviceAccountName":"training"');
            expect(job?.dependencies.filter((each) => each.startsWith("train-volumes-"))).not.toEqual([]);
            for (const type of ["aws:s3/bucket:Bucket", "aws:fsx/lustreFileSystem:LustreFileSystem"]) {
                expect(made.ofType(type).map((each) => each.protect)).toEqual([true]);
            }
        },
    );

    it("dev keeps them on the node's own disk", async () => {
        const dev = await run("dev");
        expect(dev.ofType("aws:s3/bucket:Bucket")).toEqual([]);
        expect(JSON.stringify(dev.named("gpt2-tiny-job").inputs)).toContain(
            '{"name":"KILOGPU_CHECKPOINT_DIR","value":"/scratch/checkpoints"}',
        );
    });

    it("scale has 1,280 nodes in four pools, and a job on all of them", async () => {
        const scale = await run("scale");
        expect(scale.result.pools.map((pool) => pool.nodes)).toEqual([320, 320, 320, 320]);
        expect((scale.named("gpt2-large-job").inputs["spec"] as JobSpec).trainer.numNodes).toBe(1280);
    });

    it("dev shares its GPU among four, and its job takes one slice", async () => {
        const dev = await run("dev");
        const operator = dev.named("train-gpu-operator").inputs["values"] as {
            devicePlugin: { config: { default: string; data: { [name: string]: string } } };
        };
        expect(operator.devicePlugin.config.data["time-slicing-4"]).toContain("replicas: 4");
        const job = dev.named("gpt2-tiny-job").inputs["spec"] as JobSpec;
        expect(job.trainer.resourcesPerNode.requests["nvidia.com/gpu"]).toBe("1");
    });

    it("the kubeconfig is a secret, and everything in Kubernetes goes through the cluster's own provider", async () => {
        const prod = await run("prod");
        const inCluster = prod.custom.filter((resource) => resource.type.startsWith("kubernetes:"));
        expect(inCluster.length).toBeGreaterThan(20);
        expect(new Set(inCluster.map((resource) => /train-kubernetes/.test(resource.provider)))).toEqual(
            new Set([true]),
        );
        expect(prod.named("train-kubernetes").secretInputs).toContain("kubeconfig");
    });

    it("writes its series to a managed Prometheus too where that is asked for, and prices it as billed by use", async () => {
        const config = configOf("staging");
        const monitoring = { ...(config["kilogpu:monitoring"] as object), managedPrometheus: true };
        const asked = await run("staging", { ...config, "kilogpu:monitoring": monitoring });
        expect((await run("staging")).ofType("aws:amp/workspace:Workspace")).toHaveLength(0);
        expect(asked.ofType("aws:amp/workspace:Workspace")).toHaveLength(1);
        const stack = JSON.stringify(asked.named("train-monitoring-stack").inputs["values"]);
        expect(stack).toContain("api/v1/remote_write");
        expect(stack).toContain('"region":"us-');
        const [workspace] = asked.ofType("aws:amp/workspace:Workspace");
        const subject = { urn: "urn", type: workspace?.type ?? "", name: "workspace", parent: "", inputs: {} };
        expect(costItems([subject])).toMatchObject([{ kind: "managed Prometheus", hourlyUsd: null }]);
    });
});

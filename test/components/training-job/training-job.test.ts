import { describe, expect, it } from "vitest";
import { capacityGroups } from "../../../components/capacity-group";
import { trainingRuntimes } from "../../../components/kubeflow";
import type { NodePoolArgs } from "../../../components/gpu-node-pool/pool";
import { findInstance } from "../../../catalog/instances";
import { TrainingJob, checkTrainingJob } from "../../../components/training-job";
import type { TrainingJobArgs } from "../../../components/training-job";
import { queueFacts, teamQuotas } from "../../../components/training-queues";
import type { TeamArgs } from "../../../components/training-queues";
import { evaluate, messageOf, valueOf } from "../../support/mocks";
import { fabricOf, pool } from "../cluster-fixtures";

/** The records of a cluster with these pools and teams. */
function cluster(pools: NodePoolArgs[], teams: TeamArgs[]): Pick<TrainingJobArgs, "queues" | "runtime"> {
    const groups = capacityGroups(pools, fabricOf(pools));
    const quotas = teamQuotas(teams, groups);
    const runtimes = trainingRuntimes(groups);
    return {
        queues: { ...queueFacts(groups, quotas), localQueues: quotas.map((quota) => quota.localQueue) },
        runtime: { runtimes, names: runtimes.map((runtime) => runtime.name) },
    };
}

const h200 = [pool("h200", { instanceType: "p5en.48xlarge", nodes: 80 })];
const teams = [
    { name: "pretrain", gpus: 448, borrow: 64 },
    { name: "research", gpus: 64, borrow: 64 },
];
const args: TrainingJobArgs = { team: "pretrain", nodes: 56, script: "print(1)", ...cluster(h200, teams) };

interface JobSpec {
    trainer: {
        command: string[];
        args: string[];
        env: { name: string; value: string }[];
        resourcesPerNode: { requests: { [resource: string]: string }; limits: { [resource: string]: string } };
    };
    runtimePatches: {
        manager: string;
        trainingRuntimeSpec: {
            template: {
                spec: {
                    replicatedJobs: {
                        name: string;
                        template: {
                            spec: {
                                template: {
                                    metadata: { annotations: { [key: string]: string } };
                                    spec: { volumes: object[]; containers: { name: string; volumeMounts: object[] }[] };
                                };
                            };
                        };
                    }[];
                };
            };
        };
    }[];
}

function specOf(inputs: { [key: string]: unknown }): JobSpec {
    return inputs["spec"] as JobSpec;
}

function podOf(inputs: { [key: string]: unknown }) {
    const job = specOf(inputs).runtimePatches[0]?.trainingRuntimeSpec.template.spec.replicatedJobs[0];
    if (job === undefined) {
        throw new Error("no patch");
    }
    return job.template.spec.template;
}

describe("TrainingJob", () => {
    it("runs the script with torchrun on whole nodes, in the team's queue", async () => {
        const run = await evaluate(
            () => new TrainingJob("gpt2", { ...args, scriptName: "gpt2.py", arguments: ["--steps=1"] }),
        );
        const job = run.named("gpt2-job").inputs;
        expect(job["metadata"]).toMatchObject({
            name: "gpt2",
            namespace: "pretrain",
            labels: { "kueue.x-k8s.io/queue-name": "pretrain", "kueue.x-k8s.io/priority-class": "normal" },
        });
        expect(job["spec"]).toMatchObject({
            runtimeRef: { name: "p5en-48xlarge-us-east-2b-efa", kind: "ClusterTrainingRuntime" },
            trainer: {
                command: ["python3", "/opt/kilogpu/kilogpu_launch.py", "/opt/kilogpu/gpt2.py"],
                args: ["--steps=1"],
                numNodes: 56,
                numProcPerNode: 8,
            },
        });
        expect(await valueOf(run.result.jobName)).toBe("gpt2");
    });

    it("cannot lose EFA or hugepages, even with a part of the GPUs", async () => {
        const whole = await evaluate(() => new TrainingJob("gpt2", args));
        expect(specOf(whole.named("gpt2-job").inputs).trainer.resourcesPerNode.limits).toEqual(
            args.runtime.runtimes[0]?.podResources,
        );
        const part = await evaluate(() => new TrainingJob("gpt2", { ...args, gpusPerNode: 2 }));
        const { requests, limits } = specOf(part.named("gpt2-job").inputs).trainer.resourcesPerNode;
        expect(requests).toEqual(limits);
        expect(requests).toMatchObject({
            "nvidia.com/gpu": "2",
            "vpc.amazonaws.com/efa": "4",
            "hugepages-2Mi": "1280Mi",
        });
    });

    it("mounts the script from an immutable ConfigMap that is renamed with its content", async () => {
        const nameOf = async (script: string): Promise<string> => {
            const run = await evaluate(
                () => new TrainingJob("gpt2", { ...args, script, files: { "model.py": "x = 1" } }),
            );
            const map = run.named("gpt2-script").inputs as {
                metadata: { name: string };
                data: object;
                immutable: boolean;
            };
            expect(map).toMatchObject({ data: { "train.py": script, "model.py": "x = 1" }, immutable: true });
            const pod = podOf(run.named("gpt2-job").inputs);
            expect(pod.spec.volumes).toContainEqual({ name: "script", configMap: { name: map.metadata.name } });
            expect(pod.spec.containers).toMatchObject([
                { name: "node", volumeMounts: [{ mountPath: "/opt/kilogpu" }] },
            ]);
            return map.metadata.name;
        };
        expect(await nameOf("a")).toBe(await nameOf("a"));
        expect(await nameOf("a")).not.toBe(await nameOf("b"));
    });

    it("says where its nodes must stand, close together unless told otherwise", async () => {
        const annotations = async (topology: TrainingJobArgs["topology"]) => {
            const run = await evaluate(() => new TrainingJob("gpt2", { ...args, topology }));
            return podOf(run.named("gpt2-job").inputs).metadata.annotations;
        };
        expect(await annotations(undefined)).toEqual({
            "kueue.x-k8s.io/podset-preferred-topology": "topology.k8s.aws/network-node-layer-3",
        });
        expect(await annotations({ mode: "required", level: "topology.k8s.aws/network-node-layer-1" })).toEqual({
            "kueue.x-k8s.io/podset-required-topology": "topology.k8s.aws/network-node-layer-1",
        });
        expect(await annotations({ mode: "unconstrained" })).toEqual({
            "kueue.x-k8s.io/podset-unconstrained-topology": "true",
        });
    });

    describe("that must stand within one domain of a rack", () => {
        const leaf = "topology.kilogpu.dev/leaf";
        const pod = "topology.kilogpu.dev/pod";
        const levels = [pod, leaf, "kubernetes.io/hostname"];
        const racks = (
            domains: { [level: string]: { [domain: string]: number } }[],
        ): Pick<TrainingJobArgs, "queues" | "runtime"> =>
            cluster(
                domains.map((topologyDomains, index) => ({
                    ...pool(`h200-${String(index)}`, { instanceType: "p5en.48xlarge", nodes: 40 }),
                    topologyLevels: levels,
                    topologyDomains,
                })),
                [{ name: "pretrain", gpus: 320 }],
            );
        const problems = (
            nodes: number,
            level: string,
            of: Pick<TrainingJobArgs, "queues" | "runtime">,
            gpusPerNode = 8,
        ) => checkTrainingJob("gpt2", { ...args, ...of, nodes, gpusPerNode, topology: { mode: "required", level } });
        const oneSite = racks([{ [pod]: { p1: 32, p2: 8 }, [leaf]: { l1: 16, l2: 16, l3: 8 } }]);

        it("is refused where the largest domain is too small, and told which level holds it", () => {
            expect(problems(16, leaf, oneSite)).toEqual([]);
            expect(problems(17, leaf, oneSite)).toMatchObject([
                {
                    path: "topology.level",
                    legal: "its largest domain holds 16 of the job's 17 nodes",
                    remedy: `Name a wider level, such as ${pod}, ask for fewer nodes, or use mode preferred.`,
                },
            ]);
            expect(problems(33, pod, oneSite)).toMatchObject([
                { remedy: "Ask for fewer nodes, or use mode preferred." },
            ]);
        });

        it("counts pods, not hosts, where a pod takes less than a host", () => {
            expect(problems(64, leaf, oneSite, 2)).toEqual([]);
            expect(problems(65, leaf, oneSite, 2)).toHaveLength(1);
            expect(problems(4, "kubernetes.io/hostname", oneSite, 2)).toEqual([]);
            expect(problems(5, "kubernetes.io/hostname", oneSite, 2)).toHaveLength(1);
        });

        it("may use the hosts of two pools on one leaf, and is not judged where a pool does not tell", () => {
            const shared = racks([{ [leaf]: { l1: 10, l2: 2 } }, { [leaf]: { l1: 6, l3: 12 } }]);
            expect(problems(16, leaf, shared)).toEqual([]);
            expect(problems(17, leaf, shared)).toHaveLength(1);
            expect(problems(17, leaf, racks([{ [leaf]: { l1: 10 } }, {}]))).toEqual([]);
        });
    });

    it("writes checkpoints to the storage it is given, in a folder of its own", async () => {
        const run = await evaluate(() => new TrainingJob("gpt2", { ...args, checkpoints: { claim: "checkpoints" } }));
        const pod = podOf(run.named("gpt2-job").inputs);
        expect(pod.spec.volumes).toContainEqual({
            name: "checkpoints",
            persistentVolumeClaim: { claimName: "checkpoints" },
        });
        expect(pod.spec.containers[0]?.volumeMounts).toContainEqual({
            name: "checkpoints",
            mountPath: "/checkpoints",
            subPath: "gpt2",
        });
        expect(specOf(run.named("gpt2-job").inputs).trainer.env).toContainEqual({
            name: "KILOGPU_CHECKPOINT_DIR",
            value: "/checkpoints",
        });
    });

    it("mounts its team's volume, as its team's service account, without being told", async () => {
        const mount = (namespace: string) => ({
            namespace,
            serviceAccount: "training",
            claim: "checkpoints",
            readyServiceAccount: "training",
            readyClaim: "checkpoints",
            url: `s3://bucket/${namespace}/`,
        });
        const storage = { mounts: [mount("research"), mount("pretrain")] };
        const run = await evaluate(() => new TrainingJob("gpt2", { ...args, storage }));
        const job = run.named("gpt2-job").inputs;
        expect(podOf(job).spec).toMatchObject({
            serviceAccountName: "training",
            volumes: [{ name: "script" }, { persistentVolumeClaim: { claimName: "checkpoints" } }],
        });
        expect(specOf(job).trainer.env).toEqual(
            expect.arrayContaining([
                { name: "KILOGPU_JOB_NAME", value: "gpt2" },
                { name: "KILOGPU_CHECKPOINT_URL", value: "s3://bucket/pretrain/" },
                { name: "KILOGPU_CHECKPOINT_DIR", value: "/checkpoints" },
                { name: "KILOGPU_PEAK_TFLOPS", value: String(findInstance("p5en.48xlarge")?.gpus.bf16Tflops) },
            ]),
        );
    });

    it("gives the metrics port to scripts that take one", async () => {
        const run = await evaluate(() => new TrainingJob("gpt2", { ...args, arguments: ["--a"], serveMetrics: true }));
        expect(specOf(run.named("gpt2-job").inputs).trainer.args).toEqual(["--a", "--metrics-port=9400"]);
    });

    it.each([
        [{ checkpoints: {} }, "checkpoints"],
        [{ checkpoints: { claim: "c", folder: "../other" } }, "checkpoints.folder"],
        [{ checkpoints: { claim: "c" }, arguments: ["--checkpoint-dir", "/scratch/a"] }, "arguments"],
        [{ checkpoints: { claim: "c" }, arguments: ["--checkpoint-dir=/checkpoints2"] }, "arguments"],
        [
            { checkpoints: { claim: "c" }, environment: { KILOGPU_CHECKPOINT_DIR: "ck" } },
            "environment.KILOGPU_CHECKPOINT_DIR",
        ],
        [{ files: { "kilogpu_launch.py": "" } }, 'files["kilogpu_launch.py"]'],
    ])("refuses checkpoints that a lost node would take along: %j", async (wrong, path) => {
        const run = await evaluate(() => messageOf(() => new TrainingJob("gpt2", { ...args, ...wrong })));
        expect(run.result).toContain(`TrainingJob "gpt2": ${path}: got`);
        expect(run.resources).toEqual([]);
    });

    it("takes a checkpoint folder on the volume", () => {
        const checkpoints = { claim: "c" };
        for (const given of [["--checkpoint-dir=/checkpoints"], ["--checkpoint-dir", "/checkpoints/a"], []]) {
            expect(checkTrainingJob("gpt2", { ...args, checkpoints, arguments: given })).toEqual([]);
        }
    });

    it("is replaced, not edited, when it changes: Trainer refuses edits of a running job", async () => {
        const job = (await evaluate(() => new TrainingJob("gpt2", args))).named("gpt2-job");
        expect(job.replaceOnChanges).toEqual(["spec"]);
        expect(job.deleteBeforeReplace).toBe(true);
    });

    it.each([
        [
            { nodes: 72 },
            'TrainingJob "gpt2": nodes: got 72; team "pretrain" may use 64 nodes of p5en.48xlarge (56 of its own, 8 borrowed). Ask for 64 or fewer.',
        ],
        [
            { nodes: 81 },
            'TrainingJob "gpt2": nodes: got 81; pool h200 has 80 nodes of p5en.48xlarge. Ask for 80 or fewer.',
        ],
        [
            { team: "reserch" },
            'TrainingJob "gpt2": team: got "reserch"; legal values are pretrain, research. Did you mean research?',
        ],
        [
            { gpusPerNode: 9 },
            'TrainingJob "gpt2": gpusPerNode: got 9; a whole number from 1 to 8 is legal. Give a number in that range.',
        ],
        [
            { priority: "hihg" },
            'TrainingJob "gpt2": priority: got "hihg"; legal values are high, normal, low. Did you mean high?',
        ],
        [
            { script: " " },
            'TrainingJob "gpt2": script: got an empty text; the text of a Python script is needed. Pass readFileSync("train.py", "utf8").',
        ],
    ])("tells %j in a sentence, and registers nothing", async (wrong, sentence) => {
        const run = await evaluate(() => messageOf(() => new TrainingJob("gpt2", { ...args, ...wrong })));
        expect(run.result).toBe(sentence);
        expect(run.resources).toEqual([]);
    });

    it.each([
        ["name", "gpt2-with-a-name-that-is-too-long-for-its-pods", {}],
        ['files["a/b.py"]', "gpt2", { files: { "a/b.py": "" } }],
        ["scriptName", "gpt2", { scriptName: "../train.py" }],
        ["script", "gpt2", { script: "#".repeat(1_000_001) }],
        ["deadlineHours", "gpt2", { deadlineHours: 0 }],
        ["pool", "gpt2", { pool: "h100" }],
        ["environment.PET_NNODES", "gpt2", { environment: { PET_NNODES: "1" } }],
    ])("refuses a wrong %s", async (path, name, wrong) => {
        const run = await evaluate(() => messageOf(() => new TrainingJob(name, { ...args, ...wrong })));
        expect(run.result).toContain(`TrainingJob "${name}": ${path}: got`);
        expect(run.resources).toEqual([]);
    });

    it("stays within the share of the capacity group that it runs on", async () => {
        const pools = [...h200, pool("h100", { instanceType: "p5.48xlarge", nodes: 4 })];
        const shares = [
            { pool: "h200", gpus: 64 },
            { pool: "h100", gpus: 16 },
        ];
        const two = cluster(pools, [{ name: "pretrain", shares }]);
        const onH100 = await evaluate(() => new TrainingJob("a", { ...args, ...two, nodes: 2, pool: "h100" }));
        expect(specOf(onH100.named("a-job").inputs).trainer.resourcesPerNode.limits["vpc.amazonaws.com/efa"]).toBe(
            "32",
        );
        const message = messageOf(() => new TrainingJob("b", { ...args, ...two, nodes: 3, pool: "h100" }));
        expect(message).toContain("may use 2 nodes of p5.48xlarge (2 of its own, 0 borrowed)");
    });
});

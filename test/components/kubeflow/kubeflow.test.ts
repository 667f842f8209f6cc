import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { finalClassExitCodes } from "../../../catalog/log-classes";
import { release } from "../../../catalog/releases";
import { checkChartValues } from "../../../components/helm-chart";
import { Kubeflow, checkKubeflow, lostNodeSeconds } from "../../../components/kubeflow";
import { nodeExporterArguments } from "../../../components/monitoring/exporters/node";
import { evaluate, valueOf } from "../../support/mocks";
import { blocks, fabricOf, pool } from "../cluster-fixtures";

interface Rule {
    action: string;
    onJobFailureReasons: string[];
    onJobFailureMessagePatterns: string[];
}

interface ReplicatedJob {
    template: { spec: { podFailurePolicy: { rules: { onExitCodes?: { values: number[] } }[] } } };
}

interface PodSpec {
    restartPolicy: string;
    terminationGracePeriodSeconds: number;
    securityContext: { [field: string]: unknown };
    tolerations: object[];
    nodeSelector: { [label: string]: string };
    volumes: { name: string; emptyDir?: { medium?: string; sizeLimit?: string }; hostPath?: object }[];
    containers: {
        name: string;
        image: string;
        ports: object[];
        env: { name: string; value?: string }[];
        resources: { requests: { [resource: string]: string }; limits: { [resource: string]: string } };
        securityContext: { capabilities: { add?: string[]; drop: string[] } };
        volumeMounts: { name: string; mountPath: string }[];
    }[];
}

function podOf(inputs: { [key: string]: unknown }): PodSpec {
    const spec = inputs["spec"] as {
        template: { spec: { replicatedJobs: { name: string; template: { spec: { template: { spec: PodSpec } } } }[] } };
    };
    const job = spec.template.spec.replicatedJobs[0];
    if (job === undefined) {
        throw new Error("no replicated job");
    }
    return job.template.spec.template.spec;
}

const args = { pools: blocks, fabric: fabricOf(blocks) };
const runtime = "kubeflow-runtime-p5en-48xlarge-us-east-2b-efa";

describe("Kubeflow", () => {
    it("makes a runtime for a capacity group that carries all that EFA needs", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        const pod = podOf(run.named(runtime).inputs);
        const [node] = pod.containers;
        expect(node?.name).toBe("node");
        expect(node?.resources.requests).toEqual(node?.resources.limits);
        expect(node?.resources.requests).toMatchObject({
            "nvidia.com/gpu": "8",
            "vpc.amazonaws.com/efa": "16",
            "hugepages-2Mi": "5120Mi",
        });
        expect(node?.securityContext.capabilities).toEqual({ drop: ["ALL"], add: ["IPC_LOCK"] });
        expect(pod.tolerations).toContainEqual({ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" });
        expect(pod.nodeSelector).toEqual({ "kilogpu.dev/capacity-group": "p5en-48xlarge-us-east-2b-efa" });
        expect(pod.volumes).toContainEqual({
            name: "shared-memory",
            emptyDir: { medium: "Memory", sizeLimit: "128Gi" },
        });
        expect(node?.volumeMounts).toContainEqual({ name: "shared-memory", mountPath: "/dev/shm" });
        expect(pod.volumes).toContainEqual({ name: "hugepages", emptyDir: { medium: "HugePages" } });
        expect(pod.volumes.filter((volume) => volume.hostPath !== undefined)).toEqual([
            {
                name: "collectives",
                hostPath: { path: "/var/lib/kilogpu/textfile/nccl", type: "DirectoryOrCreate" },
            },
        ]);
    });

    it("leaves a dead node after Kueue's half minute, not after Kubernetes' five", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        for (const state of ["not-ready", "unreachable"]) {
            expect(podOf(run.named(runtime).inputs).tolerations).toContainEqual({
                key: `node.kubernetes.io/${state}`,
                operator: "Exists",
                effect: "NoExecute",
                tolerationSeconds: lostNodeSeconds,
            });
        }
        expect(lostNodeSeconds).toBeLessThan(300);
    });

    it("has ranks write their collectives where the node exporter reads, under the name of their job", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        const [node] = podOf(run.named(runtime).inputs).containers;
        const value = (name: string): unknown => node?.env.find((each) => each.name === name)?.value;
        const folder = value("NCCL_INSPECTOR_DUMP_DIR") as string;
        expect(node?.volumeMounts).toContainEqual({ name: "collectives", mountPath: folder });
        // The collector's glob has one folder below the root of text files.
        expect(nodeExporterArguments("/host/root").join(" ")).toContain(`/host/root${path.posix.dirname(folder)}/*`);
        expect(value("NCCL_INSPECTOR_ENABLE")).toBe("1");
        expect(value("NCCL_INSPECTOR_PROM_DUMP")).toBe("1");
        // Under thirty seconds the plugin would raise it itself.
        expect(Number(value("NCCL_INSPECTOR_DUMP_THREAD_INTERVAL_MICROSECONDS"))).toBeGreaterThanOrEqual(30_000_000);
        // Kubernetes puts in only what stands earlier in the list.
        const names = node?.env.map((each) => each.name) ?? [];
        for (const [, reference = ""] of (value("SLURM_JOB_ID") as string).matchAll(/\$\((\w+)\)/g)) {
            expect(names.indexOf(reference)).toBeGreaterThanOrEqual(0);
            expect(names.indexOf(reference)).toBeLessThan(names.indexOf("SLURM_JOB_ID"));
        }
    });

    it("leaves NCCL Inspector out where it was told to, and where pods may not write to their node", async () => {
        const g6 = [pool("dev", { instanceType: "g6.xlarge", nodes: 1 })];
        const off = await evaluate(() => new Kubeflow("kubeflow", { ...args, ncclInspector: false }));
        const tcp = await evaluate(() => new Kubeflow("kubeflow", { pools: g6, fabric: fabricOf(g6) }));
        for (const inputs of [
            off.named(runtime).inputs,
            tcp.named("kubeflow-runtime-g6-xlarge-us-east-2b-tcp").inputs,
        ]) {
            expect(JSON.stringify(podOf(inputs))).not.toMatch(/hostPath|INSPECTOR|SLURM|NCCL_PROFILER/);
        }
    });

    it("keeps pods without RDMA to the restricted profile", async () => {
        const g6 = [pool("dev", { instanceType: "g6.xlarge", nodes: 1 })];
        const run = await evaluate(() => new Kubeflow("kubeflow", { pools: g6, fabric: fabricOf(g6) }));
        const pod = podOf(run.named("kubeflow-runtime-g6-xlarge-us-east-2b-tcp").inputs);
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
        expect(pod.containers[0]?.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
        });
    });

    it("restarts the job as a whole, and not for a pod that was only evicted", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", { ...args, maxRestarts: 3 }));
        expect(run.named(runtime).inputs["spec"]).toMatchObject({
            mlPolicy: { torch: {} },
            template: {
                spec: {
                    failurePolicy: {
                        maxRestarts: 3,
                        rules: [
                            { action: "FailJobSet", onJobFailureReasons: ["PodFailurePolicy"] },
                            { action: "RestartJobSetAndIgnoreMaxRestarts", onJobFailureReasons: ["PodFailurePolicy"] },
                        ],
                    },
                    replicatedJobs: [
                        {
                            template: {
                                metadata: { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } },
                                spec: {
                                    backoffLimit: 0,
                                    podFailurePolicy: {
                                        rules: [
                                            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
                                            {
                                                action: "FailJob",
                                                onExitCodes: {
                                                    containerName: "node",
                                                    operator: "In",
                                                    values: [2, 65, ...finalClassExitCodes, 143],
                                                },
                                            },
                                        ],
                                    },
                                    template: { spec: { restartPolicy: "Never" } },
                                },
                            },
                        },
                    ],
                },
            },
        });
    });

    it.each<[number, string]>([
        [2, "FailJobSet"],
        [65, "FailJobSet"],
        ...finalClassExitCodes.map((code): [number, string] => [code, "FailJobSet"]),
        [143, "RestartJobSetAndIgnoreMaxRestarts"],
        [1, "RestartJobSet"],
        [74, "RestartJobSet"],
    ])("after exit code %i does %s", async (code, action) => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        const { template } = run.named(runtime).inputs["spec"] as {
            template: { spec: { failurePolicy: { rules: Rule[] }; replicatedJobs: ReplicatedJob[] } };
        };
        const exitCodes = template.spec.replicatedJobs[0]?.template.spec.podFailurePolicy.rules.flatMap(
            (rule) => rule.onExitCodes?.values ?? [],
        );
        // As the Job controller words it (k8s.io/kubernetes pkg/controller/job/pod_failure_policy.go), and as JobSet then looks for a rule.
        const [reason, message] = exitCodes?.includes(code)
            ? [
                  "PodFailurePolicy",
                  `Container node for pod a/b failed with exit code ${String(code)} matching FailJob rule at index 1`,
              ]
            : ["BackoffLimitExceeded", "Job has reached the specified backoff limit"];
        const rule = template.spec.failurePolicy.rules.find(
            (each) =>
                each.onJobFailureReasons.includes(reason) &&
                each.onJobFailureMessagePatterns.some((pattern) => new RegExp(pattern).test(message)),
        );
        expect(rule?.action ?? "RestartJobSet").toBe(action);
    });

    it.each([
        [undefined, 60 * 2],
        [10, 60],
        [90, 180],
    ])("gives a checkpoint of %s s a grace period of %i s", async (checkpointSeconds, grace) => {
        const run = await evaluate(() => new Kubeflow("kubeflow", { ...args, checkpointSeconds }));
        const pod = podOf(run.named(runtime).inputs);
        expect(pod.terminationGracePeriodSeconds).toBe(grace);
        expect(pod.containers[0]?.env).toContainEqual({ name: "KILOGPU_GRACE_SECONDS", value: String(grace - 5) });
    });

    it("names one port for metrics", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", { ...args, metricsPort: 9500 }));
        expect(podOf(run.named(runtime).inputs).containers[0]?.ports).toEqual([
            { name: "metrics", containerPort: 9500, protocol: "TCP" },
        ]);
        expect(run.result.runtime.runtimes[0]?.metricsPort).toBe(9500);
    });

    it("installs JobSet once, before Trainer, and no runtimes of Trainer's own", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        expect(run.ofType("kubernetes:helm.sh/v3:Release").map((chart) => chart.name)).toEqual([
            "kubeflow-jobset",
            "kubeflow-trainer",
        ]);
        const trainer = run.named("kubeflow-trainer");
        expect(trainer.dependencies).toContain("kubeflow-jobset");
        expect(trainer.inputs["values"]).toMatchObject({
            jobset: { install: false },
            runtimes: { defaultEnabled: false },
        });
        for (const [name, chart] of [
            ["kubeflow-trainer", "kubeflow-trainer"],
            ["kubeflow-jobset", "jobset"],
        ] as const) {
            const values = run.named(name).inputs["values"] as { [key: string]: unknown };
            expect(checkChartValues("values", release(chart), values)).toEqual([]);
        }
    });

    it("gives jobs its runtimes, whose names wait for them", async () => {
        const run = await evaluate(() => new Kubeflow("kubeflow", args));
        expect(run.named(runtime).dependencies).toContain("kubeflow-trainer");
        expect(await valueOf(run.result.runtime.names)).toEqual(["p5en-48xlarge-us-east-2b-efa"]);
        expect(run.result.runtime.runtimes).toMatchObject([
            { pools: ["block-a", "block-b"], instanceType: "p5en.48xlarge", gpusPerNode: 8 },
        ]);
    });

    it.each([
        [{ image: "pytorch" }, "image"],
        [{ image: "registry:5000/pytorch" }, "image"],
        [{ image: "pytorch@latest" }, "image"],
        [{ maxRestarts: -1 }, "maxRestarts"],
        [{ checkpointSeconds: 0 }, "checkpointSeconds"],
        [{ metricsPort: 80 }, "metricsPort"],
        [{ values: { jobset: { install: true } } }, "values.jobset.install"],
        [{ jobSetValues: { replicas: 2 } }, "jobSetValues.replicas"],
    ])("refuses %j", (wrong, path) => {
        expect(checkKubeflow({ ...args, ...wrong }).map((problem) => problem.path)).toEqual([path]);
    });

    it.each(["registry:5000/pytorch:2.9", "pytorch@sha256:00", "a/b:1@sha256:00"])("accepts the image %s", (image) => {
        expect(checkKubeflow({ ...args, image })).toEqual([]);
    });
});

/** Kubeflow Trainer with a runtime for each kind of node. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { release } from "../../catalog/releases";
import { capacityGroups, checkPools } from "../capacity-group";
import type { CapacityGroup } from "../capacity-group";
import type { FabricFactsArgs } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import {
    checkChartMirror,
    checkImageMirror,
    imageFrom,
    checkChartValues,
    installChart,
    securedNamespace,
} from "../helm-chart";
import type { InputProblem } from "../input";
import { refuse, requirePlain, show, wholeNumber } from "../input";
import type { RuntimeSet, TrainingRuntime } from "./runtime";
import { trainerApi, trainingRuntimeSpec } from "./training-runtime";

/** Port of training metrics where none is given; Monitoring's `trainingMetricsPort` has the same default. */
const DEFAULT_METRICS_PORT = 9400;

/** What the training runtimes are made of. */
export interface KubeflowArgs {
    /** Pools that jobs run on: `GpuNodePool.pool`. */
    pools: NodePoolArgs[];
    /** Network of the pools: `RdmaFabric.profile`. */
    fabric: FabricFactsArgs;
    /** Image of training containers, with tag or digest; jobs may name another. Defaults to the catalogue's PyTorch image. */
    image?: string;
    /** How often a failed job starts again from its last checkpoint. Defaults to 10. */
    maxRestarts?: number;
    /**
     * Seconds that writing a checkpoint takes at most. Pods get twice as long, and a minute at least, between the order to stop and
     * the kill. Defaults to 60.
     */
    checkpointSeconds?: number;
    /** Port on which training pods serve Prometheus text. Defaults to 9400. */
    metricsPort?: number;
    /**
     * Whether ranks report time and bandwidth of each collective through NCCL Inspector, by text files on the node. It needs the plugin
     * and NCCL 2.29.7 or later in the image; without them nothing is written, and training goes on. SLURM_JOB_ID is then
     * `namespace/job` in the pod, because the plugin labels jobs by it: a library that takes its presence for Slurm wants this off.
     * Defaults to true; pods of TCP nodes, which may not write to their node, never report.
     */
    ncclInspector?: boolean;
    /** Where charts come from instead of their own repositories: an OCI registry, a repository or a folder. */
    chartMirror?: string;
    /** Registry that images come from instead of their own registries, for example `registry.example.com/mirror`. Defaults to none. */
    imageMirror?: string;
    /** Values of the kubeflow-trainer chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    values?: { [key: string]: any };
    /** Values of the jobset chart, on top of the library's. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    jobSetValues?: { [key: string]: any };
}

/**
 * JobSet, Kubeflow Trainer, and a ClusterTrainingRuntime for each capacity group of the pools, which carries everything that a
 * training pod on those nodes needs: all GPUs, EFA interfaces, hugepages, shared memory, NCCL settings, tolerations.
 *
 * JobSet is a release of its own, so that it has one owner: the copy inside the Trainer chart stays off.
 */
export class Kubeflow extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:Kubeflow";

    /** What TrainingJob needs. */
    readonly runtime: RuntimeSet;

    constructor(name: string, args: KubeflowArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`Kubeflow "${name}"`, checkKubeflow(args));
        super(Kubeflow.__pulumiType, name, args, opts);
        const groups = capacityGroups(args.pools, args.fabric);
        const options = {
            image: args.image ?? imageFrom(args.imageMirror, "pytorch"),
            maxRestarts: args.maxRestarts ?? 10,
            checkpointSeconds: args.checkpointSeconds ?? 60,
            metricsPort: args.metricsPort ?? DEFAULT_METRICS_PORT,
            ncclInspector: args.ncclInspector ?? true,
        };

        const trainer = installTrainer(name, args, this);
        const runtimes = groups.map(
            (group) =>
                new k8s.apiextensions.CustomResource(
                    `${name}-runtime-${group.name}`,
                    {
                        apiVersion: trainerApi,
                        kind: "ClusterTrainingRuntime",
                        metadata: {
                            name: group.name,
                            labels: { "trainer.kubeflow.org/framework": "torch" },
                            // Orders the runtime after the fabric whose resources its pods ask for.
                            annotations: { "kilogpu.dev/fabric": args.fabric.ready },
                        },
                        spec: trainingRuntimeSpec(group, options),
                    },
                    { parent: this, dependsOn: [trainer] },
                ),
        );

        this.runtime = {
            runtimes: trainingRuntimes(groups, options.metricsPort),
            names: pulumi.all(runtimes.map((runtime) => runtime.metadata.name)),
        };
        this.registerOutputs({ runtime: this.runtime });
    }
}

/** What the runtimes of these groups give a job, before any of them exists. */
export function trainingRuntimes(groups: CapacityGroup[], metricsPort = DEFAULT_METRICS_PORT): TrainingRuntime[] {
    return groups.map((group) => ({
        name: group.name,
        capacityGroup: group.name,
        pools: group.pools,
        instanceType: group.instanceType,
        fabric: group.fabric.kind,
        gpusPerNode: group.gpusPerPod,
        podResources: group.podResources,
        metricsPort,
    }));
}

/** All mistakes of the arguments. */
export function checkKubeflow(args: KubeflowArgs): InputProblem[] {
    const unknown = requirePlain({
        pools: args.pools,
        image: args.image,
        maxRestarts: args.maxRestarts,
        checkpointSeconds: args.checkpointSeconds,
        metricsPort: args.metricsPort,
        ncclInspector: args.ncclInspector,
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...checkPools(args.pools, args.fabric),
        ...checkImage("image", args.image),
        ...wholeNumber("maxRestarts", args.maxRestarts ?? 10, { min: 0, max: 1000 }),
        ...wholeNumber("checkpointSeconds", args.checkpointSeconds ?? 60, { min: 1, max: 1800 }),
        ...wholeNumber("metricsPort", args.metricsPort ?? DEFAULT_METRICS_PORT, { min: 1024, max: 65_535 }),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("kubeflow-trainer"), args.values),
        ...checkChartValues("jobSetValues", release("jobset"), args.jobSetValues),
        ...checkJobSetOwner(args),
    ];
}

/** An image without tag, or with `latest`, is another one tomorrow: the ranks of a restarted job would not match. */
export function checkImage(path: string, image: string | undefined): InputProblem[] {
    const last = image?.split("/").at(-1) ?? "pinned:1";
    const tag = last.split("@")[0]?.split(":")[1];
    if (last.includes("@sha256:") || (tag !== undefined && tag !== "" && tag !== "latest")) {
        return [];
    }
    return [
        {
            path,
            got: show(image),
            legal: "an image has a tag other than latest, or a digest",
            remedy: "Write registry/name:version.",
        },
    ];
}

function checkJobSetOwner(args: KubeflowArgs): InputProblem[] {
    const jobset = args.values?.["jobset"] as { install?: unknown } | undefined;
    if (jobset?.install === undefined || jobset.install === false) {
        return [];
    }
    return [
        {
            path: "values.jobset.install",
            got: show(jobset.install),
            legal: "JobSet has one owner, and this component installs it as a release of its own",
            remedy: "Remove the key; give jobSetValues to change how JobSet is installed.",
        },
    ];
}

function installTrainer(name: string, args: KubeflowArgs, parent: pulumi.Resource): k8s.helm.v3.Release {
    const jobSetNamespace = securedNamespace(`${name}-jobset-system`, "jobset-system", "restricted", {}, { parent });
    const jobSet = installChart(
        `${name}-jobset`,
        {
            release: "jobset",
            namespace: jobSetNamespace.metadata.name,
            values: { controller: { replicas: 2, podDisruptionBudget: { enabled: true, minAvailable: 1 } } },
            userValues: args.jobSetValues,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        { parent },
    );
    const namespace = securedNamespace(`${name}-system`, "kubeflow-system", "restricted", {}, { parent });
    return installChart(
        `${name}-trainer`,
        {
            release: "kubeflow-trainer",
            namespace: namespace.metadata.name,
            values: {
                jobset: { install: false },
                dataCache: { enabled: false },
                runtimes: { defaultEnabled: false },
                manager: {
                    replicas: 2,
                    resources: { requests: { cpu: "500m", memory: "512Mi" }, limits: { cpu: "2", memory: "2Gi" } },
                },
            },
            userValues: args.values,
            chartMirror: args.chartMirror,
            imageMirror: args.imageMirror,
        },
        // Trainer watches JobSets from its first second, and does not start without the CRD.
        { parent, dependsOn: [jobSet] },
    );
}

/** Spec of the TrainJob. Pure but for the names of what it depends on. */
import type * as pulumi from "@pulumi/pulumi";
import { findInstance } from "../../catalog/instances";
import { findMachine } from "../../catalog/machines";
import { podShare } from "../capacity-group";
import { trainerNode } from "../kubeflow";
import type { JobPlacement } from "./check";
import { narrowestLayer } from "./check";
import { launcherName } from "./launcher";
import { CHECKPOINT_FOLDER, LOCAL_CHECKPOINT_FOLDER, SCRIPT_FOLDER } from "./paths";
import { TopologyMode } from "./training-job-args";
import type { TrainingJobArgs } from "./training-job-args";

/** Who owns our entry among the patches of the runtime; Kueue has its own, and Trainer wants a domain and a path. */
export const patchManager = "kilogpu.dev/training-job";

/** Names that are known once other objects exist. */
export interface TrainJobReferences {
    runtime: pulumi.Input<string>;
    script: pulumi.Input<string>;
    /** Claim of the checkpoints, where there is one. */
    claim?: pulumi.Input<string>;
    /** Service account of the pods, where they have one. */
    serviceAccount?: pulumi.Input<string>;
    /** `s3://bucket/prefix` of the team's checkpoints, where there is a bucket. */
    checkpointUrl?: pulumi.Input<string>;
}

/** Kubernetes JSON. */
interface Json {
    [field: string]: unknown;
}

/**
 * The spec of a job on its placement. `resourcesPerNode` in a TrainJob replaces what the runtime says, so that it is always the
 * full map: a job with a part of the GPUs keeps its part of the EFA interfaces and hugepages.
 */
export function trainJobSpec(
    name: string,
    args: TrainingJobArgs,
    { runtime }: JobPlacement,
    references: TrainJobReferences,
): Json {
    const gpus = args.gpusPerNode ?? runtime.gpusPerNode;
    const resources = podShare(runtime.podResources, gpus, runtime.gpusPerNode);
    return {
        runtimeRef: { name: references.runtime, apiGroup: "trainer.kubeflow.org", kind: "ClusterTrainingRuntime" },
        ...(args.deadlineHours === undefined ? {} : { activeDeadlineSeconds: args.deadlineHours * 3600 }),
        trainer: {
            ...(args.image === undefined ? {} : { image: args.image }),
            // Trainer's PET_ variables carry torchrun's arguments.
            command: [
                "python3",
                `${SCRIPT_FOLDER}/${launcherName}`,
                `${SCRIPT_FOLDER}/${args.scriptName ?? "train.py"}`,
            ],
            args: [
                ...(args.arguments ?? []),
                ...(args.serveMetrics === true ? [`--metrics-port=${String(runtime.metricsPort)}`] : []),
            ],
            env: Object.entries(environment(name, args, runtime.instanceType, references)).map(([key, value]) => ({
                name: key,
                value,
            })),
            numNodes: args.nodes,
            numProcPerNode: gpus,
            resourcesPerNode: { requests: resources, limits: resources },
        },
        runtimePatches: [
            {
                manager: patchManager,
                trainingRuntimeSpec: {
                    template: {
                        spec: {
                            replicatedJobs: [
                                {
                                    name: trainerNode,
                                    template: {
                                        spec: {
                                            template: {
                                                metadata: {
                                                    annotations: topologyAnnotations(args, runtime.capacityGroup),
                                                },
                                                spec: podPatch(name, args, references),
                                            },
                                        },
                                    },
                                },
                            ],
                        },
                    },
                },
            },
        ],
    };
}

/** Annotations by which Kueue places the pods. One of them is always there, so that the placement never depends on a default. */
export function topologyAnnotations(args: TrainingJobArgs, capacityGroup: string): { [key: string]: string } {
    const levels = args.queues.topologyLevels[capacityGroup] ?? [];
    const mode = args.topology?.mode ?? (levels.length > 1 ? TopologyMode.Preferred : TopologyMode.Unconstrained);
    const level = args.topology?.level ?? narrowestLayer(levels);
    if (mode === TopologyMode.Unconstrained || level === undefined) {
        return { "kueue.x-k8s.io/podset-unconstrained-topology": "true" };
    }
    return { [`kueue.x-k8s.io/podset-${mode}-topology`]: level };
}

/** What the training code reads of its surroundings; the user's own come on top. */
function environment(
    name: string,
    args: TrainingJobArgs,
    instanceType: string,
    references: TrainJobReferences,
): { [variable: string]: pulumi.Input<string> } {
    const peak = (findInstance(instanceType) ?? findMachine(instanceType))?.gpus.bf16Tflops;
    return {
        KILOGPU_JOB_NAME: name,
        KILOGPU_CHECKPOINT_DIR: references.claim === undefined ? LOCAL_CHECKPOINT_FOLDER : CHECKPOINT_FOLDER,
        ...(references.checkpointUrl === undefined ? {} : { KILOGPU_CHECKPOINT_URL: references.checkpointUrl }),
        ...(peak === undefined ? {} : { KILOGPU_PEAK_TFLOPS: String(peak) }),
        PYTHONUNBUFFERED: "1",
        ...args.environment,
    };
}

function podPatch(name: string, args: TrainingJobArgs, references: TrainJobReferences): Json {
    const { claim, serviceAccount } = references;
    return {
        ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
        volumes: [
            { name: "script", configMap: { name: references.script } },
            ...(claim === undefined ? [] : [{ name: "checkpoints", persistentVolumeClaim: { claimName: claim } }]),
        ],
        containers: [
            {
                name: trainerNode,
                volumeMounts: [
                    { name: "script", mountPath: SCRIPT_FOLDER, readOnly: true },
                    ...(claim === undefined
                        ? []
                        : [
                              {
                                  name: "checkpoints",
                                  mountPath: CHECKPOINT_FOLDER,
                                  subPath: args.checkpoints?.folder ?? name,
                              },
                          ]),
                ],
            },
        ],
    };
}

/** A distributed training job. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CheckpointMountArgs } from "../checkpoint-storage/mounts";
import { refuse } from "../input";
import { trainerApi } from "../kubeflow";
import { contentName, priorityClassLabel, queueNameLabel } from "../training-queues/names";
import type { JobPlacement } from "./check";
import { checkTrainingJob, mountOf, placementOf } from "./check";
import { launcher, launcherName } from "./launcher";
import { trainJobSpec } from "./train-job";
import type { TrainingJobArgs } from "./training-job-args";

/**
 * A TrainJob that runs a script with torchrun on whole nodes, as one gang: it waits in its team's queue until all of its nodes
 * are free, close enough together. Its pods have everything that the runtime of the nodes says, EFA interfaces and hugepages
 * included.
 *
 * A run that reports wrong input (exit code 2) or itself sick (65) ends for good, and so does one whose first error is of a kind that
 * another start would repeat: GPU or host memory that is full, a checkpoint that cannot be read, a mistake in the code (80 to 83). After
 * any other failure it starts again from its last checkpoint.
 *
 * A change of the script or the arguments ends the job and starts it anew, from its last checkpoint where it has storage for them.
 */
export class TrainingJob extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:TrainingJob";

    /** Name of the TrainJob. */
    readonly jobName: pulumi.Output<string>;
    /** Namespace of the TrainJob: its team's. */
    readonly namespace: string;

    constructor(name: string, args: TrainingJobArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`TrainingJob "${name}"`, checkTrainingJob(name, args));
        // The script is in a ConfigMap below; in the component's own state it would stand twice.
        super(
            TrainingJob.__pulumiType,
            name,
            { ...args, script: `${String(args.script.length)} characters`, files: {} },
            opts,
        );
        const placement = checked(placementOf(args));
        const { team, runtime } = placement;

        const queue = created(args.queues.localQueues, args.queues.teams.indexOf(team));
        // The queue stands in the namespace, and exists after it.
        const namespace = queue.apply(() => team.namespace);
        const files = { [args.scriptName ?? "train.py"]: args.script, ...args.files, [launcherName]: launcher };
        const mount = mountOf(args, team);
        const script = new k8s.core.v1.ConfigMap(
            `${name}-script`,
            {
                // Immutable and named by content: pods that start later, after a node was lost, run what the first ones ran.
                metadata: { name: contentName(name, files), namespace },
                data: files,
                immutable: true,
            },
            { parent: this },
        );
        const job = new k8s.apiextensions.CustomResource(
            `${name}-job`,
            {
                apiVersion: trainerApi,
                kind: "TrainJob",
                metadata: {
                    name,
                    namespace,
                    labels: {
                        [queueNameLabel]: queue,
                        [priorityClassLabel]: args.priority ?? defaultPriority(args.queues.priorityClasses),
                        "kilogpu.dev/team": team.name,
                    },
                },
                spec: trainJobSpec(name, args, placement, {
                    runtime: created(args.runtime.names, args.runtime.runtimes.indexOf(runtime)),
                    script: script.metadata.name,
                    claim: claimOf(args, mount),
                    serviceAccount: mount?.readyServiceAccount,
                    checkpointUrl: mount?.url,
                }),
            },
            // Trainer refuses changes of a running job. The name stays, so that checkpoints and dashboards carry on.
            { parent: this, replaceOnChanges: ["spec"], deleteBeforeReplace: true },
        );

        this.jobName = job.metadata.name;
        this.namespace = team.namespace;
        this.registerOutputs({ jobName: this.jobName, namespace: this.namespace });
    }
}

/** The claim that the job mounts: the storage's as an Output, which waits for it. */
function claimOf(args: TrainingJobArgs, mount: CheckpointMountArgs | undefined): pulumi.Input<string> | undefined {
    const named = args.checkpoints?.claim;
    return named === undefined || named === mount?.claim ? mount?.readyClaim : named;
}

/** Class of urgency of a job that names none. */
export function defaultPriority(classes: string[]): string {
    return classes.includes("normal") ? "normal" : (classes.at(-1) ?? "normal");
}

/** Name of one of several created objects: waits for all of them. */
function created(names: pulumi.Input<pulumi.Input<string>[]>, index: number): pulumi.Output<string> {
    return pulumi.output(names).apply((all) => all[index] ?? "");
}

function checked(placement: JobPlacement | undefined): JobPlacement {
    if (placement === undefined) {
        throw new Error("a job without placement has passed its check");
    }
    return placement;
}

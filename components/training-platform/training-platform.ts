/** What runs inside a training cluster: GPU operator, queues, Kubeflow Trainer, jobs and monitoring, the same in a cloud and in racks. */
import * as pulumi from "@pulumi/pulumi";
import type { CheckpointMounts } from "../checkpoint-storage";
import type { FabricFactsArgs, GpuDirect, NetworkDriver } from "../fabric";
import type { NodePool } from "../gpu-node-pool";
import { GpuOperator } from "../gpu-operator";
import { Kubeflow } from "../kubeflow";
import type { ManagedPrometheusArgs } from "../monitoring";
import { Monitoring } from "../monitoring";
import { TrainingJob } from "../training-job";
import type { QueueSpec } from "../training-queues";
import { TrainingQueues } from "../training-queues";
import { gpuOperatorArgs, jobArgs, kubeflowArgs, monitoringArgs, queuesArgs } from "./parts";
import type { TrainingPlatformArgs } from "./training-platform-args";

/** The nodes, their network, and where jobs keep checkpoints. */
export interface PlatformGround {
    pools: NodePool[];
    fabric: FabricFactsArgs;
    /** Makes the storage once the teams' namespaces are known. Defaults to none. */
    storage?: (queues: QueueSpec) => CheckpointMounts | undefined;
    /** Who installs DOCA-OFED. Defaults to the hosts' image. */
    networkDriver?: NetworkDriver;
    /** How NICs reach GPU memory. Defaults by platform. */
    gpuDirect?: GpuDirect;
    /** The cluster as AWS knows it, for a managed Prometheus. Defaults to none. */
    managedPrometheus?: ManagedPrometheusArgs;
}

/**
 * Creates the platform's components below the composition `opts.parent`, on the cluster of `opts.provider`, and gives the names of the
 * jobs' TrainJobs, each `namespace/name`. The arguments must have passed `checkTrainingPlatform`.
 */
export function createTrainingPlatform(
    name: string,
    args: TrainingPlatformArgs,
    ground: PlatformGround,
    opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string[]> {
    const { pools, fabric } = ground;
    new GpuOperator(`${name}-gpu`, gpuOperatorArgs(args, pools, ground), opts);
    const queues = new TrainingQueues(`${name}-queues`, queuesArgs(args, pools, fabric), opts);
    const kubeflow = new Kubeflow(`${name}-kubeflow`, kubeflowArgs(args, pools, fabric), opts);
    const storage = ground.storage?.(queues.spec);
    const jobs = (args.jobs ?? []).map(
        (job) => new TrainingJob(job.name, jobArgs(job, queues.spec, kubeflow.runtime, storage), opts),
    );
    if (args.monitoring !== undefined) {
        const { managedPrometheus } = ground;
        new Monitoring(
            `${name}-monitoring`,
            monitoringArgs(args.monitoring, args, pools, fabric, { queues: queues.spec, managedPrometheus }),
            opts,
        );
    }
    return pulumi
        .all(jobs.map((job) => job.jobName))
        .apply((names) => names.map((jobName, index) => `${jobs[index]?.namespace ?? ""}/${jobName}`));
}

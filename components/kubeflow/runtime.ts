/** The record that Kubeflow gives and TrainingJob takes: one training runtime per capacity group. */
import type * as pulumi from "@pulumi/pulumi";

/** One ClusterTrainingRuntime with everything a job on it must not lose. */
export interface TrainingRuntime {
    /** Name of the ClusterTrainingRuntime, plain. */
    name: string;
    capacityGroup: string;
    /** Names of the pools in the capacity group. */
    pools: string[];
    instanceType: string;
    fabric: string;
    /** `nvidia.com/gpu` that one training pod takes: all of a node, or one slice where GPUs are shared. */
    gpusPerNode: number;
    /** All resources of one whole-node pod (GPUs, CPU, memory, fabric devices, hugepages). */
    podResources: { [resource: string]: string };
    /** Port on which training pods serve Prometheus text. */
    metricsPort: number;
}

/** The runtimes as Kubeflow gives them. */
export interface RuntimeSet {
    runtimes: TrainingRuntime[];
    /** Resolves to the names once the runtimes exist: orders jobs after runtimes. */
    names: pulumi.Output<string[]>;
}

/** The runtimes as input. */
export interface RuntimeSetArgs {
    runtimes: TrainingRuntime[];
    names: pulumi.Input<pulumi.Input<string>[]>;
}

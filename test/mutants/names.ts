/** Resources of the four environments that many mutants change. */
export const BLOCK = "cr-0a1b2c3d4e5f60718";
/** A value that only the update tells, as the engine marks it. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const POOL = "GpuNodePool#block-a";
export const TEMPLATE = "LaunchTemplate#block-a-template";
export const GROUP = "NodeGroup#block-a-nodes";
export const efaRelease = "Release#train-efa-efa";
export const gpuOperator = "Release#train-gpu-operator";
export const kueue = "Release#train-queues-kueue";
export const trainer = "Release#train-kubeflow-trainer";
export const jobset = "Release#train-kubeflow-jobset";
export const discovery = "Release#train-gpu-feature-discovery";
export const queue = "ClusterQueue#train-queues-cluster-queue-pretrain";
export const flavor = "ResourceFlavor#train-queues-flavor*";
export const topology = "Topology#train-queues-topology*";
export const job = "TrainJob#gpt2-job";
export const rackJob = "TrainJob#gpt2-pretraining-job";
export const runtime = "ClusterTrainingRuntime#train-kubeflow-runtime*";
export const cluster = "Cluster#train-eks-cluster";
/** Path of the pod in a runtime. */
export const pod = ["spec", "template", "spec", "replicatedJobs", 0, "template", "spec", "template", "spec"];
export const container = [...pod, "containers", 0];

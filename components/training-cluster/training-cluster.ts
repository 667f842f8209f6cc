/** A whole training environment on AWS. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CheckpointMounts } from "../checkpoint-storage";
import { CheckpointStorage, CheckpointVolumes } from "../checkpoint-storage";
import type { NetworkPlacement } from "../cluster-network";
import { ClusterNetwork } from "../cluster-network";
import type { ClusterAccess } from "../eks-cluster";
import { EksCluster } from "../eks-cluster";
import type { FabricFactsArgs } from "../fabric";
import { FabricKind, RdmaFabric } from "../fabric";
import type { NodePool } from "../gpu-node-pool";
import { GpuNodePool, efaSecurityGroup } from "../gpu-node-pool";
import { refuse } from "../input";
import type { PlatformGround } from "../training-platform";
import { chartValues, createTrainingPlatform, mirrorsOf } from "../training-platform";
import type { QueueSpec } from "../training-queues";
import { checkTrainingCluster } from "./check";
import {
    clusterArgs,
    fabricArgs,
    fabricKinds,
    joinFabrics,
    networkArgs,
    plannedPools,
    poolArgs,
    storageArgs,
    tagsOf,
} from "./parts";
import type { TrainingClusterArgs } from "./training-cluster-args";

/**
 * Network, EKS cluster, GPU node pools, fabric, GPU operator, queues, Kubeflow Trainer, checkpoint storage and jobs, from plain
 * arguments: what the stacks use, and what other languages do. All mistakes in the arguments are found before anything is registered.
 *
 * Pools of one instance type, zone and fabric form a capacity group and share a security group for EFA, so that one job may span
 * them. Pools and jobs are registered under their own names, which therefore are unique in the stack.
 *
 * It is the one component that makes a provider: the Kubernetes provider of its own cluster, which nobody outside could
 * make before the cluster exists, and which no plain argument could carry. The AWS provider comes from the parent, as elsewhere.
 */
export class TrainingCluster extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:TrainingCluster";

    /** Name of the cluster in AWS. */
    readonly clusterName: pulumi.Output<string>;
    /** A kubeconfig that signs in through `aws eks get-token`. A secret. */
    readonly kubeconfig: pulumi.Output<string>;
    /** The pools as everything inside the cluster sees them. */
    readonly pools: NodePool[];
    /** Names of the jobs' TrainJobs, each `namespace/name`. */
    readonly jobs: pulumi.Output<string[]>;

    constructor(name: string, args: TrainingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`TrainingCluster "${name}"`, checkTrainingCluster(name, args));
        super(TrainingCluster.__pulumiType, name, withoutScripts(args), opts);
        const child = { parent: this };

        const network = new ClusterNetwork(`${name}-network`, networkArgs(args), child);
        const cluster = new EksCluster(`${name}-eks`, clusterArgs(name, args, network.placement), child);
        this.pools = createPools(name, args, cluster.access, network.placement, child);

        const kubernetes = new k8s.Provider(
            `${name}-kubernetes`,
            // Named by the cluster, so that a new certificate or endpoint does not read as another cluster and replace everything in it.
            { kubeconfig: cluster.kubeconfig, clusterIdentifier: cluster.access.clusterName },
            child,
        );
        const inCluster = { parent: this, provider: kubernetes };
        const { pools } = this;
        const fabric = createFabrics(name, pools, args, inCluster);
        const storage = (queues: QueueSpec): CheckpointMounts | undefined =>
            createStorage(name, args, cluster.access, queues, this, kubernetes);
        noteLocalCheckpoints(args, this);
        this.jobs = createTrainingPlatform(
            name,
            withStorageClass(name, args, inCluster),
            { pools, fabric, storage, ...managedPrometheus(args, cluster.access) },
            inCluster,
        );

        this.clusterName = cluster.access.clusterName;
        this.kubeconfig = cluster.kubeconfig;
        this.registerOutputs({
            clusterName: this.clusterName,
            kubeconfig: this.kubeconfig,
            pools: this.pools,
            jobs: this.jobs,
        });
    }
}

/** The cluster as a managed Prometheus wants to know it, where one is wanted. */
function managedPrometheus(
    args: TrainingClusterArgs,
    { clusterName, network }: ClusterAccess,
): Pick<PlatformGround, "managedPrometheus"> {
    return args.monitoring?.managedPrometheus === true
        ? { managedPrometheus: { clusterName, region: network.region } }
        : {};
}

/** One security group for each capacity group with EFA, and the pools. */
function createPools(
    name: string,
    args: TrainingClusterArgs,
    access: ClusterAccess,
    placement: NetworkPlacement,
    opts: pulumi.ComponentResourceOptions,
): NodePool[] {
    const facts = plannedPools(args);
    const groups = new Set(facts.filter((pool) => pool.fabric === FabricKind.Efa).map((pool) => pool.capacityGroup));
    const securityGroups = new Map(
        [...groups].map((capacityGroup) => [
            capacityGroup,
            efaSecurityGroup(
                `${name}-${capacityGroup}`,
                { vpcId: placement.vpcId, capacityGroup, tags: tagsOf(args) },
                opts,
            ),
        ]),
    );
    return args.pools.map((settings, index) => {
        const efaSecurityGroupId = securityGroups.get(facts[index]?.capacityGroup ?? "")?.id;
        return new GpuNodePool(settings.name, { ...poolArgs(settings, access), efaSecurityGroupId }, opts).pool;
    });
}

/** One fabric for each kind among the pools, as one record. */
function createFabrics(
    name: string,
    pools: NodePool[],
    args: TrainingClusterArgs,
    opts: pulumi.ComponentResourceOptions,
): FabricFactsArgs {
    return joinFabrics(
        fabricKinds(pools).map(
            (kind) => new RdmaFabric(`${name}-${kind}`, fabricArgs(args, kind, pools), opts).profile,
        ),
    );
}

/** Storage of checkpoints in AWS, and its way into the teams' namespaces. */
function createStorage(
    name: string,
    args: TrainingClusterArgs,
    access: ClusterAccess,
    queues: QueueSpec,
    parent: pulumi.Resource,
    provider: k8s.Provider,
): CheckpointMounts | undefined {
    if (args.checkpoints === undefined) {
        return undefined;
    }
    const { place } = new CheckpointStorage(`${name}-checkpoints`, storageArgs(args.checkpoints, args.teams, access), {
        parent,
    });
    return new CheckpointVolumes(
        `${name}-volumes`,
        {
            place,
            namespacesReady: queues.localQueues,
            ...mirrorsOf(args),
            values: chartValues(args, "aws-fsx-csi-driver"),
        },
        { parent, provider },
    ).mounts;
}

/** The arguments with a class that series and logs are kept on: EKS has no default one since 1.30. */
function withStorageClass(
    name: string,
    args: TrainingClusterArgs,
    opts: pulumi.CustomResourceOptions,
): TrainingClusterArgs {
    if (args.monitoring === undefined || args.monitoring.storageClass !== undefined) {
        return args;
    }
    new k8s.storage.v1.StorageClass(
        `${name}-gp3`,
        {
            metadata: { name: MONITORING_STORAGE },
            provisioner: "ebs.csi.aws.com",
            parameters: { type: "gp3", encrypted: "true" },
            // A volume in the zone of the pod that wants it.
            volumeBindingMode: "WaitForFirstConsumer",
            allowVolumeExpansion: true,
        },
        opts,
    );
    return { ...args, monitoring: { ...args.monitoring, storageClass: MONITORING_STORAGE } };
}

const MONITORING_STORAGE = "kilogpu-gp3";

/** Says which jobs start over when their node is lost. */
function noteLocalCheckpoints(args: TrainingClusterArgs, cluster: pulumi.Resource): void {
    const local = (args.jobs ?? []).filter(
        (job) => args.checkpoints?.fileSystem === undefined && job.checkpoints?.claim === undefined,
    );
    if (local.length > 0) {
        void pulumi.log.info(
            `Checkpoints of ${local.map((job) => job.name).join(", ")} are on their nodes' own disks: a job whose node is lost ` +
                "starts over. checkpoints.fileSystem would keep them.",
            cluster,
        );
    }
}

/** The arguments as state and policies see them: a script of a hundred kilobytes stands in its ConfigMap, and only there. */
function withoutScripts(args: TrainingClusterArgs): pulumi.Inputs {
    return {
        ...args,
        jobs: args.jobs?.map(({ script, files, ...job }) => ({
            ...job,
            script: `${String(script.length)} characters`,
            files: Object.keys(files ?? {}),
        })),
    };
}

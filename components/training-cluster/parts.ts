/** From the composition's arguments to those of its parts. Pure: the checks and the constructor use the same functions. */
import * as pulumi from "@pulumi/pulumi";
import { defaultKubernetesMinor } from "../../catalog/releases";
import type { CheckpointMountsArgs, CheckpointStorageArgs } from "../checkpoint-storage";
import { CHECKPOINT_CLAIM } from "../checkpoint-storage";
import type { ClusterNetworkArgs, NetworkPlacementArgs } from "../cluster-network";
import { DEFAULT_VPC_CIDR, regionOf } from "../cluster-network/check";
import { parseCidr, planSubnets } from "../cluster-network/cidr";
import type { ClusterAccessArgs, EksClusterArgs } from "../eks-cluster";
import type { FabricFactsArgs, FabricKind, RdmaFabricArgs } from "../fabric";
import { profilesOf } from "../fabric";
import type { GpuNodePoolArgs, NodePoolArgs } from "../gpu-node-pool";
import { planPool } from "../gpu-node-pool";
import type { GpuOperatorArgs } from "../gpu-operator";
import type { ChartValues } from "../helm-chart";
import { mergeValues } from "../helm-chart";
import type { KubeflowArgs, RuntimeSetArgs } from "../kubeflow";
import type { MonitoringArgs } from "../monitoring";
import { operatorCounters } from "../monitoring";
import type { TrainingJobArgs } from "../training-job";
import type { QueueSpecArgs, TeamArgs, TrainingQueuesArgs } from "../training-queues";
import type {
    CheckpointSettingsArgs,
    JobSettingsArgs,
    MonitoringSettingsArgs,
    PoolSettingsArgs,
    TrainingClusterArgs,
} from "./training-cluster-args";

/** What decides what runs inside a cluster, wherever its nodes stand. */
export type InsideArgs = Pick<
    TrainingClusterArgs,
    "teams" | "priorities" | "training" | "monitoring" | "gpu" | "chartValues" | "chartMirror" | "imageMirror"
>;

/** Tags of everything in AWS. */
export function tagsOf(args: TrainingClusterArgs): { [key: string]: string } {
    return { ...args.tags, "kilogpu.dev/environment": args.environment };
}

/** The network's arguments. */
export function networkArgs(args: TrainingClusterArgs): ClusterNetworkArgs {
    return {
        ...args.network,
        gpuNodes: args.pools.reduce((total, pool) => total + (Number.isInteger(pool.nodes) ? pool.nodes : 0), 0),
        tags: tagsOf(args),
    };
}

/** The cluster's arguments on a network. */
export function clusterArgs(name: string, args: TrainingClusterArgs, network: NetworkPlacementArgs): EksClusterArgs {
    const kubernetes = args.kubernetes ?? {};
    return {
        network,
        kubernetesVersion: kubernetes.version ?? defaultKubernetesMinor,
        clusterName: `${name}-${args.environment}`,
        publicAccessCidrs: kubernetes.endpointAccessCidrs,
        admins: kubernetes.admins,
        viewers: kubernetes.viewers,
        systemNodes: kubernetes.systemNodes,
        logRetentionDays: kubernetes.logRetentionDays,
        deletionProtection: kubernetes.deletionProtection,
        tags: tagsOf(args),
    };
}

/** A pool's arguments on a cluster. */
export function poolArgs(pool: PoolSettingsArgs, cluster: ClusterAccessArgs): GpuNodePoolArgs {
    return { ...withoutName(pool), cluster };
}

/** A job's arguments with queues and runtimes. */
export function jobArgs(
    job: JobSettingsArgs,
    queues: QueueSpecArgs,
    runtime: RuntimeSetArgs,
    storage?: CheckpointMountsArgs,
): TrainingJobArgs {
    const namespace = queues.teams.find((team) => team.name === job.team)?.namespace;
    const claim = storage?.mounts.find((mount) => mount.namespace === namespace)?.claim;
    return {
        ...withoutName(job),
        queues,
        runtime,
        ...(storage === undefined ? {} : { storage }),
        // Written out, so that policies and state see where the job's checkpoints are.
        ...(claim === undefined ? {} : { checkpoints: { claim, ...job.checkpoints } }),
    };
}

/** Service account of training pods in each team's namespace. */
const TRAINING_ACCOUNT = "training";

/** The checkpoint storage's arguments: every team writes below a prefix of its own. */
export function storageArgs(
    settings: CheckpointSettingsArgs,
    teams: TeamArgs[],
    cluster: ClusterAccessArgs,
): CheckpointStorageArgs {
    const { fileSystem, ...others } = settings;
    return {
        ...others,
        cluster,
        writers: teams.map((team) => ({ namespace: team.namespace ?? team.name, serviceAccount: TRAINING_ACCOUNT })),
        ...(fileSystem === undefined ? {} : { lustre: fileSystem }),
    };
}

/** What jobs reach of the checkpoint storage, as it will be. */
export function plannedMounts(args: TrainingClusterArgs): CheckpointMountsArgs | undefined {
    const { checkpoints } = args;
    if (checkpoints === undefined) {
        return undefined;
    }
    return {
        mounts: storageArgs(checkpoints, args.teams, plannedAccess(args)).writers.map((writer) => ({
            ...writer,
            ...(checkpoints.fileSystem === undefined ? {} : { claim: CHECKPOINT_CLAIM, readyClaim: CHECKPOINT_CLAIM }),
            readyServiceAccount: writer.serviceAccount,
            url: "planned",
        })),
    };
}

/** Charts whose values the user may add to, by their names in the release catalogue. */
export const OPEN_CHARTS = [
    "gpu-operator",
    "node-feature-discovery",
    "aws-efa-k8s-device-plugin",
    "kueue",
    "kubeflow-trainer",
    "jobset",
    "aws-fsx-csi-driver",
    "kube-prometheus-stack",
    "loki",
    "alloy",
];

/** Where charts and images come from. */
export function mirrorsOf(args: InsideArgs): Pick<TrainingClusterArgs, "chartMirror" | "imageMirror"> {
    return { chartMirror: args.chartMirror, imageMirror: args.imageMirror };
}

/** Arguments of the fabric of one kind among the pools. */
export function fabricArgs(args: TrainingClusterArgs, kind: FabricKind, pools: NodePoolArgs[]): RdmaFabricArgs {
    return {
        kind,
        pools: pools.filter((pool) => pool.fabric === kind),
        ...mirrorsOf(args),
        values: kind === "efa" ? chartValues(args, "aws-efa-k8s-device-plugin") : undefined,
    };
}

/** The user's Helm values of a chart. */
export function chartValues(args: InsideArgs, chart: string): ChartValues | undefined {
    return args.chartValues?.[chart] as ChartValues | undefined;
}

/** The GPU operator's arguments. */
export function gpuOperatorArgs(args: InsideArgs, pools: NodePoolArgs[]): GpuOperatorArgs {
    return {
        ...args.gpu,
        pools,
        ...mirrorsOf(args),
        values:
            args.monitoring === undefined
                ? chartValues(args, "gpu-operator")
                : mergeValues({ dcgmExporter: operatorCounters() }, chartValues(args, "gpu-operator")),
        featureDiscoveryValues: chartValues(args, "node-feature-discovery"),
    };
}

/** Monitoring's arguments. */
export function monitoringArgs(
    settings: MonitoringSettingsArgs,
    args: InsideArgs,
    pools: NodePoolArgs[],
    fabric: FabricFactsArgs,
    queues?: QueueSpecArgs,
): MonitoringArgs {
    return {
        ...settings,
        pools,
        fabric,
        ...(queues === undefined ? {} : { queues }),
        trainingMetricsPort: args.training?.metricsPort,
        ...mirrorsOf(args),
        values: chartValues(args, "kube-prometheus-stack"),
        lokiValues: chartValues(args, "loki"),
        alloyValues: chartValues(args, "alloy"),
    };
}

/** The queues' arguments. */
export function queuesArgs(args: InsideArgs, pools: NodePoolArgs[], fabric: FabricFactsArgs): TrainingQueuesArgs {
    return {
        pools,
        fabric,
        teams: args.teams,
        priorities: args.priorities,
        podsReadyMinutes: args.training?.podsReadyMinutes,
        ...mirrorsOf(args),
        values: chartValues(args, "kueue"),
    };
}

/** Kubeflow's arguments. */
export function kubeflowArgs(args: InsideArgs, pools: NodePoolArgs[], fabric: FabricFactsArgs): KubeflowArgs {
    const training = args.training ?? {};
    return {
        pools,
        fabric,
        image: training.image,
        maxRestarts: training.maxRestarts,
        checkpointSeconds: training.checkpointSeconds,
        metricsPort: training.metricsPort,
        ...mirrorsOf(args),
        values: chartValues(args, "kubeflow-trainer"),
        jobSetValues: chartValues(args, "jobset"),
    };
}

/** The network's record as it will be, with ids that stand for those of AWS. */
export function plannedPlacement(args: TrainingClusterArgs): NetworkPlacementArgs {
    const { zones, gpuZone } = args.network;
    const cidr = parseCidr(args.network.cidr ?? DEFAULT_VPC_CIDR);
    const ranges = cidr === undefined || !zones.includes(gpuZone) ? [] : planSubnets(cidr, zones, gpuZone);
    return {
        vpcId: "planned",
        region: regionOf(zones[0] ?? "") ?? "",
        vpcCidr: args.network.cidr ?? DEFAULT_VPC_CIDR,
        zones,
        gpuZone,
        privateSubnets: ranges.map((range) => ({ zone: range.zone, cidr: range.privateCidr, id: "planned" })),
        publicSubnets: ranges.map((range) => ({ zone: range.zone, cidr: range.publicCidr, id: "planned" })),
    };
}

/** The cluster's record as it will be. */
export function plannedAccess(args: TrainingClusterArgs): ClusterAccessArgs {
    return {
        clusterName: "planned",
        kubernetesVersion: args.kubernetes?.version ?? defaultKubernetesMinor,
        endpoint: "planned",
        certificateAuthority: "planned",
        serviceCidr: "planned",
        securityGroupId: "planned",
        kmsKeyArn: "planned",
        network: plannedPlacement(args),
        tags: tagsOf(args),
    };
}

/** The pools' records as they will be. Call it on pools that `checkGpuNodePool` has passed. */
export function plannedPools(args: TrainingClusterArgs): NodePoolArgs[] {
    const cluster = plannedAccess(args);
    return args.pools.map((pool) => ({
        ...planPool(pool.name, poolArgs(pool, cluster)).facts,
        nodeGroupName: "planned",
    }));
}

/** Kinds of fabric among the pools, in the order in which they first appear. */
export function fabricKinds(pools: { fabric: FabricKind }[]): FabricKind[] {
    return [...new Set(pools.map((pool) => pool.fabric))];
}

/** The fabrics' records as they will be, joined. */
export function plannedFabric(pools: NodePoolArgs[]): FabricFactsArgs {
    return joinFabrics(
        fabricKinds(pools).map((kind) => ({
            kind,
            groups: profilesOf(
                kind,
                pools.filter((pool) => pool.fabric === kind),
            ),
            ready: kind,
        })),
    );
}

/**
 * One record of several fabrics, for what serves all pools of a cluster. A capacity group is of one fabric only, so that the groups
 * never clash.
 */
export function joinFabrics(fabrics: FabricFactsArgs[]): FabricFactsArgs {
    const [first] = fabrics;
    if (first === undefined) {
        throw new Error("a cluster without pools has not been checked");
    }
    return {
        kind: first.kind,
        groups: Object.assign({}, ...fabrics.map((fabric) => fabric.groups)) as FabricFactsArgs["groups"],
        ready: pulumi.all(fabrics.map((fabric) => fabric.ready)).apply((kinds) => kinds.join(", ")),
    };
}

function withoutName<T extends { name: string }>(settings: T): Omit<T, "name"> {
    const copy: Partial<T> & Omit<T, "name"> = { ...settings };
    delete copy.name;
    return copy;
}

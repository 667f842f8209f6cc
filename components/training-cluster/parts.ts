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
import { chartValues, mirrorsOf, withoutName } from "../training-platform";
import type { TeamArgs } from "../training-queues";
import type { CheckpointSettingsArgs, PoolSettingsArgs, TrainingClusterArgs } from "./training-cluster-args";

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

/** Charts besides the platform's whose values the user may add to, by their names in the release catalogue. */
export const AWS_CHARTS = ["aws-efa-k8s-device-plugin", "aws-fsx-csi-driver"];

/** Arguments of the fabric of one kind among the pools. */
export function fabricArgs(args: TrainingClusterArgs, kind: FabricKind, pools: NodePoolArgs[]): RdmaFabricArgs {
    return {
        kind,
        pools: pools.filter((pool) => pool.fabric === kind),
        ...mirrorsOf(args),
        values: kind === "efa" ? chartValues(args, "aws-efa-k8s-device-plugin") : undefined,
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

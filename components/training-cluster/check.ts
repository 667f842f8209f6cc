/**
 * The mistakes that a `TrainingClusterArgs` can hold: those of every part, with the path at which the user wrote them, and those that
 * only the whole can see. Pure, so that all of them are known before the first resource is registered.
 */
import { compatible, pinnedVersions } from "../../catalog/compatibility";
import { defaultKubernetesMinor, kubernetesMinors, release } from "../../catalog/releases";
import { CHECKPOINT_CLAIM, checkCheckpointStorage } from "../checkpoint-storage";
import { checkClusterNetwork } from "../cluster-network";
import { checkEksCluster } from "../eks-cluster";
import { FabricKind, checkRdmaFabric } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool";
import { checkGpuNodePool } from "../gpu-node-pool";
import { checkChartValues } from "../helm-chart";
import type { InputProblem } from "../input";
import { at, requirePlain, show } from "../input";
import {
    chartValues,
    checkAmounts,
    checkNames,
    checkPlatformSettings,
    checkTrainingPlatform,
    distinct,
    ofCharts,
} from "../training-platform";
import { checkFreezeWindows } from "./freeze-windows";
import {
    AWS_CHARTS,
    clusterArgs,
    fabricArgs,
    fabricKinds,
    networkArgs,
    plannedAccess,
    plannedFabric,
    plannedMounts,
    plannedPlacement,
    plannedPools,
    poolArgs,
    storageArgs,
} from "./parts";
import type { TrainingClusterArgs } from "./training-cluster-args";

/** Releases that a TrainingCluster installs. */
const INSTALLED = [
    "gpu-operator",
    "node-feature-discovery",
    "aws-efa-k8s-device-plugin",
    "kueue",
    "jobset",
    "kubeflow-trainer",
];

/** All mistakes of the arguments of the environment called `name`. */
export function checkTrainingCluster(name: string, args: TrainingClusterArgs): InputProblem[] {
    const unknown = requirePlain({ ...args });
    if (unknown.length > 0) {
        return unknown;
    }
    const network = checkNetwork(args);
    // Zones and ranges must be right before anything can be judged that stands in them.
    const placed = network.every((problem) => problem.path === "pools");
    const pools = [...checkPoolList(args), ...(placed ? checkPools(args) : [])];
    return distinct([
        ...checkPlatformSettings(args, AWS_CHARTS),
        ...network,
        ...(placed ? checkKubernetes(name, args) : []),
        ...pools,
        ...checkAmounts(Object.entries(args.rates ?? {}).map(([key, rate]) => [`rates["${key}"]`, rate])),
        ...checkFreezeWindows(args.freezeWindows),
        // What runs on the nodes can only be judged once it is clear which nodes there are.
        ...(network.length + pools.length > 0 ? [] : checkInside(args, plannedPools(args))),
    ]);
}

function checkNetwork(args: TrainingClusterArgs): InputProblem[] {
    return at("network", checkClusterNetwork(networkArgs(args))).map((problem) =>
        problem.path === "network.gpuNodes"
            ? { ...problem, path: "pools", got: `${problem.got} nodes in all` }
            : problem,
    );
}

/** Where the user wrote what EksCluster calls by another name. */
const KUBERNETES_PATHS: { [prefix: string]: string } = {
    kubernetesVersion: "kubernetes.version",
    publicAccessCidrs: "kubernetes.endpointAccessCidrs",
    clusterName: "environment",
};

function checkKubernetes(name: string, args: TrainingClusterArgs): InputProblem[] {
    const minor = args.kubernetes?.version ?? defaultKubernetesMinor;
    const cluster = checkEksCluster(clusterArgs(name, args, plannedPlacement(args))).map((problem) => {
        const prefix = /^[A-Za-z]+/.exec(problem.path)?.[0] ?? "";
        const renamed = KUBERNETES_PATHS[prefix] ?? `kubernetes.${prefix}`;
        return { ...problem, path: renamed + problem.path.slice(prefix.length) };
    });
    const misfits = kubernetesMinors().includes(minor) ? compatible(pinnedVersions(minor, INSTALLED), minor) : [];
    return [
        ...cluster,
        ...misfits.map((misfit) => ({
            path: "kubernetes.version",
            got: show(minor),
            legal: misfit.message,
            remedy: `Give a minor from ${(release(misfit.release).kubernetes ?? []).join(" to ")}.`,
        })),
    ];
}

function checkPoolList(args: TrainingClusterArgs): InputProblem[] {
    if (args.pools.length === 0) {
        return [
            {
                path: "pools",
                got: "none",
                legal: "a training cluster has at least one pool of GPU nodes",
                remedy: "Add a pool with name, instanceType, nodes, fabric and capacity.",
            },
        ];
    }
    return [...checkNames("pools", args.pools), ...checkReservations(args)];
}

/** A capacity block is one purchase: two pools on it would start twice the nodes that were bought. */
function checkReservations(args: TrainingClusterArgs): InputProblem[] {
    return args.pools.flatMap((pool, index) => {
        const id = pool.capacity.reservationId;
        const first = args.pools.findIndex((other) => other.capacity.reservationId === id);
        return id === undefined || first === index || pool.capacity.kind !== "capacity-block"
            ? []
            : [
                  {
                      path: `pools[${String(index)}].capacity.reservationId`,
                      got: show(id),
                      legal: `a capacity block has one pool, and pools[${String(first)}] has this one`,
                      remedy: "Give the id of the other block.",
                  },
              ];
    });
}

function checkPools(args: TrainingClusterArgs): InputProblem[] {
    const cluster = plannedAccess(args);
    return args.pools.flatMap((pool, index) =>
        at(`pools[${String(index)}]`, [
            ...checkGpuNodePool(pool.name, poolArgs(pool, cluster)),
            ...(pool.fabric === FabricKind.Efa && pool.zone !== undefined && pool.zone !== args.network.gpuZone
                ? [
                      {
                          path: "zone",
                          got: show(pool.zone),
                          legal: `EFA works inside one zone only, and the GPU nodes stand in ${args.network.gpuZone}`,
                          remedy: "Remove zone, set network.gpuZone, or use fabric tcp.",
                      },
                  ]
                : []),
        ]),
    );
}

/** What is installed in the cluster, against the pools' records as they will be. */
function checkInside(args: TrainingClusterArgs, pools: NodePoolArgs[]): InputProblem[] {
    return [
        ...fabricKinds(pools)
            .flatMap((kind) => checkRdmaFabric(fabricArgs(args, kind, pools)))
            .map((problem) => ofCharts({ values: "aws-efa-k8s-device-plugin" }, problem)),
        ...checkStorage(args),
        ...checkClaims(args),
        ...checkTrainingPlatform(args, pools, plannedFabric(pools), plannedMounts(args)),
    ];
}

function checkStorage(args: TrainingClusterArgs): InputProblem[] {
    const charts = checkChartValues(
        'chartValues["aws-fsx-csi-driver"]',
        release("aws-fsx-csi-driver"),
        chartValues(args, "aws-fsx-csi-driver"),
    );
    if (args.checkpoints === undefined) {
        return charts;
    }
    const storage = storageArgs(args.checkpoints, args.teams, plannedAccess(args));
    return [
        ...charts,
        ...at("checkpoints", checkCheckpointStorage(storage)).map((problem) => ({
            ...problem,
            path: problem.path.replace("checkpoints.lustre", "checkpoints.fileSystem"),
        })),
    ];
}

/** A claim of the library's own name that nobody makes would keep the job waiting for ever. */
function checkClaims(args: TrainingClusterArgs): InputProblem[] {
    return (args.jobs ?? []).flatMap((job, index) =>
        job.checkpoints?.claim === CHECKPOINT_CLAIM && args.checkpoints?.fileSystem === undefined
            ? [
                  {
                      path: `jobs[${String(index)}].checkpoints.claim`,
                      got: show(CHECKPOINT_CLAIM),
                      legal: "this claim is made from checkpoints.fileSystem, which the environment has not",
                      remedy: "Add checkpoints.fileSystem, or name a claim of your own.",
                  },
              ]
            : [],
    );
}

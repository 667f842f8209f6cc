/**
 * The mistakes that a `TrainingClusterArgs` can hold: those of every part, with the path at which the user wrote them, and those that
 * only the whole can see. Pure, so that all of them are known before the first resource is registered.
 */
import { compatible, pinnedVersions } from "../../catalog/compatibility";
import { defaultKubernetesMinor, kubernetesMinors, release } from "../../catalog/releases";
import { capacityGroups } from "../capacity-group";
import { CHECKPOINT_CLAIM, checkCheckpointStorage } from "../checkpoint-storage";
import { checkClusterNetwork } from "../cluster-network";
import { checkEksCluster } from "../eks-cluster";
import type { FabricFactsArgs } from "../fabric";
import { FabricKind, checkRdmaFabric } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool";
import { checkGpuNodePool } from "../gpu-node-pool";
import { checkGpuOperator } from "../gpu-operator";
import { checkChartMirror, checkChartValues, checkImageMirror } from "../helm-chart";
import type { InputProblem } from "../input";
import { at, oneOf, requirePlain, show } from "../input";
import { checkKubeflow, trainingRuntimes } from "../kubeflow";
import { checkMonitoring } from "../monitoring";
import { checkTrainingJob } from "../training-job";
import { checkTrainingQueues, queueFacts, teamQuotas } from "../training-queues";
import { checkFreezeWindows } from "./freeze-windows";
import {
    OPEN_CHARTS,
    chartValues,
    clusterArgs,
    fabricArgs,
    fabricKinds,
    gpuOperatorArgs,
    jobArgs,
    kubeflowArgs,
    monitoringArgs,
    networkArgs,
    plannedAccess,
    plannedFabric,
    plannedMounts,
    plannedPlacement,
    plannedPools,
    poolArgs,
    queuesArgs,
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
        ...checkEnvironment(args.environment),
        ...network,
        ...(placed ? checkKubernetes(name, args) : []),
        ...pools,
        ...checkMoney(args),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...Object.keys(args.chartValues ?? {}).flatMap((chart) => oneOf(`chartValues["${chart}"]`, chart, OPEN_CHARTS)),
        ...checkFreezeWindows(args.freezeWindows),
        // What runs on the nodes can only be judged once it is clear which nodes there are.
        ...(network.length + pools.length > 0 ? [] : checkInside(args, plannedPools(args))),
    ]);
}

function checkEnvironment(environment: string): InputProblem[] {
    return /^[a-z][a-z0-9-]{0,30}$/.test(environment)
        ? []
        : [
              {
                  path: "environment",
                  got: show(environment),
                  legal: "up to 31 lower-case letters, digits and hyphens are legal, a letter first",
                  remedy: "Give a name such as prod.",
              },
          ];
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
    return [...checkNames("pools", args.pools), ...checkNames("jobs", args.jobs ?? []), ...checkReservations(args)];
}

function checkNames(path: string, items: { name: string }[]): InputProblem[] {
    return items.flatMap((item, index) => {
        const first = items.findIndex((other) => other.name === item.name);
        return first === index
            ? []
            : [
                  {
                      path: `${path}[${String(index)}].name`,
                      got: show(item.name),
                      legal: `names are unique, and ${path}[${String(first)}] has this one`,
                      remedy: "Give another name.",
                  },
              ];
    });
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

function checkMoney(args: TrainingClusterArgs): InputProblem[] {
    const amounts: [string, number | undefined][] = [
        ["budget.hourlyUsd", args.budget?.hourlyUsd],
        ...Object.entries(args.rates ?? {}).map(([key, value]): [string, number] => [`rates["${key}"]`, value]),
    ];
    return amounts
        .filter(([, value]) => value !== undefined && !(Number.isFinite(value) && value > 0))
        .map(([path, value]) => ({
            path,
            got: show(value),
            legal: "an amount of US dollars above 0 is legal",
            remedy: "Give the amount without currency sign.",
        }));
}

/** What is installed in the cluster, against the pools' records as they will be. */
function checkInside(args: TrainingClusterArgs, pools: NodePoolArgs[]): InputProblem[] {
    const fabric = plannedFabric(pools);
    const queues = checkTrainingQueues(queuesArgs(args, pools, fabric));
    const ofChart = (chart: string, problems: InputProblem[], argument = "values"): InputProblem[] =>
        problems.map((problem) =>
            problem.path.split(".")[0] === argument
                ? { ...problem, path: `chartValues["${chart}"]${problem.path.slice(argument.length)}` }
                : problem,
        );
    return [
        ...fabricKinds(pools).flatMap((kind) =>
            ofChart("aws-efa-k8s-device-plugin", checkRdmaFabric(fabricArgs(args, kind, pools))),
        ),
        ...ofChart(
            "node-feature-discovery",
            ofChart("gpu-operator", under("gpu", GPU_KEYS, checkGpuOperator(gpuOperatorArgs(args, pools)))),
            "featureDiscoveryValues",
        ),
        ...ofChart("kueue", under("training", TRAINING_KEYS, queues)),
        ...ofChart(
            "jobset",
            ofChart(
                "kubeflow-trainer",
                under("training", TRAINING_KEYS, checkKubeflow(kubeflowArgs(args, pools, fabric))),
            ),
            "jobSetValues",
        ),
        ...checkWatching(args, pools, fabric),
        ...(queues.length > 0 ? [] : [...checkStorage(args), ...checkJobs(args, pools)]),
    ];
}

/** Arguments of the parts that stand below `gpu` and `training` in the composition. */
const GPU_KEYS = ["driver", "serviceMonitor", "metricsIntervalSeconds"];
const TRAINING_KEYS = ["image", "maxRestarts", "checkpointSeconds", "metricsPort", "podsReadyMinutes"];

function checkWatching(args: TrainingClusterArgs, pools: NodePoolArgs[], fabric: FabricFactsArgs): InputProblem[] {
    const problems =
        args.monitoring === undefined ? [] : checkMonitoring(monitoringArgs(args.monitoring, args, pools, fabric));
    const charts: { [argument: string]: string } = {
        values: "kube-prometheus-stack",
        lokiValues: "loki",
        alloyValues: "alloy",
    };
    return problems.map((problem) => {
        const [argument = "", ...rest] = problem.path.split(".");
        const chart = charts[argument];
        return chart === undefined
            ? { ...problem, path: MONITORING_KEYS.includes(argument) ? `monitoring.${problem.path}` : problem.path }
            : { ...problem, path: [`chartValues["${chart}"]`, ...rest].join(".") };
    });
}

const MONITORING_KEYS = ["retentionDays", "logs", "logRetentionDays", "storageClass", "receivers", "remoteWriteUrl"];

function checkStorage(args: TrainingClusterArgs): InputProblem[] {
    const charts = checkChartValues("values", release("aws-fsx-csi-driver"), chartValues(args, "aws-fsx-csi-driver"));
    if (args.checkpoints === undefined) {
        return charts;
    }
    const storage = storageArgs(args.checkpoints, args.teams, plannedAccess(args));
    return [
        ...charts.map((problem) => ({
            ...problem,
            path: problem.path.replace("values", 'chartValues["aws-fsx-csi-driver"]'),
        })),
        ...at("checkpoints", checkCheckpointStorage(storage)).map((problem) => ({
            ...problem,
            path: problem.path.replace("checkpoints.lustre", "checkpoints.fileSystem"),
        })),
    ];
}

function checkJobs(args: TrainingClusterArgs, pools: NodePoolArgs[]): InputProblem[] {
    const groups = capacityGroups(pools, plannedFabric(pools));
    const queues = { ...queueFacts(groups, teamQuotas(args.teams, groups), args.priorities), localQueues: [] };
    const runtime = { runtimes: trainingRuntimes(groups), names: [] };
    const storage = plannedMounts(args);
    return [
        ...checkClaims(args),
        ...(args.jobs ?? []).flatMap((job, index) =>
            at(`jobs[${String(index)}]`, checkTrainingJob(job.name, jobArgs(job, queues, runtime, storage))),
        ),
    ];
}

/** Paths of a part's own arguments, below the key that holds them in the composition. */
function under(key: string, paths: string[], problems: InputProblem[]): InputProblem[] {
    return problems.map((problem) =>
        paths.includes(problem.path) ? { ...problem, path: `${key}.${problem.path}` } : problem,
    );
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

/** Parts share arguments such as the pools: each mistake is told once. */
function distinct(problems: InputProblem[]): InputProblem[] {
    return problems.filter(
        (problem, index) =>
            problems.findIndex((other) => other.path === problem.path && other.legal === problem.legal) === index,
    );
}

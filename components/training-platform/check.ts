/** The mistakes in what runs inside a training cluster, with the paths at which the user of a composition wrote them. Pure. */
import { capacityGroups } from "../capacity-group";
import type { CheckpointMountsArgs } from "../checkpoint-storage";
import type { FabricFactsArgs } from "../fabric";
import type { NodePoolArgs } from "../gpu-node-pool";
import { checkGpuOperator } from "../gpu-operator";
import { checkChartMirror, checkImageMirror } from "../helm-chart";
import type { InputProblem } from "../input";
import { at, oneOf, show } from "../input";
import { checkKubeflow, trainingRuntimes } from "../kubeflow";
import { checkMonitoring } from "../monitoring";
import { checkTrainingJob } from "../training-job";
import { checkTrainingQueues, queueFacts, teamQuotas } from "../training-queues";
import { PLATFORM_CHARTS, gpuOperatorArgs, jobArgs, kubeflowArgs, monitoringArgs, queuesArgs } from "./parts";
import type { TrainingPlatformArgs } from "./training-platform-args";

/** What can be judged before it is clear which nodes there are; `charts` are those that the composition installs besides. */
export function checkPlatformSettings(args: TrainingPlatformArgs, charts: string[]): InputProblem[] {
    return [
        ...checkEnvironment(args.environment),
        ...checkNames("jobs", args.jobs ?? []),
        ...checkAmounts([["budget.hourlyUsd", args.budget?.hourlyUsd]]),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...Object.keys(args.chartValues ?? {}).flatMap((chart) =>
            oneOf(`chartValues["${chart}"]`, chart, [...PLATFORM_CHARTS, ...charts]),
        ),
    ];
}

/** What is installed on the nodes, against the records of pools and fabric as they will be. */
export function checkTrainingPlatform(
    args: TrainingPlatformArgs,
    pools: NodePoolArgs[],
    fabric: FabricFactsArgs,
    storage?: CheckpointMountsArgs,
): InputProblem[] {
    const queues = checkTrainingQueues(queuesArgs(args, pools, fabric));
    return [
        ...renamed("gpu", GPU_KEYS, GPU_CHARTS, checkGpuOperator(gpuOperatorArgs(args, pools))),
        ...renamed("training", TRAINING_KEYS, QUEUE_CHARTS, queues),
        ...renamed("training", TRAINING_KEYS, KUBEFLOW_CHARTS, checkKubeflow(kubeflowArgs(args, pools, fabric))),
        ...(args.monitoring === undefined
            ? []
            : renamed(
                  "monitoring",
                  MONITORING_KEYS,
                  MONITORING_CHARTS,
                  checkMonitoring(monitoringArgs(args.monitoring, args, pools, fabric)),
              )),
        ...(queues.length > 0 ? [] : checkJobs(args, pools, fabric, storage)),
    ];
}

/** Arguments of the parts, by the key that holds them in the composition, and the charts that their Helm values are for. */
const GPU_KEYS = ["driver", "serviceMonitor", "metricsIntervalSeconds"];
const GPU_CHARTS = { values: "gpu-operator", featureDiscoveryValues: "node-feature-discovery" };
const TRAINING_KEYS = ["image", "maxRestarts", "checkpointSeconds", "metricsPort", "ncclInspector", "podsReadyMinutes"];
const QUEUE_CHARTS = { values: "kueue" };
const KUBEFLOW_CHARTS = { values: "kubeflow-trainer", jobSetValues: "jobset" };
const MONITORING_KEYS = [
    "retentionDays",
    "logs",
    "logRetentionDays",
    "storageClass",
    "receivers",
    "remoteWriteUrl",
    "managedPrometheus",
];
const MONITORING_CHARTS = { values: "kube-prometheus-stack", lokiValues: "loki", alloyValues: "alloy" };

/** A part's problems, at the paths that the composition's user knows. */
function renamed(
    key: string,
    keys: string[],
    charts: { [argument: string]: string },
    problems: InputProblem[],
): InputProblem[] {
    return problems.map((problem) => {
        const argument = /^[A-Za-z]*/.exec(problem.path)?.[0] ?? "";
        return keys.includes(argument) ? { ...problem, path: `${key}.${problem.path}` } : ofCharts(charts, problem);
    });
}

/** A problem of a chart's values, at the path of `chartValues`. */
export function ofCharts(charts: { [argument: string]: string }, problem: InputProblem): InputProblem {
    const [argument = "", ...rest] = problem.path.split(".");
    const chart = charts[argument];
    return chart === undefined ? problem : { ...problem, path: [`chartValues["${chart}"]`, ...rest].join(".") };
}

function checkJobs(
    args: TrainingPlatformArgs,
    pools: NodePoolArgs[],
    fabric: FabricFactsArgs,
    storage: CheckpointMountsArgs | undefined,
): InputProblem[] {
    const groups = capacityGroups(pools, fabric);
    const queues = { ...queueFacts(groups, teamQuotas(args.teams, groups), args.priorities), localQueues: [] };
    const runtime = { runtimes: trainingRuntimes(groups), names: [] };
    return (args.jobs ?? []).flatMap((job, index) =>
        at(`jobs[${String(index)}]`, checkTrainingJob(job.name, jobArgs(job, queues, runtime, storage))),
    );
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

/** Names below a path that two of its items share. */
export function checkNames(path: string, items: { name: string }[]): InputProblem[] {
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

/** Amounts of money that are none. */
export function checkAmounts(amounts: [path: string, amount: number | undefined][]): InputProblem[] {
    return amounts
        .filter(([, amount]) => amount !== undefined && !(Number.isFinite(amount) && amount > 0))
        .map(([path, amount]) => ({
            path,
            got: show(amount),
            legal: "an amount of US dollars above 0 is legal",
            remedy: "Give the amount without currency sign.",
        }));
}

/** Parts share arguments such as the pools: each mistake is told once. */
export function distinct(problems: InputProblem[]): InputProblem[] {
    return [...new Map(problems.map((problem) => [`${problem.path}: ${problem.legal}`, problem])).values()];
}

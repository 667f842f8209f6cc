/** The mistakes that an `OnPremisesClusterArgs` can hold, with the path at which the user wrote them. Pure. */
import { checkBareMetalCluster, checkBareMetalNodePool } from "../bare-metal";
import { capacityGroups } from "../capacity-group";
import { checkRdmaFabric } from "../fabric";
import { checkGpuOperator } from "../gpu-operator";
import { at, requirePlain, show } from "../input";
import type { InputProblem } from "../input";
import { checkKubeflow, trainingRuntimes } from "../kubeflow";
import { checkMonitoring } from "../monitoring";
import { gpuOperatorArgs, jobArgs, kubeflowArgs, monitoringArgs, queuesArgs } from "../training-cluster/parts";
import { checkTrainingJob } from "../training-job";
import { checkTrainingQueues, queueFacts, teamQuotas } from "../training-queues";
import type { OnPremisesClusterArgs, SiteArgs, SiteCostArgs } from "./on-premises-cluster-args";
import {
    controlPlaneArgs,
    hostFabricArgs,
    hostPoolArgs,
    plannedHostAccess,
    plannedHostFabric,
    plannedHostPool,
} from "./parts";

/** All mistakes. What runs on the hosts is judged once the hosts are right. */
export function checkOnPremisesCluster(args: OnPremisesClusterArgs): InputProblem[] {
    const plain = requirePlain({ ...args });
    if (plain.length > 0) {
        return plain;
    }
    const site = at("site", checkSite(args.site));
    return distinct(site.length > 0 ? site : checkInside(args));
}

function checkSite(site: SiteArgs): InputProblem[] {
    return [
        ...checkBareMetalCluster(controlPlaneArgs(site)),
        ...checkBareMetalNodePool(hostPoolArgs(site, plannedHostAccess(site))).map((problem) => ({
            ...problem,
            path: problem.path.replace(/^cluster\.ssh/, "ssh").replace(/^site$/, "name"),
        })),
        ...(site.costs === undefined ? [] : at("costs", checkCosts(site.costs))),
    ];
}

function checkCosts(costs: SiteCostArgs): InputProblem[] {
    const { powerUsageEffectiveness: overhead = 1.3 } = costs;
    return [
        ...Object.entries(costs)
            .filter(([, value]) => !(Number.isFinite(value) && Number(value) > 0))
            .map(([path, value]) => ({
                path,
                got: show(value),
                legal: "a number above 0 is legal",
                remedy: "Give the figure of your site.",
            })),
        ...(overhead >= 1
            ? []
            : [
                  {
                      path: "powerUsageEffectiveness",
                      got: String(overhead),
                      legal: "1 or more: a site draws at least what its computers do",
                      remedy: "Give the site's yearly figure, for example 1.3.",
                  },
              ]),
    ];
}

function checkInside(args: OnPremisesClusterArgs): InputProblem[] {
    const pool = plannedHostPool(args.site);
    const problems = checkRdmaFabric(hostFabricArgs(args, pool)).map((problem) => ({
        ...problem,
        path: problem.path.replace(/^(rack|kind)/, "site.$1").replace(/^values/, 'chartValues["network-operator"]'),
    }));
    if (problems.length > 0) {
        return problems;
    }
    const fabric = plannedHostFabric(args.site, pool);
    const queues = checkTrainingQueues(queuesArgs(args, [pool], fabric));
    return [
        ...checkGpuOperator(gpuOperatorArgs(args, [pool])),
        ...queues,
        ...checkKubeflow(kubeflowArgs(args, [pool], fabric)),
        ...checkWatching(args),
        ...(queues.length > 0 ? [] : checkJobs(args)),
    ];
}

function checkWatching(args: OnPremisesClusterArgs): InputProblem[] {
    const { monitoring, site } = args;
    if (monitoring === undefined) {
        return [];
    }
    const pool = plannedHostPool(site);
    return [
        ...checkMonitoring(monitoringArgs(monitoring, args, [pool], plannedHostFabric(site, pool))),
        ...(monitoring.storageClass === undefined
            ? [
                  {
                      path: "monitoring.storageClass",
                      got: "nothing",
                      legal: "a rack has no storage of the library's own, and series need some",
                      remedy: "Name a StorageClass of the site.",
                  },
              ]
            : []),
    ];
}

function checkJobs(args: OnPremisesClusterArgs): InputProblem[] {
    const pool = plannedHostPool(args.site);
    const groups = capacityGroups([pool], plannedHostFabric(args.site, pool));
    const queues = { ...queueFacts(groups, teamQuotas(args.teams, groups), args.priorities), localQueues: [] };
    const runtime = { runtimes: trainingRuntimes(groups), names: [] };
    return (args.jobs ?? []).flatMap((job, index) =>
        at(`jobs[${String(index)}]`, checkTrainingJob(job.name, jobArgs(job, queues, runtime))),
    );
}

/** Parts share arguments such as the pools: each mistake is told once. */
function distinct(problems: InputProblem[]): InputProblem[] {
    return [...new Map(problems.map((problem) => [`${problem.path}: ${problem.legal}`, problem])).values()];
}

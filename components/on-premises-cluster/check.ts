/** The mistakes that an `OnPremisesClusterArgs` can hold, with the path at which the user wrote them. Pure. */
import { checkBareMetalCluster, checkBareMetalNodePool } from "../bare-metal";
import { checkRdmaFabric } from "../fabric";
import { at, requirePlain, show } from "../input";
import type { InputProblem } from "../input";
import { checkPlatformSettings, checkTrainingPlatform, distinct } from "../training-platform";
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
    return distinct([
        ...site,
        ...checkPlatformSettings(args, ["network-operator"]),
        ...(site.length > 0 ? [] : checkInside(args)),
    ]);
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
    return [
        ...checkStorageClass(args),
        ...(args.monitoring?.managedPrometheus === true ? [notInRacks] : []),
        ...checkTrainingPlatform(args, [pool], plannedHostFabric(args.site, pool)),
    ];
}

const notInRacks: InputProblem = {
    path: "monitoring.managedPrometheus",
    got: "true",
    legal: "AWS gives a workspace to the pods of EKS only",
    remedy: "Give monitoring.remoteWriteUrl.",
};

function checkStorageClass({ monitoring }: OnPremisesClusterArgs): InputProblem[] {
    return monitoring === undefined || monitoring.storageClass !== undefined
        ? []
        : [
              {
                  path: "monitoring.storageClass",
                  got: "nothing",
                  legal: "a rack has no storage of the library's own, and series need some",
                  remedy: "Name a StorageClass of the site.",
              },
          ];
}

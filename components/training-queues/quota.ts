/** Who may use how many GPUs, and what that means for every other resource. Pure. */
import type { CapacityGroup } from "../capacity-group";
import { coveredResources, nodeQuota, scaled } from "../capacity-group";
import type { GroupShare, TeamQuota } from "./spec";
import type { TeamArgs } from "./training-queues-args";

/** Names of Kubernetes objects that a team gets, and its shares. Call it on teams that `checkTeams` has passed. */
export function teamQuotas(teams: TeamArgs[], groups: CapacityGroup[]): TeamQuota[] {
    return teams.map((team) => {
        const shares = sharesOf(team, groups);
        const total = (part: "gpus" | "borrow" | "lend") => shares.reduce((sum, share) => sum + share[part], 0);
        return {
            name: team.name,
            namespace: team.namespace ?? team.name,
            localQueue: team.name,
            gpus: total("gpus"),
            borrow: total("borrow"),
            lend: total("lend"),
            capacityGroups: shares.map((share) => share.capacityGroup),
            shares,
        };
    });
}

/** A team's shares, one for each capacity group that it has something of, in the order of the groups. */
export function sharesOf(team: TeamArgs, groups: CapacityGroup[]): GroupShare[] {
    const only = groups.length === 1 ? groups[0] : undefined;
    const given = team.shares?.map((share) => ({
        ...share,
        group: groups.find((group) => group.pools.includes(share.pool)),
    })) ?? [{ gpus: team.gpus ?? 0, borrow: team.borrow, lend: team.lend, group: only }];
    return groups.flatMap((group) =>
        given
            .filter((share) => share.group?.name === group.name)
            .map((share) => ({
                capacityGroup: group.name,
                gpus: share.gpus,
                borrow: share.borrow ?? 0,
                lend: share.lend ?? share.gpus,
            })),
    );
}

/** One resource of a flavor in a ClusterQueue. */
export interface ResourceQuota {
    name: string;
    nominalQuota: string;
    borrowingLimit?: string;
    lendingLimit?: string;
}

/** One resource group of a ClusterQueue. */
export interface ResourceGroup {
    coveredResources: string[];
    flavors: { name: string; resources: ResourceQuota[] }[];
}

/**
 * The resource group of a team's ClusterQueue. All resources stand in one group, because a flavor is chosen per group and a
 * pod's GPUs and EFA interfaces must come from the same nodes. Resources besides GPUs are in proportion to the team's GPUs
 * of each group, rounded up; a flavor whose nodes lack a resource offers none of it.
 *
 * Limits are left out where the team stands alone: Kueue refuses them without a cohort.
 */
export function resourceGroup(
    quota: TeamQuota,
    groups: CapacityGroup[],
    flavorOf: { [capacityGroup: string]: string },
    inCohort: boolean,
): ResourceGroup {
    const offered = groups.filter((group) => quota.capacityGroups.includes(group.name));
    const covered = coveredResources(offered.map((group) => group.fabric));
    return {
        coveredResources: covered,
        flavors: offered.flatMap((group) => {
            const share = quota.shares.find((candidate) => candidate.capacityGroup === group.name);
            const name = flavorOf[group.name];
            if (share === undefined || name === undefined) {
                return [];
            }
            const whole = nodeQuota(group);
            const portion = (resource: string, gpus: number) =>
                scaled(whole[resource] ?? "0", gpus, group.schedulableGpusPerNode, "up");
            return [
                {
                    name,
                    resources: covered.map((resource) => ({
                        name: resource,
                        nominalQuota: portion(resource, share.gpus),
                        ...(inCohort
                            ? {
                                  borrowingLimit: portion(resource, share.borrow),
                                  lendingLimit: portion(resource, share.lend),
                              }
                            : {}),
                    })),
                },
            ];
        }),
    };
}

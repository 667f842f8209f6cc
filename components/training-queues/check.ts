/** The mistakes that a `TrainingQueuesArgs` can hold. Pure. */
import type { CapacityGroup } from "../capacity-group";
import { capacityGroups, checkPools, schedulableGpus } from "../capacity-group";
import type { InputProblem } from "../input";
import { at, oneOf, requirePlain, show, wholeNumber } from "../input";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import { release } from "../../catalog/releases";
import { sharesOf } from "./quota";
import type { PriorityArgs, TeamArgs, TrainingQueuesArgs } from "./training-queues-args";

/** Names of namespaces, queues and priority classes (RFC 1123 label). */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Namespaces that belong to Kubernetes or to the charts: Kueue would hold their pods back. */
const RESERVED_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease", "kueue-system"];

/** All mistakes of the arguments. */
export function checkTrainingQueues(args: TrainingQueuesArgs): InputProblem[] {
    const unknown = requirePlain({
        pools: args.pools,
        teams: args.teams,
        priorities: args.priorities,
        podsReadyMinutes: args.podsReadyMinutes,
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    const pools = checkPools(args.pools, args.fabric);
    return [
        ...pools,
        ...(pools.length > 0 ? [] : checkTeams(args.teams, capacityGroups(args.pools, args.fabric))),
        ...checkPriorities(args.priorities ?? []),
        ...wholeNumber("podsReadyMinutes", args.podsReadyMinutes ?? 30, { min: 1, max: 1440 }),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release("kueue"), args.values),
    ];
}

/** Mistakes of the teams and of their quotas against the GPUs that there are. */
export function checkTeams(teams: TeamArgs[], groups: CapacityGroup[]): InputProblem[] {
    if (teams.length === 0) {
        return [
            {
                path: "teams",
                got: "none",
                legal: "jobs run in a team's queue, so at least one team is needed",
                remedy: "Give a team with a name and a number of gpus.",
            },
        ];
    }
    return [
        ...teams.flatMap((team, index) => at(`teams[${String(index)}]`, checkTeam(team, index, teams, groups))),
        ...groups.flatMap((group) => checkSum(group, teams, groups)),
    ];
}

function checkTeam(team: TeamArgs, index: number, teams: TeamArgs[], groups: CapacityGroup[]): InputProblem[] {
    return [
        ...checkName("name", team.name),
        ...checkName("namespace", team.namespace ?? "ok"),
        ...checkUnique(
            "name",
            team.name,
            teams.map((other) => other.name),
            index,
        ),
        ...checkUnique(
            "namespace",
            team.namespace ?? team.name,
            teams.map((other) => other.namespace ?? other.name),
            index,
        ),
        ...(RESERVED_NAMESPACES.includes(team.namespace ?? team.name)
            ? [
                  {
                      path: "namespace",
                      got: show(team.namespace ?? team.name),
                      legal: "a team's jobs have a namespace of their own, and this one belongs to the system",
                      remedy: "Give a namespace such as the team's name.",
                  },
              ]
            : []),
        ...(team.weight === undefined || (Number.isFinite(team.weight) && team.weight >= 0 && team.weight <= 1000)
            ? []
            : [
                  {
                      path: "weight",
                      got: show(team.weight),
                      legal: "a weight from 0 to 1000 is legal, 1 being a team's usual one",
                      remedy: "Give 2 to a team that should get twice the idle GPUs.",
                  },
              ]),
        ...checkShares(team, teams, groups),
    ];
}

function checkShares(team: TeamArgs, teams: TeamArgs[], groups: CapacityGroup[]): InputProblem[] {
    if (team.shares === undefined) {
        if (groups.length > 1) {
            const pools = groups.map((group) => group.pools[0]).join(", ");
            return [
                {
                    path: "shares",
                    got: "nothing",
                    legal: `the pools form ${String(groups.length)} capacity groups, and a quota belongs to one of them`,
                    remedy: `Say how many GPUs the team has of each, by a pool's name (${pools}).`,
                },
            ];
        }
        return checkAmounts(team, teams, groups, groups[0]);
    }
    if (team.gpus !== undefined || team.borrow !== undefined || team.lend !== undefined) {
        return [
            {
                path: "gpus",
                got: show(team.gpus),
                legal: "either gpus, borrow and lend, or shares is given",
                remedy: "Move the numbers into shares.",
            },
        ];
    }
    const names = groups.flatMap((group) => group.pools);
    return team.shares.flatMap((share, index) => {
        const group = groups.find((candidate) => candidate.pools.includes(share.pool));
        const earlier = team.shares?.findIndex((other) => group?.pools.includes(other.pool) ?? false) ?? index;
        return at(`shares[${String(index)}]`, [
            ...oneOf("pool", share.pool, names),
            ...(group === undefined || earlier === index
                ? []
                : [
                      {
                          path: "pool",
                          got: show(share.pool),
                          legal: `pools of one capacity group share one quota, and shares[${String(earlier)}] has it`,
                          remedy: "Add the numbers up in one share.",
                      },
                  ]),
            ...checkAmounts(share, teams, groups, group),
        ]);
    });
}

/** The numbers of one share: what can be owned, borrowed and lent at all. */
function checkAmounts(
    share: { gpus?: number; borrow?: number; lend?: number },
    teams: TeamArgs[],
    groups: CapacityGroup[],
    group: CapacityGroup | undefined,
): InputProblem[] {
    const most = group === undefined ? 1_000_000 : schedulableGpus(group);
    const own = wholeNumber("gpus", share.gpus, { min: 0, max: most });
    const borrow = share.borrow === undefined ? [] : wholeNumber("borrow", share.borrow, { min: 0, max: most });
    const lend = share.lend === undefined ? [] : wholeNumber("lend", share.lend, { min: 0, max: most });
    if (own.length + borrow.length + lend.length > 0 || group === undefined) {
        return [...own, ...borrow, ...lend];
    }
    const gpus = share.gpus ?? 0;
    const problems: InputProblem[] = [];
    if (gpus === 0 && (share.borrow ?? 0) === 0) {
        problems.push({
            path: "gpus",
            got: "0, with nothing to borrow",
            legal: "a team without quota can run no job",
            remedy: "Give it GPUs of its own, or let it borrow.",
        });
    }
    if ((share.lend ?? 0) > gpus) {
        problems.push({
            path: "lend",
            got: String(share.lend),
            legal: `a team lends what is its own, ${String(gpus)} GPUs`,
            remedy: `Give ${String(gpus)} or less.`,
        });
    }
    const others = teams
        .filter((other) => other !== share && !(other.shares ?? []).includes(share as never))
        .flatMap((other) => sharesOf(other, groups))
        .filter((other) => other.capacityGroup === group.name)
        .reduce((total, other) => total + other.lend, 0);
    if ((share.borrow ?? 0) > 0 && teams.length === 1) {
        problems.push({
            path: "borrow",
            got: String(share.borrow),
            legal: "borrowing needs another team in the cohort, and there is only this one",
            remedy: "Remove borrow, or give the team the GPUs as its own.",
        });
    } else if ((share.borrow ?? 0) > others) {
        problems.push({
            path: "borrow",
            got: String(share.borrow),
            legal: `the other teams lend ${String(others)} GPUs of ${group.instanceType} in all`,
            remedy: `Give ${String(others)} or less.`,
        });
    }
    return problems;
}

/** Quotas that add up to more GPUs than there are would let Kueue admit gangs that can never be placed. */
function checkSum(group: CapacityGroup, teams: TeamArgs[], groups: CapacityGroup[]): InputProblem[] {
    const shares = teams.flatMap((team) =>
        sharesOf(team, groups).filter((share) => share.capacityGroup === group.name),
    );
    const total = shares.reduce((sum, share) => sum + share.gpus, 0);
    const offered = schedulableGpus(group);
    if (total <= offered || shares.some((share) => !Number.isInteger(share.gpus))) {
        return [];
    }
    return [
        {
            path: "teams",
            got: `quotas of ${String(total)} GPUs of ${group.instanceType}`,
            legal:
                `pool${group.pools.length > 1 ? "s" : ""} ${group.pools.join(", ")} ` +
                `${group.pools.length > 1 ? "have" : "has"} ${String(offered)}`,
            remedy: `Take ${String(total - offered)} GPUs from the teams, or add nodes.`,
        },
    ];
}

function checkPriorities(priorities: PriorityArgs[]): InputProblem[] {
    return priorities.flatMap((priority, index) =>
        at(`priorities[${String(index)}]`, [
            ...checkName("name", priority.name),
            ...checkUnique(
                "name",
                priority.name,
                priorities.map((other) => other.name),
                index,
            ),
            ...wholeNumber("value", priority.value, { min: -1_000_000_000, max: 1_000_000_000 }),
        ]),
    );
}

function checkName(path: string, name: string): InputProblem[] {
    return LABEL.test(name)
        ? []
        : [
              {
                  path,
                  got: show(name),
                  legal: "up to 63 lower-case letters, digits and hyphens are legal, a letter or digit at both ends",
                  remedy: "Give a name such as pretrain.",
              },
          ];
}

function checkUnique(path: string, value: string, all: string[], index: number): InputProblem[] {
    const first = all.indexOf(value);
    return first === index
        ? []
        : [
              {
                  path,
                  got: show(value),
                  legal: `each is used once, and entry ${String(first)} has this one`,
                  remedy: "Give another name.",
              },
          ];
}

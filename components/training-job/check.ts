/** The mistakes that a `TrainingJobArgs` can hold. Pure. */
import { nodeLabels } from "../../catalog/topology";
import type { CheckpointMountArgs } from "../checkpoint-storage/mounts";
import type { InputProblem } from "../input";
import { at, oneOf, requirePlain, show, wholeNumber } from "../input";
import { checkImage } from "../kubeflow";
import type { TrainingRuntime } from "../kubeflow";
import type { GroupShare, TeamQuota } from "../training-queues";
import { launcherName } from "./launcher";
import { CHECKPOINT_FOLDER } from "./paths";
import { TopologyMode } from "./training-job-args";
import type { TrainingJobArgs } from "./training-job-args";

/** Trainer takes 63 letters; JobSet adds `-node-0-<index>` to the pods' host names, which have 63 in all. */
const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** What etcd takes of one object is 1.5 MiB; the API server refuses a ConfigMap above 1 MiB. */
const MAX_SCRIPT_BYTES = 1_000_000;

/** Names that Trainer sets itself and whose use in a job its webhook refuses. */
const RESERVED_ENVIRONMENT = /^PET_/;

/** What a job uses: the runtime of a capacity group, and the team's share of it. */
export interface JobPlacement {
    team: TeamQuota;
    runtime: TrainingRuntime;
    share: GroupShare;
}

/** All mistakes of the arguments. */
export function checkTrainingJob(name: string, args: TrainingJobArgs): InputProblem[] {
    const unknown = requirePlain({
        team: args.team,
        nodes: args.nodes,
        gpusPerNode: args.gpusPerNode,
        script: args.script,
        pool: args.pool,
        priority: args.priority,
        topology: args.topology,
        checkpoints: args.checkpoints,
        serveMetrics: args.serveMetrics,
        "queues.teams": args.queues.teams,
        "runtime.runtimes": args.runtime.runtimes,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    return [
        ...(NAME.test(name)
            ? []
            : [
                  {
                      path: "name",
                      got: show(name),
                      legal: "up to 40 lower-case letters, digits and hyphens are legal, a letter first",
                      remedy: "Give the job a shorter name, such as gpt2.",
                  },
              ]),
        ...oneOf(
            "team",
            args.team,
            args.queues.teams.map((team) => team.name),
        ),
        ...checkPlacement(args),
        ...(args.priority === undefined ? [] : oneOf("priority", args.priority, args.queues.priorityClasses)),
        ...checkFiles(args),
        ...checkEnvironment(args.environment ?? {}),
        ...checkCheckpoints(args),
        ...(args.image === undefined ? [] : checkImage("image", args.image)),
        ...(args.deadlineHours === undefined
            ? []
            : wholeNumber("deadlineHours", args.deadlineHours, { min: 1, max: 8760 })),
    ];
}

/** The runtime and the share that the job uses; undefined where the arguments are wrong. */
export function placementOf(args: TrainingJobArgs): JobPlacement | undefined {
    const team = args.queues.teams.find((candidate) => candidate.name === args.team);
    const runtime =
        args.pool === undefined
            ? args.runtime.runtimes.find((candidate) => team?.capacityGroups.includes(candidate.capacityGroup))
            : args.runtime.runtimes.find((candidate) => candidate.pools.includes(args.pool ?? ""));
    const share = team?.shares.find((candidate) => candidate.capacityGroup === runtime?.capacityGroup);
    return team === undefined || runtime === undefined || share === undefined ? undefined : { team, runtime, share };
}

/** What the team's pods reach of the checkpoint storage. */
export function mountOf(args: TrainingJobArgs, team: TeamQuota): CheckpointMountArgs | undefined {
    return args.storage?.mounts.find((mount) => mount.namespace === team.namespace);
}

/** A checkpoint beside the volume is lost with its node, which shows only when the node is lost. */
function checkCheckpoints(args: TrainingJobArgs): InputProblem[] {
    const team = args.queues.teams.find((candidate) => candidate.name === args.team);
    const claim = args.checkpoints?.claim ?? (team === undefined ? undefined : mountOf(args, team)?.claim);
    const problems: InputProblem[] = [];
    if (args.checkpoints !== undefined && claim === undefined) {
        problems.push({
            path: "checkpoints",
            got: "no claim",
            legal: "checkpoints need a volume, and there is no storage for those of this team",
            remedy: "Name a claim of yours, or give the environment checkpoint storage with a file system.",
        });
    }
    const folder = args.checkpoints?.folder;
    if (folder !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(folder)) {
        problems.push({
            path: "checkpoints.folder",
            got: show(folder),
            legal: "a relative path without .. is legal, for example runs/gpt2",
            remedy: "Give a folder inside the volume.",
        });
    }
    const given = flagValue(args.arguments ?? [], "--checkpoint-dir") ?? args.environment?.["KILOGPU_CHECKPOINT_DIR"];
    if (claim !== undefined && given !== undefined && !`${given}/`.startsWith(`${CHECKPOINT_FOLDER}/`)) {
        problems.push({
            path:
                args.environment?.["KILOGPU_CHECKPOINT_DIR"] === given
                    ? "environment.KILOGPU_CHECKPOINT_DIR"
                    : "arguments",
            got: show(given),
            legal: `the volume is mounted at ${CHECKPOINT_FOLDER}, and any other folder is lost with its node`,
            remedy: `Remove it, or give a folder below ${CHECKPOINT_FOLDER}.`,
        });
    }
    return problems;
}

/** Value of a flag, written `--flag=value` or `--flag value`. */
function flagValue(given: string[], flag: string): string | undefined {
    const joined = given.find((item) => item.startsWith(`${flag}=`));
    const apart = given.indexOf(flag);
    return joined?.slice(flag.length + 1) ?? (apart < 0 ? undefined : given[apart + 1]);
}

function checkPlacement(args: TrainingJobArgs): InputProblem[] {
    const team = args.queues.teams.find((candidate) => candidate.name === args.team);
    const pools = args.runtime.runtimes.flatMap((runtime) => runtime.pools);
    const wrongPool = args.pool === undefined ? [] : oneOf("pool", args.pool, pools);
    const placement = placementOf(args);
    if (team === undefined || wrongPool.length > 0) {
        return wrongPool;
    }
    if (placement === undefined) {
        const own = args.runtime.runtimes.filter((runtime) => team.capacityGroups.includes(runtime.capacityGroup));
        return [
            {
                path: "pool",
                got: show(args.pool),
                legal: `team "${team.name}" has quota in ${own.flatMap((runtime) => runtime.pools).join(", ") || "no pool"}`,
                remedy: "Name one of these pools, or give the team a share of this one.",
            },
        ];
    }
    const gpus = args.gpusPerNode ?? placement.runtime.gpusPerNode;
    const wrongGpus = wholeNumber("gpusPerNode", gpus, { min: 1, max: placement.runtime.gpusPerNode });
    return [
        ...wrongGpus,
        ...(wrongGpus.length > 0 ? [] : checkNodes(args, placement, gpus)),
        ...(wrongGpus.length > 0 ? [] : checkTopology(args, placement.runtime, gpus)),
    ];
}

/** Against what the pools have, then against what the team may use of it. */
function checkNodes(args: TrainingJobArgs, { team, runtime, share }: JobPlacement, gpus: number): InputProblem[] {
    const offered = args.queues.nodes[runtime.capacityGroup] ?? 0;
    const podsPerNode = Math.floor((args.queues.gpusPerNode[runtime.capacityGroup] ?? 0) / gpus);
    const most = offered * podsPerNode;
    const whole = wholeNumber("nodes", args.nodes, { min: 1, max: 1_000_000 });
    if (whole.length > 0) {
        return whole;
    }
    const unit = podsPerNode > 1 ? `pods of ${String(gpus)} GPU${gpus > 1 ? "s" : ""} on` : "nodes of";
    if (args.nodes > most) {
        return [
            {
                path: "nodes",
                got: String(args.nodes),
                legal:
                    `pool${runtime.pools.length > 1 ? "s" : ""} ${runtime.pools.join(", ")} ` +
                    `${runtime.pools.length > 1 ? "have" : "has"} ${String(most)} ${unit} ${runtime.instanceType}`,
                remedy: `Ask for ${String(most)} or fewer.`,
            },
        ];
    }
    const own = Math.floor(share.gpus / gpus);
    const allowed = Math.floor((share.gpus + share.borrow) / gpus);
    if (args.nodes <= allowed) {
        return [];
    }
    return [
        {
            path: "nodes",
            got: String(args.nodes),
            legal:
                `team "${team.name}" may use ${String(allowed)} ${unit} ${runtime.instanceType} ` +
                `(${String(own)} of its own, ${String(allowed - own)} borrowed)`,
            remedy:
                allowed === 0
                    ? `Give team "${team.name}" at least ${String(args.nodes * gpus)} GPUs.`
                    : `Ask for ${String(allowed)} or fewer.`,
        },
    ];
}

/** Kueue never admits a gang that must stand within a domain too small for it, and says so only in the Workload. */
function checkTopology(args: TrainingJobArgs, runtime: TrainingRuntime, gpus: number): InputProblem[] {
    const topology = args.topology;
    if (topology === undefined) {
        return [];
    }
    const levels = args.queues.topologyLevels[runtime.capacityGroup] ?? [];
    const problems = at("topology", [
        ...oneOf("mode", topology.mode, Object.values(TopologyMode)),
        ...(topology.level === undefined ? [] : oneOf("level", topology.level, levels)),
    ]);
    const level = topology.level ?? narrowestLayer(levels);
    if (problems.length > 0 || topology.mode !== TopologyMode.Required || level === undefined) {
        return problems;
    }
    const podsPerNode = Math.floor((args.queues.gpusPerNode[runtime.capacityGroup] ?? 0) / gpus);
    const room = (of: string): number | undefined => {
        const nodes = of === nodeLabels.hostname ? 1 : args.queues.largestDomains?.[runtime.capacityGroup]?.[of];
        return nodes === undefined ? undefined : nodes * podsPerNode;
    };
    const held = room(level);
    if (held !== undefined && args.nodes > held) {
        const wider = levels.filter((other) => (room(other) ?? Infinity) >= args.nodes).at(-1);
        problems.push({
            path: "topology.level",
            got: show(level),
            legal: `its largest domain holds ${String(held)} of the job's ${String(args.nodes)} nodes`,
            remedy: `${wider === undefined ? "Ask" : `Name a wider level, such as ${wider}, ask`} for fewer nodes, or use mode preferred.`,
        });
    }
    return problems;
}

/** The narrowest level above the node itself; the node where there is none. */
export function narrowestLayer(levels: string[]): string | undefined {
    return levels.at(-2) ?? levels.at(-1);
}

function checkFiles(args: TrainingJobArgs): InputProblem[] {
    const names = [args.scriptName ?? "train.py", ...Object.keys(args.files ?? {})];
    const problems = names.flatMap((file, index) =>
        /^[-._a-zA-Z0-9]{1,253}$/.test(file) &&
        file !== "." &&
        file !== ".." &&
        file !== launcherName &&
        names.indexOf(file) === index
            ? []
            : [
                  {
                      path: index === 0 ? "scriptName" : `files["${file}"]`,
                      got: show(file),
                      legal: "file names are unique and of letters, digits, dots, hyphens and underscores, without folders",
                      remedy: "Rename the file.",
                  },
              ],
    );
    const bytes = [args.script, ...Object.values(args.files ?? {})].reduce(
        (total, text) => total + Buffer.byteLength(text, "utf8"),
        0,
    );
    if (args.script.trim() === "") {
        problems.push({
            path: "script",
            got: "an empty text",
            legal: "the text of a Python script is needed",
            remedy: 'Pass readFileSync("train.py", "utf8").',
        });
    } else if (bytes > MAX_SCRIPT_BYTES) {
        problems.push({
            path: "script",
            got: `${String(bytes)} bytes with its files`,
            legal: `a ConfigMap takes ${String(MAX_SCRIPT_BYTES)}`,
            remedy: "Put the code into the image, and start it from a short script.",
        });
    }
    return problems;
}

function checkEnvironment(environment: { [name: string]: string }): InputProblem[] {
    return Object.entries(environment).flatMap(([name, value]) => {
        if (RESERVED_ENVIRONMENT.test(name)) {
            return [
                {
                    path: `environment.${name}`,
                    got: show(value),
                    legal: "PET_ variables carry torchrun's rendezvous, and Trainer sets them",
                    remedy: "Remove it; nodes and gpusPerNode decide these.",
                },
            ];
        }
        return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
            ? []
            : [
                  {
                      path: "environment",
                      got: show(name),
                      legal: "names are of letters, digits and underscores, no digit first",
                      remedy: "Rename the variable.",
                  },
              ];
    });
}

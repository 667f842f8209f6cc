/** `kilogpu twin drill …`: breaks something in a twin and shows that the right page comes, once, with the right name in it. */
import { Option, type Command } from "commander";
import { InputError } from "../../components/input";
import { requireControlPlane } from "../../twin/control-plane";
import { readCluster } from "../../twin/drills/cluster-view";
import { drills, findDrill, type Drill } from "../../twin/drills/drills";
import { MONITOR_TOOLS, startMonitors, stopMonitors } from "../../twin/drills/monitors";
import { runDrill, type DrillResult, type Moment } from "../../twin/drills/run";
import { readShipped } from "../../twin/drills/shipped";
import { timeScaleFor } from "../../twin/drills/time-scale";
import { consoleProgress } from "../../twin/progress";
import { ensureTools } from "../../twin/toolchain";
import { drillLines, momentLine, verdictLines } from "../drill/render";
import { ExitCode, fail } from "../failure";

interface Flags {
    list?: boolean;
    rules?: string;
    job?: string;
    alertmanager?: string;
    json?: boolean;
    stop?: boolean;
}

function requireDrill(name: string): Drill {
    const drill = findDrill(name);
    if (drill === undefined) {
        throw new InputError("kilogpu", [
            {
                path: "drill",
                got: `"${name}"`,
                legal: drills.map((each) => each.name).join(", "),
                remedy: "kilogpu twin drill --list says what each of them does.",
            },
        ]);
    }
    return drill;
}

function missing(path: string, remedy: string): InputError {
    return new InputError("kilogpu", [
        { path, got: "nothing", legal: `kilogpu twin drill <drill> <environment>`, remedy },
    ]);
}

async function drillOnce(drill: Drill, environment: string, flags: Flags): Promise<DrillResult> {
    const plane = requireControlPlane(environment);
    const progress = consoleProgress();
    try {
        const shipped = await readShipped(environment, plane.api, flags);
        const toolchain = await ensureTools(MONITOR_TOOLS, {
            kubernetesVersion: plane.version.replace(/^v(\d+\.\d+).*$/, "$1"),
            progress,
        });
        const scale = timeScaleFor((await readCluster(plane.api)).nodes.length);
        const step = progress.step("Prometheus and Alertmanager");
        const monitors = await startMonitors(environment, plane, toolchain, shipped, scale);
        step.done(`${monitors.prometheus}, ${monitors.alertmanager}`);
        const alerts = shipped.groups.flatMap(({ rules }) => rules).filter((rule) => rule.alert !== undefined).length;
        progress.note(
            `${alerts.toString()} alerts from ${shipped.origin}; one second counts for ${scale.factor.toString()}: every duration in rules and routes is divided by that`,
        );
        if (monitors.added.length > 0) {
            progress.note(
                `the environment sends ${monitors.added.map((name) => name.replace("drill-", "")).join(" and ")} to nobody; the drill listens instead`,
            );
        }
        const onMoment = (moment: Moment): void => {
            process.stderr.write(`${momentLine(moment)}\n`);
        };
        return await runDrill(drill, {
            api: plane.api,
            monitors,
            scale,
            onMoment,
            ...(flags.job === undefined ? {} : { job: flags.job }),
        });
    } finally {
        plane.api.close();
    }
}

async function run(name: string | undefined, environment: string | undefined, flags: Flags): Promise<number> {
    if (flags.list === true) {
        process.stdout.write(`${drillLines(drills).join("\n")}\n`);
        return ExitCode.Ok;
    }
    if (flags.stop === true) {
        const which = environment ?? name;
        if (which === undefined) {
            throw missing("environment", "Name the environment whose Prometheus is to end.");
        }
        await stopMonitors(which);
        return ExitCode.Ok;
    }
    if (name === undefined) {
        throw missing("drill", "kilogpu twin drill --list shows the drills.");
    }
    const drill = requireDrill(name);
    if (environment === undefined) {
        throw missing("environment", "Name the environment whose twin is up.");
    }
    const result = await drillOnce(drill, environment, flags);
    if (flags.json === true) {
        const { victim, ...rest } = result;
        const { fault, expected, place } = victim;
        const job = victim.job.key;
        const node = victim.node.name;
        process.stdout.write(
            `${JSON.stringify({ ...rest, victim: { job, node, place, expected, fault } }, null, 2)}\n`,
        );
    } else {
        process.stdout.write(`${verdictLines(result).join("\n")}\n`);
    }
    return result.passed ? ExitCode.Ok : ExitCode.Failure;
}

/** Adds the command below `twin`, which must be there already. */
export function addDrillCommand(program: Command): void {
    const twin = program.commands.find((command) => command.name() === "twin");
    if (twin === undefined) {
        throw new Error("drill belongs to twin: add the commands of twin first");
    }
    twin.command("drill [drill] [environment]")
        .description(
            "break something and see the right page come, once: xid-79, half-rate-link, loss-spike, lost-node, …",
        )
        .option("--list", "what each drill does and which alert it expects")
        .option("--job <namespace/name>", "the job to strike (default: the largest)")
        .option("--rules <file>", "a rule file instead of the rules that the environment ships")
        .option("--alertmanager <file>", "a configuration instead of the one that the environment ships")
        .option("--json", "timeline, notifications and verdict as JSON")
        .addOption(
            new Option("--stop", "end Prometheus, Alertmanager and the exporter; the twin goes on").conflicts("list"),
        )
        .action(async (name: string | undefined, environment: string | undefined, flags: Flags) => {
            try {
                process.exitCode = await run(name, environment, flags);
            } catch (error) {
                process.exitCode = fail(error, flags.json === true);
            }
        });
}

/** `kilogpu twin …`: a whole environment on this machine, on the real engine and a real control plane. */
import { rmSync } from "node:fs";
import type { Command } from "commander";
import { defaultKubernetesMinor } from "../../catalog";
import { InputError } from "../../components/input";
import { ApiUnreachableError, readControlPlane, stopControlPlane, type ControlPlane } from "../../twin/control-plane";
import { workspaceEnv } from "../../twin/engine";
import { observe } from "../../twin/observe";
import { twinHome } from "../../twin/places";
import { twinInventory } from "../../twin/providers/inventory";
import { consoleProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import { ExitCode, fail } from "../failure";
import { plan } from "../plan/plan";
import { readProject } from "../plan/project";
import { renderStatus } from "../twin/status";
import { TWIN_TOOLS, twinUp } from "../twin/up";
import { parseTime } from "./plan";

interface Flags {
    cwd: string;
    at?: string;
    json?: boolean;
}

function notUp(environment: string): InputError {
    return new InputError("kilogpu", [
        {
            path: "environment",
            got: `"${environment}"`,
            legal: "a twin that is up is needed",
            remedy: `Run kilogpu twin up ${environment} first.`,
        },
    ]);
}

function requireUp(environment: string): ControlPlane {
    const controlPlane = readControlPlane(environment);
    if (controlPlane === undefined) {
        throw notUp(environment);
    }
    return controlPlane;
}

async function status(environment: string, flags: Flags): Promise<number> {
    const controlPlane = requireUp(environment);
    const observation = await observe(controlPlane.api).catch((error: unknown) => {
        throw error instanceof ApiUnreachableError
            ? new Error(
                  `the API server of the twin "${environment}" does not answer; kilogpu twin up ${environment} mends it`,
              )
            : error;
    });
    if (flags.json === true) {
        process.stdout.write(`${JSON.stringify({ ...observation, inventory: twinInventory(environment) }, null, 2)}\n`);
        return ExitCode.Ok;
    }
    const planned = await plan(readProject(flags.cwd), environment).catch(() => undefined);
    process.stdout.write(`${renderStatus(environment, observation, planned).join("\n")}\n`);
    return ExitCode.Ok;
}

/** `export NAME='value'` lines for a POSIX shell. */
function shellExports(environment: string): string {
    requireUp(environment);
    return Object.entries(workspaceEnv(environment))
        .map(([name, value]) => `export ${name}='${value.replace(/'/g, "'\\''")}'`)
        .join("\n");
}

async function down(environment: string): Promise<number> {
    const progress = consoleProgress();
    const step = progress.step(`Twin ${environment} down`);
    await stopControlPlane(environment);
    rmSync(twinHome(environment), { recursive: true, force: true });
    step.done("no process, no object, no state left");
    return ExitCode.Ok;
}

async function tools(flags: { kubernetes: string; all?: boolean }): Promise<number> {
    const wanted = flags.all === true ? Object.values(ToolName) : TWIN_TOOLS;
    const toolchain = await ensureTools(wanted, { kubernetesVersion: flags.kubernetes, progress: consoleProgress() });
    for (const tool of wanted) {
        process.stdout.write(
            `${tool.padEnd(24)} ${toolchain.version(tool).padEnd(12)} ${toolchain.origin(tool).padEnd(16)} ${toolchain.path(tool)}\n`,
        );
    }
    return ExitCode.Ok;
}

function guarded<Arguments extends unknown[]>(
    action: (...given: Arguments) => Promise<number>,
): (...given: Arguments) => Promise<void> {
    return async (...given) => {
        try {
            process.exitCode = await action(...given);
        } catch (error) {
            process.exitCode = fail(error, false);
        }
    };
}

/** Adds the commands. */
export function addTwinCommands(program: Command): void {
    const twin = program
        .command("twin")
        .description("a whole environment on this machine: real engine, real Kubernetes, simulated clouds");
    const inProject = (command: Command): Command =>
        command.option("--cwd <folder>", "folder of the Pulumi project", ".");
    inProject(twin.command("up <environment>"))
        .description("bring an environment up, or bring it to what its files say now")
        .option("--at <time>", "time of the twin's clock (default: start of the first capacity window)")
        .action(
            guarded((environment: string, flags: Flags) =>
                twinUp(readProject(flags.cwd), environment, {
                    ...(flags.at === undefined ? {} : { at: parseTime(flags.at) }),
                    progress: consoleProgress(),
                }),
            ),
        );
    inProject(twin.command("status <environment>"))
        .description("nodes, queues and gangs; what is real, simulated and only recorded")
        .option("--json", "the observation as JSON")
        .action(guarded(status));
    twin.command("env <environment>")
        .description('put a shell into the twin: eval "$(kilogpu twin env prod)"')
        .action(
            guarded((environment: string) => {
                process.stdout.write(`${shellExports(environment)}\n`);
                return Promise.resolve(ExitCode.Ok);
            }),
        );
    twin.command("down <environment>").description("remove the twin: processes, objects, state").action(guarded(down));
    twin.command("tools")
        .description("find, download or build the tools of the twin")
        .option("--kubernetes <minor>", "Kubernetes minor of the control plane", defaultKubernetesMinor)
        .option("--all", "also the tools of drills and alert tests")
        .action(guarded(tools));
}

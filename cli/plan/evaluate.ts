/**
 * Evaluates a Pulumi program offline: the SDK's own runner in a child process, answered there by our monitor. No CLI, no cloud, no
 * credentials; the project's files are only read.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../catalog/package-root";
import { InputError, type InputProblem } from "../../components/input/problem";
import { IN_PROCESS, REGISTRATIONS } from "./hand-over";
import { COMPILE_ONCE, compilation, preloading, SKIP_DEBUG_STACKS } from "../../twin/language-host/compilation";
import { planHome } from "../../twin/places";
import type { LoggedMessage, RegisteredResource, Registrations } from "./monitor";
import type { Project, StackConfiguration } from "./project";

/** What one evaluation gave. */
export interface Evaluation {
    resources: RegisteredResource[];
    /** Outputs of the stack, as the SDK sent them. */
    outputs: { [key: string]: unknown };
    /** What each component registered as its outputs, by URN. */
    componentOutputs: Map<string, { [key: string]: unknown }>;
    messages: LoggedMessage[];
    lookups: string[];
}

/** The program itself failed, in a way that is no input error: its own message, as the CLI would show it. */
export class ProgramError extends Error {
    constructor(readonly messages: readonly string[]) {
        super(messages.join("\n"));
        this.name = "ProgramError";
    }
}

/** What the preload of the child sends for an InputError that ended the program. */
interface Report {
    subject: string;
    problems: InputProblem[];
}

/** A program that runs. */
export interface RunningEvaluation {
    /** Rejects with `InputError` for a user's mistake and with `ProgramError` when the program fails. */
    result: Promise<Evaluation>;
}

/** Runs the program of `project` with the configuration of `environment`, extra variables for the program in `env`. */
export async function evaluate(
    project: Project,
    environment: string,
    configuration: StackConfiguration,
    env: { [name: string]: string } = {},
): Promise<Evaluation> {
    return startEvaluation(project, environment, configuration, env).result;
}

/** `evaluate` in two steps: returns as soon as the program's process runs, so that the caller can load what it needs for the result meanwhile. */
export function startEvaluation(
    project: Project,
    environment: string,
    configuration: StackConfiguration,
    env: { [name: string]: string } = {},
): RunningEvaluation {
    let runner: string;
    try {
        runner = createRequire(join(project.directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
    } catch {
        throw new InputError(project.directory, [
            {
                path: "node_modules",
                got: "no @pulumi/pulumi",
                legal: "the project's packages must be installed",
                remedy: "Run npm ci (or npm install) there.",
            },
        ]);
    }
    const child = spawnRunner(runner, project, environment, configuration, env);
    const result = collect(child, project);
    // Whoever awaits it later still gets the rejection; until then it must not count as unhandled.
    result.catch(() => undefined);
    return { result };
}

/** Loaded into the program's process ahead of it, in this order. */
const PRELOADED = [
    "cli/plan/report-input-errors",
    SKIP_DEBUG_STACKS,
    "cli/plan/defer-unused-packages",
    "cli/plan/answer-in-process",
    COMPILE_ONCE,
];

function spawnRunner(
    runner: string,
    project: Project,
    environment: string,
    configuration: StackConfiguration,
    env: { [name: string]: string },
): ChildProcess {
    // The SDK expects the long form of a key, "project:config:key".
    const long = (key: string): string => key.replace(":", ":config:");
    return spawn(
        process.execPath,
        [
            // A program of a few seconds whose objects mostly live to its end: young-generation collections are waste.
            "--max-semi-space-size=64",
            ...preloading(PRELOADED),
            runner,
            "--monitor",
            IN_PROCESS,
            "--engine",
            IN_PROCESS,
            "--organization",
            "organization",
            "--project",
            project.name,
            "--root-directory",
            project.directory,
            "--stack",
            environment,
            "--pwd",
            project.workingDirectory,
            "--parallel",
            "16",
            "--dry-run",
            project.entry,
        ],
        {
            cwd: project.workingDirectory,
            stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
            env: {
                // Node 22 and later keep compiled code there; earlier ones ignore the variable.
                NODE_COMPILE_CACHE: join(planHome(), "node"),
                ...process.env,
                // Tells the program that nothing will be created: what it says of the machine that runs an update is left out,
                // and no machine of a site is asked anything.
                KILOGPU_PLAN: environment,
                ...env,
                ...compilation(project.directory, project.workingDirectory, project.tsconfig),
                PULUMI_CONFIG: JSON.stringify(
                    Object.fromEntries(Object.entries(configuration.values).map(([key, value]) => [long(key), value])),
                ),
                PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(configuration.secretKeys.map(long)),
            },
        },
    );
}

/** What to say of an SDK that never asked the plan, where it is another one than the plan was tested with. */
function untestedSdk({ directory }: Project): string | undefined {
    const manifest = (
        folder: string,
        name: string,
    ): { version?: string; devDependencies?: { [name: string]: string } } =>
        JSON.parse(readFileSync(createRequire(join(folder, "package.json")).resolve(name), "utf8")) as object;
    const tested = manifest(packageRoot(), "./package.json").devDependencies?.["@pulumi/pulumi"];
    const { version } = manifest(directory, "@pulumi/pulumi/package.json");
    return version === tested
        ? undefined
        : `@pulumi/pulumi ${version ?? "of unknown version"} did not ask kilogpu plan for anything, which was tested with ${tested ?? "another"}. ` +
              `If the message below is not your program's, run npm install @pulumi/pulumi@${tested ?? "3"}, or use pulumi preview.`;
}

/** Waits for the program's end and puts together what it registered. */
async function collect(child: ChildProcess, project: Project): Promise<Evaluation> {
    const reports: Report[] = [];
    let printed = "";
    child.on("message", (message) => reports.push(message as Report));
    const keep = (chunk: Buffer): void => {
        printed += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const chunks: Buffer[] = [];
    child.stdio[REGISTRATIONS]?.on("data", (chunk: Buffer) => chunks.push(chunk));
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
    });
    if (reports.length > 0) {
        const subjects = [...new Set(reports.map((report) => report.subject))];
        throw new InputError(
            subjects.join(", "),
            reports.flatMap((report) => report.problems),
        );
    }
    // A process that was killed, or whose SDK never asked, has handed over nothing.
    const { resources, messages, lookups } =
        chunks.length === 0
            ? { resources: [], messages: [], lookups: [] }
            : (JSON.parse(Buffer.concat(chunks).toString()) as Registrations);
    const errors = messages.filter(({ severity }) => severity === "error").map(({ text }) => text.trimEnd());
    if (code !== 0 || errors.length > 0 || chunks.length === 0) {
        const unasked = chunks.length === 0 ? untestedSdk(project) : undefined;
        throw new ProgramError([
            ...(unasked === undefined ? [] : [unasked]),
            ...(errors.length > 0 ? errors : [printed.trim() || `the program ended with exit code ${String(code)}`]),
        ]);
    }
    const stack = resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
    return {
        resources,
        outputs: stack?.outputs ?? {},
        componentOutputs: new Map(
            resources.flatMap(({ urn, outputs }) => (outputs === undefined ? [] : [[urn, outputs]])),
        ),
        messages,
        lookups,
    };
}

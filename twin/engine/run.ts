/** Runs the Pulumi CLI in a workspace and reports what it does, event by event. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../control-plane/layout";
import { withLock } from "../lock";
import { identify } from "../process-identity";
import { removeOrphans } from "../providers/orphans";
import { EventReader, followEvents, type Diagnostic, type EngineUpdate, type PolicyFinding } from "./events";
import { enginePlaces } from "./places";
import { recover } from "./recover";
import { readWorkspace, workspaceEnv } from "./workspace";

export interface RunOptions {
    onUpdate?: (update: EngineUpdate) => void;
    /** Called with the CLI's own output, both streams. */
    onOutput?: (text: string) => void;
    /** Resources that the run will touch, where a preview said so before. */
    expected?: number;
    /** Folder with a policy pack, for `up` and `preview`. */
    policyPack?: string;
    /** Called once where another run holds the twin, with its process id. */
    onWait?: (pid: number) => void;
    /** Aborting it interrupts the engine as Ctrl-C does: it finishes what it began and saves its state. */
    signal?: AbortSignal;
}

export interface RunResult {
    exitCode: number;
    stdout: string;
    stderr: string;
    diagnostics: Diagnostic[];
    policies: PolicyFinding[];
    /** What changed, by operation, as the last summary says. */
    changes: { [op: string]: number };
    seconds: number;
    /** URNs that an interrupted run had left in the clouds and that are now gone. */
    orphansRemoved: string[];
}

/** Commands that have an event log and change or compute the stack. */
const operations = new Set(["up", "update", "preview", "destroy", "refresh"]);
const changing = new Set(["up", "update", "destroy"]);

let runs = 0;

/**
 * Runs `pulumi <args>`. Operations run without questions (`--yes`) and one at a time per twin; what a killed run left (a stale lock, an
 * engine without a starter) is cleared first, and what it created and the program no longer wants is removed after. An update with a policy pack is previewed first,
 * unless the arguments say `--skip-preview`.
 */
export async function runPulumi(environment: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
    const operation = args[0] !== undefined && operations.has(args[0]) ? args[0] : undefined;
    if (operation === undefined) {
        return execute(environment, args, options, undefined);
    }
    return withLock(
        enginePlaces(environment).lock,
        async () => {
            await recover(environment);
            if (
                operation !== "preview" &&
                !args.includes("--skip-preview") &&
                options.policyPack !== undefined &&
                operation !== "destroy" &&
                operation !== "refresh"
            ) {
                // A stack policy speaks only after the creates of an update, so what it forbids must be found by a preview.
                const flags = ["preview", ...args.slice(1).filter((argument) => argument !== "--yes")];
                const planned = await execute(
                    environment,
                    operationArguments("preview", flags, options),
                    options,
                    "preview",
                );
                if (planned.exitCode !== 0) {
                    return planned;
                }
                options = {
                    ...options,
                    expected: Object.values(planned.changes).reduce((sum, count) => sum + count, 0),
                };
            }
            const result = await execute(environment, operationArguments(operation, args, options), options, operation);
            const targeted = args.some((argument) => argument.startsWith("--target") || argument === "-t");
            if (result.exitCode === 0 && changing.has(operation) && !targeted) {
                result.orphansRemoved = await removeOrphans(environment, stackResources(environment));
            }
            return result;
        },
        options.onWait,
    );
}

function operationArguments(operation: string, args: string[], options: RunOptions): string[] {
    const preview = operation === "preview";
    return [
        ...args,
        "--non-interactive",
        // The engine truncates its event log where an update follows its own preview: each runs by itself.
        ...(preview || args.includes("--yes") ? [] : ["--yes"]),
        ...(preview || args.includes("--skip-preview") ? [] : ["--skip-preview"]),
        ...(options.policyPack !== undefined && operation !== "refresh" && operation !== "destroy"
            ? ["--policy-pack", options.policyPack]
            : []),
    ];
}

/** URN and id of each resource in the stack's state. */
export function stackResources(environment: string): { urn: string; id?: string }[] {
    const { project } = readWorkspace(environment);
    const file = join(enginePlaces(environment).state, ".pulumi", "stacks", project, `${environment}.json`);
    const state = JSON.parse(readFileSync(file, "utf8")) as {
        checkpoint: { latest?: { resources?: { urn: string; id?: string }[] } };
    };
    return state.checkpoint.latest?.resources ?? [];
}

async function execute(
    environment: string,
    args: string[],
    options: RunOptions,
    operation: string | undefined,
): Promise<RunResult> {
    const places = enginePlaces(environment);
    const { projectDir } = readWorkspace(environment);
    const result: RunResult = {
        exitCode: 1,
        stdout: "",
        stderr: "",
        diagnostics: [],
        policies: [],
        changes: {},
        seconds: 0,
        orphansRemoved: [],
    };
    const log = join(places.events, `${process.pid}-${runs++}.jsonl`);
    mkdirSync(places.events, { recursive: true, mode: 0o700 });
    const reader = new EventReader(options.expected);
    const follower = followEvents(log, (line) => {
        for (const update of reader.read(line)) {
            collect(result, update);
            options.onUpdate?.(update);
        }
    });
    // In a process group of its own: Ctrl-C of a terminal would else reach it twice, and the second one means "abort without saving".
    const child = spawn(
        join(places.bin, "pulumi"),
        [...args, "--cwd", projectDir, ...(operation === undefined ? [] : ["--event-log", log])],
        {
            cwd: projectDir,
            // The event log is a flag that the CLI shows only with its debugging commands on.
            env: { ...process.env, ...workspaceEnv(environment), PULUMI_DEBUG_COMMANDS: "true" },
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        },
    );
    if (operation !== undefined && child.pid !== undefined) {
        const self = identify(child.pid);
        if (self !== undefined) {
            writeWhole(places.running, JSON.stringify(self));
        }
    }
    const interrupt = (): void => {
        child.kill("SIGINT");
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    options.signal?.addEventListener("abort", interrupt, { once: true });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        result.stdout += text;
        options.onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        result.stderr += text;
        options.onOutput?.(text);
    });
    try {
        result.exitCode = await new Promise<number>((resolve, reject) => {
            child.once("error", reject);
            child.once("close", (code, signal) => {
                resolve(code ?? (signal === null ? 1 : 128));
            });
        });
    } finally {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", interrupt);
        options.signal?.removeEventListener("abort", interrupt);
        follower.stop();
        rmSync(places.running, { force: true });
        rmSync(log, { force: true });
    }
    return result;
}

function collect(result: RunResult, update: EngineUpdate): void {
    if (update.kind === "diagnostic") {
        const { severity, urn, message } = update;
        result.diagnostics.push({ severity, urn, message });
    } else if (update.kind === "policy") {
        const { urn, policy, pack, enforcement, message } = update;
        result.policies.push({ urn, policy, pack, enforcement, message });
    } else if (update.kind === "summary") {
        result.changes = update.changes;
        result.seconds += update.seconds;
    }
}

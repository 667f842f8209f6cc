/**
 * The twin's processes: detached, with what they are recorded in a file each. A record can be missing (a SIGKILL between start and record) or
 * stale (the process died, its pid went to somebody else), so every child also carries the twin's folder and its own name in its environment,
 * by which it is found among all processes.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { end, identify, isRunning, residentBytes, type ProcessIdentity } from "../process-identity";
import { layoutOf, readJson, removeFile, writeWhole } from "./layout";
import { isFree } from "./ports";
import type { ProcessHealth } from "./types";

const homeVariable = "KILOGPU_TWIN_HOME";
const nameVariable = "KILOGPU_TWIN_PROCESS";

/** How a process is started, and when it is ready. */
export interface ProcessSpec {
    name: string;
    command: string;
    args: string[];
    /** Added to PATH and HOME: the caller's other variables stay out, so that a restart from another shell is the same. */
    env?: { [name: string]: string };
    /** Loopback ports that it will listen on, by purpose. */
    ports: { [purpose: string]: number };
    /** Called before it is started, not where it runs already. */
    beforeStart?: () => Promise<void>;
    /** Whether it serves; called until it does. */
    ready: () => Promise<boolean>;
    /** Defaults to 300 s: a bound against a hang, which a busy machine must not reach. */
    readyTimeoutMs?: number;
}

interface ProcessRecord {
    name: string;
    identity: ProcessIdentity;
    command: string;
    args: string[];
    env: { [name: string]: string };
    ports: { [purpose: string]: number };
}

/** A process ended, or did not serve in time; the message carries the end of its log. */
export class ProcessFailedError extends Error {
    constructor(name: string, what: string, log: string) {
        super(`${name} ${what}. The end of ${log}:\n${tailOf(log, 12)}`);
        this.name = "ProcessFailedError";
    }
}

/** Starts the process unless it runs as specified already. Resolves when it is ready; true where it was started. */
export async function ensureProcess(environment: string, spec: ProcessSpec): Promise<boolean> {
    const log = logOf(environment, spec.name);
    const recorded = readRecord(environment, spec.name);
    const running = recorded !== undefined && isRunning(recorded.identity);
    if (running && sameStart(recorded, spec)) {
        // Not ready and gone: it was ending as we looked, since a killed process is in the table until its last thread has left. Start it anew.
        if (await becomesReady(spec, recorded.identity, log)) {
            return false;
        }
    } else if (running) {
        await end(recorded.identity, 5000);
    }
    await endStrays(environment, spec.name);
    await untilPortsFree(spec);
    await spec.beforeStart?.();
    rotate(log);
    mkdirSync(layoutOf(environment).logs, { recursive: true });
    const output = openSync(log, "a");
    const env = spec.env ?? {};
    const child = spawn(spec.command, spec.args, {
        detached: true,
        cwd: layoutOf(environment).home,
        stdio: ["ignore", output, output],
        env: {
            PATH: process.env["PATH"],
            HOME: process.env["HOME"],
            ...env,
            [homeVariable]: layoutOf(environment).home,
            [nameVariable]: spec.name,
        },
    });
    closeSync(output);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity === undefined) {
        await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 100))]);
        throw new ProcessFailedError(spec.name, "ended at once", log);
    }
    const record: ProcessRecord = {
        name: spec.name,
        identity,
        command: spec.command,
        args: spec.args,
        env,
        ports: spec.ports,
    };
    writeWhole(recordPath(environment, spec.name), `${JSON.stringify(record, undefined, 4)}\n`);
    if (!(await becomesReady(spec, identity, log))) {
        throw new ProcessFailedError(spec.name, "ended before it was ready", log);
    }
    return true;
}

/** Ends one process and forgets it. */
export async function stopProcess(environment: string, name: string, graceMs = 5000): Promise<void> {
    const record = readRecord(environment, name);
    if (record !== undefined) {
        await end(record.identity, graceMs);
    }
    await endStrays(environment, name);
    removeFile(recordPath(environment, name));
}

/** Ends every process of the environment, recorded or not. */
export async function stopAllProcesses(environment: string, graceMs: number): Promise<void> {
    const names = recordedNames(environment);
    await Promise.all(names.map((name) => stopProcess(environment, name, graceMs)));
    await Promise.all(strays(environment).map((stray) => end(stray, graceMs)));
}

/** Whether a recorded process of that name runs. */
export function isProcessRunning(environment: string, name: string): boolean {
    const record = readRecord(environment, name);
    return record !== undefined && isRunning(record.identity);
}

/** Every process that was started for the environment, in the order of their names. */
export function processesOf(environment: string): ProcessHealth[] {
    return recordedNames(environment).map((name) => {
        const record = readRecord(environment, name);
        const alive = record !== undefined && isRunning(record.identity);
        return {
            name,
            pid: record?.identity.pid,
            alive,
            rssBytes: alive ? residentBytes(record.identity.pid) : 0,
            ports: record?.ports ?? {},
            log: logOf(environment, name),
        };
    });
}

export function logOf(environment: string, name: string): string {
    return join(layoutOf(environment).logs, `${name}.log`);
}

/** Processes that carry the environment's folder, found in the table of all processes. */
export function strays(environment: string, name?: string): ProcessIdentity[] {
    const marks = [`${homeVariable}=${layoutOf(environment).home}`];
    if (name !== undefined) {
        marks.push(`${nameVariable}=${name}`);
    }
    const found: ProcessIdentity[] = [];
    for (const { pid, variables } of processTable()) {
        if (pid !== process.pid && marks.every((mark) => variables.includes(mark))) {
            const identity = identify(pid);
            if (identity !== undefined) {
                found.push(identity);
            }
        }
    }
    return found;
}

async function endStrays(environment: string, name: string): Promise<void> {
    await Promise.all(strays(environment, name).map((stray) => end(stray, 5000)));
}

function* processTable(): Generator<{ pid: number; variables: string[] }> {
    if (process.platform === "linux") {
        for (const entry of readdirSync("/proc")) {
            if (/^\d+$/.test(entry)) {
                try {
                    yield { pid: Number(entry), variables: readFileSync(`/proc/${entry}/environ`, "utf8").split("\0") };
                } catch {
                    // Another user's, or gone.
                }
            }
        }
        return;
    }
    const table = execFileSync("ps", ["-axwwE", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 1 << 26 });
    for (const line of table.split("\n")) {
        const [, pid, rest] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        if (pid !== undefined && rest !== undefined) {
            yield { pid: Number(pid), variables: rest.split(" ") };
        }
    }
}

/** True once it serves, false where it ended before; an error where it does neither in time. */
async function becomesReady(spec: ProcessSpec, identity: ProcessIdentity, log: string): Promise<boolean> {
    const timeoutMs = spec.readyTimeoutMs ?? 300_000;
    const deadline = Date.now() + timeoutMs;
    for (let pause = 20; ; pause = Math.min(pause * 1.5, 250)) {
        if (!isRunning(identity)) {
            return false;
        }
        if (await spec.ready().catch(() => false)) {
            return true;
        }
        if (Date.now() > deadline) {
            throw new ProcessFailedError(spec.name, `was not ready within ${timeoutMs / 1000} s`, log);
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

/** The predecessor's sockets may outlive it by a moment. */
async function untilPortsFree(spec: ProcessSpec): Promise<void> {
    const deadline = Date.now() + 5000;
    for (const [purpose, port] of Object.entries(spec.ports)) {
        while (!(await isFree(port))) {
            if (Date.now() > deadline) {
                throw new PortTakenError(spec.name, purpose, port);
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }
}

/** Somebody else listens on a kept port. */
export class PortTakenError extends Error {
    readonly listener: string;
    constructor(name: string, purpose: string, port: number) {
        super(
            `${name}: port ${port} of 127.0.0.1, kept for its ${purpose}, is taken by a process that is not the twin's. End that one.`,
        );
        this.name = "PortTakenError";
        this.listener = `${name}.${purpose}`;
    }
}

function sameStart(record: ProcessRecord, spec: ProcessSpec): boolean {
    const start = (of: { command: string; args: string[]; env?: { [name: string]: string } }): string =>
        JSON.stringify([of.command, of.args, of.env ?? {}]);
    return start(record) === start(spec);
}

function recordPath(environment: string, name: string): string {
    return join(layoutOf(environment).processes, `${name}.json`);
}

function readRecord(environment: string, name: string): ProcessRecord | undefined {
    return readJson(recordPath(environment, name)) as ProcessRecord | undefined;
}

function recordedNames(environment: string): string[] {
    try {
        return readdirSync(layoutOf(environment).processes)
            .filter((file) => file.endsWith(".json"))
            .map((file) => file.slice(0, -".json".length))
            .sort();
    } catch {
        return [];
    }
}

/** Keeps the log of the last run beside the new one once it has grown. */
function rotate(log: string): void {
    try {
        if (statSync(log).size > 20_000_000) {
            renameSync(log, `${log}.1`);
        }
    } catch {
        // No log yet.
    }
}

function tailOf(path: string, lines: number): string {
    try {
        return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
        return "(empty)";
    }
}

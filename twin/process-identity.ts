/** Which process a recorded pid means. A pid alone may have been given to somebody else since; a pid with its start time has not. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
    pid: number;
    /** Opaque: clock ticks since boot on Linux, a date elsewhere. */
    startTime: string;
}

/** Undefined where no such process runs. A zombie does not run. */
export function identify(pid: number): ProcessIdentity | undefined {
    if (process.platform === "linux") {
        try {
            // The command name, in parentheses, may hold spaces: count the fields from behind it.
            const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            const [state, startTime] = [fields[0], fields[19]];
            return state === "Z" || startTime === undefined ? undefined : { pid, startTime };
        } catch {
            return undefined;
        }
    }
    try {
        const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
        return started === "" ? undefined : { pid, startTime: started };
    } catch {
        return undefined;
    }
}

export function isRunning(identity: ProcessIdentity): boolean {
    return identify(identity.pid)?.startTime === identity.startTime;
}

/** Resident set size, bytes; 0 where the process does not run. */
export function residentBytes(pid: number): number {
    try {
        if (process.platform === "linux") {
            const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
            return kib === undefined ? 0 : Number(kib) * 1024;
        }
        return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim()) * 1024;
    } catch {
        return 0;
    }
}

/** Ends a process: SIGTERM, and SIGKILL where it still runs after `graceMs`. A process that is not there any more is fine. */
export async function end(identity: ProcessIdentity, graceMs: number): Promise<void> {
    signal(identity, "SIGTERM");
    const deadline = Date.now() + graceMs;
    while (isRunning(identity)) {
        if (Date.now() > deadline) {
            signal(identity, "SIGKILL");
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
    if (!isRunning(identity)) {
        return;
    }
    try {
        process.kill(identity.pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
        }
    }
}

/** What a killed engine leaves behind: itself, where only its starter died, and the lock of the file backend. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readStored } from "../providers/stored";
import { end, identify, type ProcessIdentity } from "../process-identity";
import { enginePlaces } from "./places";
import { readWorkspace, workspaceEnv } from "./workspace";

const run = promisify(execFile);

/** How long an engine that nobody waits for may take to save its state. */
const graceMs = 10_000;

/** Content of a lock file of Pulumi's file backend. */
interface BackendLock {
    pid?: number;
    hostname?: string;
}

/** Ends an engine whose starter died, and clears the locks of engines that are gone. A lock that a running engine holds stays. */
export async function recover(environment: string): Promise<void> {
    const places = enginePlaces(environment);
    const running = readStored<ProcessIdentity>(places.running);
    if (running !== undefined) {
        await end(running, graceMs);
        rmSync(places.running, { force: true });
    }
    const { project } = readWorkspace(environment);
    const folder = join(places.state, ".pulumi", "locks", "organization", project, environment);
    const holders = lockFiles(folder).map((file) => readStored<BackendLock>(join(folder, file)) ?? {});
    const alive = holders.find(({ pid, hostname: host }) => host === hostname() && pid !== undefined && isEngine(pid));
    if (alive !== undefined) {
        throw new Error(
            `pulumi (process ${alive.pid}) is working on the twin "${environment}": wait for it, or end it with kill -INT ${alive.pid}`,
        );
    }
    if (holders.length > 0) {
        await run(join(places.bin, "pulumi"), ["cancel", "--yes", "--non-interactive", "--stack", environment], {
            cwd: places.scratch,
            env: { ...process.env, ...workspaceEnv(environment) },
        });
    }
}

function lockFiles(folder: string): string[] {
    try {
        return readdirSync(folder).filter((file) => file.endsWith(".json"));
    } catch {
        return [];
    }
}

/** Whether the process with this number is a pulumi: a number alone may have been given to somebody else since. */
function isEngine(pid: number): boolean {
    if (identify(pid) === undefined) {
        return false;
    }
    if (process.platform !== "linux") {
        return true;
    }
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]?.endsWith("pulumi") === true;
    } catch {
        return false;
    }
}

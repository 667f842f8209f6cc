/** A lock between processes: a file that names its holder. The lock of a holder that died, by SIGKILL too, is taken over. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { identify, isRunning, type ProcessIdentity } from "./process-identity";

let attempts = 0;

/** Runs `work` while holding the lock. `onWait` is called once, with the holder's pid, where the lock is taken. */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
    mkdirSync(dirname(path), { recursive: true });
    const self = identify(process.pid);
    if (self === undefined) {
        throw new Error(`cannot identify process ${process.pid}`);
    }
    // Written aside and linked, so that the lock file is never seen half written.
    const mine = `${path}.${process.pid}.${attempts++}`;
    writeFileSync(mine, JSON.stringify(self));
    try {
        let told = false;
        while (!tryLink(mine, path)) {
            const holder = readHolder(path);
            if (holder !== undefined && !isRunning(holder)) {
                takeAway(path, holder);
            } else {
                if (!told && holder !== undefined) {
                    told = true;
                    onWait?.(holder.pid);
                }
                await new Promise((resolve) => setTimeout(resolve, 25));
            }
        }
    } finally {
        rmSync(mine, { force: true });
    }
    try {
        return await work();
    } finally {
        rmSync(path, { force: true });
    }
}

function tryLink(from: string, to: string): boolean {
    try {
        linkSync(from, to);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") {
            return false;
        }
        throw error;
    }
}

function readHolder(path: string): ProcessIdentity | undefined {
    try {
        return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
    } catch {
        return undefined;
    }
}

/** Moves the dead holder's file aside first: of two that do so at once, the second finds a living holder in its hand and puts it back. */
function takeAway(path: string, dead: ProcessIdentity): void {
    const aside = `${path}.stale.${process.pid}.${attempts++}`;
    try {
        renameSync(path, aside);
    } catch {
        return;
    }
    const taken = readHolder(aside);
    if (taken !== undefined && (taken.pid !== dead.pid || taken.startTime !== dead.startTime)) {
        tryLink(aside, path);
    }
    rmSync(aside, { force: true });
}

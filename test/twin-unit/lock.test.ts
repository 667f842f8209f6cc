import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../twin/lock";
import { end, identify, isRunning, residentBytes } from "../../twin/process-identity";

let scratch: string;

beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "kilogpu-lock-"));
});

afterEach(() => {
    rmSync(scratch, { recursive: true, force: true });
});

describe("a lock", () => {
    it("lets one in at a time, in one process too", async () => {
        const path = join(scratch, "lock");
        let inside = 0;
        let most = 0;
        await Promise.all(
            Array.from({ length: 8 }, () =>
                withLock(path, async () => {
                    most = Math.max(most, ++inside);
                    await new Promise((resolve) => setTimeout(resolve, 5));
                    inside--;
                }),
            ),
        );
        expect(most).toBe(1);
        expect(existsSync(path)).toBe(false);
    });

    it("is given back by work that fails", async () => {
        const path = join(scratch, "lock");
        await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
        expect(await withLock(path, () => Promise.resolve(1))).toBe(1);
    });

    it("of a process that was killed is taken over, by one of many at a time", async () => {
        const path = join(scratch, "lock");
        const child = spawn("sleep", ["60"]);
        const holder = identify(child.pid as number);
        writeFileSync(path, JSON.stringify(holder));
        child.kill("SIGKILL");
        await new Promise((resolve) => child.once("exit", resolve));
        let inside = 0;
        let most = 0;
        await Promise.all(
            Array.from({ length: 5 }, () =>
                withLock(path, async () => {
                    most = Math.max(most, ++inside);
                    await new Promise((resolve) => setTimeout(resolve, 5));
                    inside--;
                }),
            ),
        );
        expect(most).toBe(1);
    });

    it("whose holder's pid went to another process is taken over", async () => {
        const path = join(scratch, "lock");
        writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: "somebody else's" }));
        expect(await withLock(path, () => Promise.resolve("in"))).toBe("in");
    });
});

describe("a process identity", () => {
    it("tells a process from another that got its pid", () => {
        const self = identify(process.pid);
        expect(self && isRunning(self)).toBe(true);
        expect(isRunning({ pid: process.pid, startTime: "0" })).toBe(false);
        expect(residentBytes(process.pid)).toBeGreaterThan(1_000_000);
    });

    it("ends a process that ignores SIGTERM", async () => {
        const child = spawn(process.execPath, [
            "-e",
            "process.on('SIGTERM',()=>{});console.log(1);setInterval(()=>{},1000)",
        ]);
        await new Promise((resolve) => child.stdout.once("data", resolve));
        const identity = identify(child.pid as number);
        expect(identity).toBeDefined();
        if (identity !== undefined) {
            await end(identity, 100);
            expect(isRunning(identity)).toBe(false);
        }
    });
});

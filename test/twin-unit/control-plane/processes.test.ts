/** How the twin's processes are started, attached to and replaced, on small real processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
    ensureProcess,
    processesOf,
    stopAllProcesses,
    strays,
    type ProcessSpec,
} from "../../../twin/control-plane/processes";
import { removeFile, layoutOf } from "../../../twin/control-plane/layout";

const environment = "unit";
const before = process.env["KILOGPU_HOME"];
let home: string;

beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "kilogpu-processes-"));
    process.env["KILOGPU_HOME"] = home;
});

afterEach(async () => {
    await stopAllProcesses(environment, 500);
    expect(strays(environment)).toEqual([]);
    if (before === undefined) {
        delete process.env["KILOGPU_HOME"];
    } else {
        process.env["KILOGPU_HOME"] = before;
    }
    rmSync(home, { recursive: true, force: true });
});

const pidOf = (name: string): number => processesOf(environment).find((each) => each.name === name)?.pid ?? 0;

/** A process that runs until it is ended. */
function sleeper(seconds = 600): ProcessSpec {
    return {
        name: "sleeper",
        command: process.execPath,
        args: ["-e", `setTimeout(() => {}, ${seconds * 1000})`],
        ports: {},
        ready: () => Promise.resolve(true),
    };
}

describe("ensureProcess", () => {
    it("starts a process once, and attaches to the one that runs", async () => {
        expect(await ensureProcess(environment, sleeper())).toBe(true);
        const first = pidOf("sleeper");
        expect(await ensureProcess(environment, sleeper())).toBe(false);
        expect(pidOf("sleeper")).toBe(first);
    });

    it("replaces a process that was started otherwise", async () => {
        await ensureProcess(environment, sleeper(600));
        const first = pidOf("sleeper");
        expect(await ensureProcess(environment, sleeper(700))).toBe(true);
        expect(pidOf("sleeper")).not.toBe(first);
        expect(strays(environment)).toHaveLength(1);
    });

    it("starts a process anew that ends as it attaches to it", async () => {
        await ensureProcess(environment, sleeper());
        const dying = pidOf("sleeper");
        const ready = (): Promise<boolean> => {
            const runs = pidOf("sleeper");
            if (runs === dying) {
                process.kill(dying, "SIGKILL");
            }
            return Promise.resolve(runs !== dying);
        };
        expect(await ensureProcess(environment, { ...sleeper(), ready })).toBe(true);
        expect(pidOf("sleeper")).not.toBe(dying);
    });

    it("finds a process that was started and never recorded, and ends it before it starts its own", async () => {
        await ensureProcess(environment, sleeper());
        const unrecorded = pidOf("sleeper");
        removeFile(join(layoutOf(environment).processes, "sleeper.json"));
        expect(await ensureProcess(environment, sleeper())).toBe(true);
        expect(strays(environment).map(({ pid }) => pid)).toEqual([pidOf("sleeper")]);
        expect(pidOf("sleeper")).not.toBe(unrecorded);
    });

    it("says with the end of its log that a process ended before it was ready", async () => {
        const failing: ProcessSpec = {
            ...sleeper(),
            args: ["-e", 'console.error("no room"); process.exitCode = 3'],
            ready: () => Promise.resolve(false),
        };
        await expect(ensureProcess(environment, failing)).rejects.toThrow(
            /sleeper ended before it was ready[^]*no room/,
        );
    });
});

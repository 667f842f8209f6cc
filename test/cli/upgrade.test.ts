/** `kilogpu upgrade --plan` as people run it, from one lock to another: what it prints, and what it refuses. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FreezeWindow, Lock } from "../../cli/lock/lock";

const root = join(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "kilogpu-upgrade-"));

const HOLIDAYS: FreezeWindow = { start: "2026-12-20T00:00:00Z", end: "2027-01-04T00:00:00Z", reason: "holidays" };

function lock(kueue: string, freezes: FreezeWindow[] = []): Lock {
    return {
        lockVersion: 1,
        environment: "prod",
        kubernetes: "1.35",
        instanceTypes: ["p5en.48xlarge"],
        amiTypes: ["AL2023_x86_64_NVIDIA"],
        charts: [
            {
                release: "kueue",
                namespace: "kueue-system",
                chart: "kueue",
                repository: "oci://registry.k8s.io/kueue/charts",
                version: kueue,
            },
        ],
        addons: [],
        images: [],
        drivers: {},
        freezes,
        incompatibilities: [],
    };
}

const locks: { [name: string]: Lock } = {
    old: lock("0.19.0"),
    "old-frozen": lock("0.19.0", [HOLIDAYS]),
    new: lock("0.19.2"),
    "new-frozen": lock("0.19.2", [HOLIDAYS]),
};

beforeAll(() => {
    for (const [name, content] of Object.entries(locks)) {
        writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
    }
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

function upgrade(from: string, to: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
            join(root, "dist/cli/main.js"),
            ...["upgrade", "prod", "--plan"],
            ...["--from", join(folder, `${from}.json`), "--to", join(folder, `${to}.json`)],
            ...args,
        ],
        { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    );
    return { code: status, stdout, stderr };
}

describe("kilogpu upgrade --plan", () => {
    it("prints what moves and what happens to running jobs", () => {
        const { code, stdout, stderr } = upgrade("old", "new", "--at", "2026-12-25T00:00:00Z");
        expect(code, stderr).toBe(0);
        expect(stdout).toMatch(/chart kueue\s+0\.19\.0\s+0\.19\.2\s+\w+/);
        expect(stderr).toBe("");
    });

    it.each([
        ["the program's", "old", "new-frozen"],
        ["the lock's", "old-frozen", "new"],
    ])("refuses inside a freeze of %s, names it and says how to go on", (_whose, from, to) => {
        const { code, stdout, stderr } = upgrade(from, to, "--at", "2026-12-25T00:00:00Z");
        expect(code).toBe(1);
        expect(stdout).toContain("chart kueue");
        expect(stderr).toBe(
            "refused: 2026-12-25T00:00:00.000Z is inside the freeze 2026-12-20T00:00:00Z to 2027-01-04T00:00:00Z (holidays). " +
                "Upgrade from 2027-01-04T00:00:00Z on (--at says when), or shorten the window in freezeWindows of the environment.\n",
        );
    });

    it("does not refuse at the end of the freeze, nor where nothing moves", () => {
        expect(upgrade("old", "new-frozen", "--at", "2027-01-04T00:00:00Z").code).toBe(0);
        const still = upgrade("new", "new-frozen", "--at", "2026-12-25T00:00:00Z");
        expect(still).toEqual({ code: 0, stdout: "Nothing to upgrade.\n", stderr: "" });
    });

    it("refuses as JSON too, with the steps and the freeze in the document", () => {
        const { code, stdout } = upgrade("old", "new-frozen", "--json", "--at", "2026-12-25T00:00:00Z");
        expect(code).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({
            environment: "prod",
            freeze: HOLIDAYS,
            steps: [{ what: "chart kueue", from: "0.19.0", to: "0.19.2" }],
        });
    });

    it.each([
        ["a time that is none", ["--at", "Christmas"], /--at|time/],
        ["a lock that is not there", ["--from", join(folder, "none.json")], /none\.json.*kilogpu lock/s],
    ])("takes %s for wrong input, in a sentence", (_what, args, message) => {
        const { code, stderr } = upgrade("old", "new", ...args);
        expect(code).toBe(2);
        expect(stderr).toMatch(message);
        expect(stderr).not.toMatch(/\n\s+at /);
    });
});

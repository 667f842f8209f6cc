/** `kilogpu plan` as a script sees it: the compiled command, its JSON, its files and its exit codes. Each environment is planned once. */
import { execFile, execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../cli/plan/contract";
import { installed } from "../support/installed";

const root = join(__dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "kilogpu-plan-test-"));

interface Run {
    code: number;
    stdout: string;
    stderr: string;
}

function kilogpu(...args: string[]): Promise<Run> {
    return new Promise((resolve) => {
        execFile(
            process.execPath,
            [join(root, "dist/cli/main.js"), ...args],
            { cwd: root, maxBuffer: 64 * 1024 * 1024 },
            (error, stdout, stderr) => {
                resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
            },
        );
    });
}

const plans: { [run: string]: { run: Run; plan: Plan } } = {};

async function planned(name: string, ...args: string[]): Promise<void> {
    const run = await kilogpu("plan", ...args, "--json");
    plans[name] = { run, plan: JSON.parse(run.stdout) as Plan };
}

function planOf(name: string): Plan {
    const found = plans[name];
    if (found === undefined) {
        throw new Error(`${name} was not planned`);
    }
    return found.plan;
}

const late = "2027-01-01T00:00:00Z";
const strict = join(scratch, "strict.json");

beforeAll(async () => {
    writeFileSync(strict, JSON.stringify({ "capacity-blocks-are-in-their-window": "mandatory" }));
    // Two at a time: each is a process of its own and a program of its own.
    await Promise.all([
        (async () => {
            await planned("prod", "prod", "--picture", join(scratch, "prod.svg"));
            await planned("staging", "staging");
            await planned("late", "prod", "--at", late, "--policy-pack-config", strict);
        })(),
        (async () => {
            await planned("dev", "dev", "--picture", join(scratch, "dev.png"));
            await planned("scale", "scale");
        })(),
    ]);
}, 240_000);
afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
});

describe("plan --json", () => {
    it.each(["dev", "staging", "prod", "scale"])("of %s has the contract's keys and nothing else", (name) => {
        const { run, plan } = plans[name] ?? { run: undefined, plan: undefined };
        expect(Object.keys(plan ?? {})).toEqual([
            "environment",
            "at",
            "resources",
            "pools",
            "totals",
            "cost",
            "monitoring",
            "policies",
            "lookups",
            "messages",
        ]);
        expect(plan?.environment).toBe(name);
        expect(run?.stdout).toBe(`${JSON.stringify(plan, null, 2)}\n`);
        expect(run?.code).toBe(0);
        expect(Object.keys(plan?.totals ?? {}).sort()).toEqual(
            ["efaInterfaces", "gpus", "nodes", "schedulableGpus", "systemNodes", "vcpus"].sort(),
        );
    });

    it.each([
        ["prod", { nodes: 128, gpus: 1024, schedulableGpus: 1024, efaInterfaces: 2048 }],
        ["scale", { nodes: 1280, gpus: 10_240, schedulableGpus: 10_240, efaInterfaces: 20_480 }],
        // Four people share one L4 by time-slicing: that makes it no second GPU.
        ["dev", { nodes: 1, gpus: 1, schedulableGpus: 4, efaInterfaces: 0 }],
        ["staging", { nodes: 2, gpus: 16, schedulableGpus: 16 }],
    ])("counts %s", (name, totals) => {
        const plan = planOf(name);
        expect(plan.totals).toMatchObject(totals);
        expect(plan.pools.reduce((sum, pool) => sum + pool.gpus, 0)).toBe(plan.totals.gpus);
    });

    it("says what Prometheus is sized for, by the declared GPUs", () => {
        expect(planOf("prod").monitoring).toMatchObject([{ gpus: 1024, nodes: 128, retentionDays: 30 }]);
        const [size] = planOf("prod").monitoring;
        expect(size?.sentence).toContain(`1024 GPUs × ${(size?.seriesPerGpu ?? 0).toString()}, 128 nodes`);
        expect(planOf("scale").monitoring[0]?.series).toBeGreaterThan(5 * (size?.series ?? Infinity));
    });

    it("names the parent of every resource but the stack, and only resources that it lists", () => {
        const { resources } = planOf("prod");
        const urns = new Set(resources.map(({ urn }) => urn));
        expect(urns.size).toBe(resources.length);
        expect(resources.filter(({ parent }) => parent === null).map(({ type }) => type)).toEqual([
            "pulumi:pulumi:Stack",
        ]);
        for (const { parent, dependencies } of resources) {
            expect(parent === null || urns.has(parent)).toBe(true);
            expect(dependencies.filter((urn) => !urns.has(urn))).toEqual([]);
        }
    });

    it("gives no node of a block after its window, and says so in a rule that can stop a pipeline", () => {
        const { run, plan } = plans["late"] ?? { run: undefined, plan: undefined };
        expect(plan?.totals).toMatchObject({ nodes: 0, gpus: 0, efaInterfaces: 0 });
        expect(plan?.pools.map(({ active }) => active)).toEqual([false, false]);
        expect(plan?.policies.map(({ policy, level }) => [policy, level])).toEqual([
            ["capacity-blocks-are-in-their-window", "mandatory"],
            ["capacity-blocks-are-in-their-window", "mandatory"],
        ]);
        expect(run?.code).toBe(1);
        expect(plan?.cost.hourlyUsd).toBeLessThan(planOf("prod").cost.hourlyUsd);
    });

    it("says nothing of the machine that it runs on", () => {
        expect(planOf("prod").messages.filter(({ text }) => text.includes("this machine"))).toEqual([]);
    });

    it("passes on what the program notes", async () => {
        const lost = "Checkpoints of gpt2-tiny are on their nodes' own disks";
        expect(planOf("dev").messages).toContainEqual(
            expect.objectContaining({ severity: "info", text: expect.stringContaining(lost) as string }),
        );
        expect((await kilogpu("plan", "dev")).stdout).toContain(`note: ${lost}`);
    });

    it("draws the topology, as SVG and as PNG", () => {
        expect(readFileSync(join(scratch, "prod.svg"), "utf8")).toMatch(/^<svg[^>]*>[\s\S]*<\/svg>\s*$/);
        expect(readFileSync(join(scratch, "dev.png")).subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    });
});

describe("a mistake", () => {
    it.each([
        ["an unknown environment", ["plan", "prdo", "--json"], "environment", "Did you mean prod?"],
        ["a time that is none", ["plan", "prod", "--json", "--at", "tomorrow"], "--at", "Give such a time."],
    ])("%s is data with exit code 2", async (_, args, path, remedy) => {
        const { code, stdout } = await kilogpu(...args);
        expect(JSON.parse(stdout)).toEqual({ errors: [expect.objectContaining({ path, remedy })] });
        expect(code).toBe(2);
    });

    it("is a sentence on the error stream for a person, without a stack trace", async () => {
        const { code, stdout, stderr } = await kilogpu("plan", "prdo");
        expect(stdout).toBe("");
        expect(stderr).toContain(
            'environment: got "prdo"; this project has dev, onprem-ib, onprem-roce, prod, scale, staging. Did you mean prod?',
        );
        expect(stderr).not.toMatch(/\n\s+at /);
        expect(code).toBe(2);
    });
});

describe.skipIf(!installed("git"))("plan of a project in its own repository", () => {
    const repository = join(scratch, "repository");
    let plan: Plan;
    const git = (...args: string[]): void => {
        execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
            cwd: repository,
            stdio: "ignore",
        });
    };

    beforeAll(async () => {
        cpSync(join(__dirname, "fixtures/small"), repository, { recursive: true });
        symlinkSync(join(root, "node_modules"), join(repository, "node_modules"));
        writeFileSync(join(repository, ".gitignore"), "node_modules\n");
        git("init", "--quiet");
        git("add", "-A");
        git("commit", "--quiet", "-m", "before");
        const { stdout } = await kilogpu("plan", "dev", "--json", "--cwd", repository);
        writeFileSync(join(scratch, "saved.json"), stdout);
        plan = JSON.parse(stdout) as Plan;
        appendFileSync(join(repository, "index.ts"), '\nnew pulumi.ComponentResource("small:index:Added", "added");\n');
    });

    it("hides secrets and marks what only the cloud can tell", () => {
        // A component's arguments are what the program passed, secret or not; what is sent to a cloud is marked.
        const sent = plan.resources.filter(({ custom }) => custom);
        const inputs = sent.map((resource) => JSON.stringify(resource.inputs)).join("\n");
        expect(inputs).toContain('"<secret>"');
        expect(inputs).toContain('"<computed>"');
        expect(inputs).not.toContain("s3cret");
    });

    it("shows what was added, against a git ref and against a saved plan alike", async () => {
        const [ref, saved, markdown] = await Promise.all([
            kilogpu("plan", "dev", "--json", "--cwd", repository, "--against", "HEAD"),
            kilogpu("plan", "dev", "--json", "--cwd", repository, "--against", join(scratch, "saved.json")),
            kilogpu("plan", "dev", "--markdown", "--cwd", repository, "--against", "HEAD"),
        ]);
        for (const { code, stdout } of [ref, saved]) {
            const { resources } = JSON.parse(stdout) as { resources: { name: string; change: string }[] };
            expect(resources.map(({ name, change }) => [name, change])).toEqual([["added", "create"]]);
            // The fixture's bare buckets break the storage rules, before the change as after it.
            expect(code).toBe(1);
        }
        expect(markdown.stdout).toMatch(/^#|\|/m);
        expect(markdown.stdout).toContain("added");
    });

    it("refuses what is neither a plan nor a ref", async () => {
        const { code, stdout } = await kilogpu(
            "plan",
            "dev",
            "--json",
            "--cwd",
            repository,
            "--against",
            "no-such-ref",
        );
        expect(code).toBe(2);
        expect(JSON.parse(stdout)).toMatchObject({ errors: [{ path: "--against", got: '"no-such-ref"' }] });
    });
});

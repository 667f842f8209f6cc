/** `plan --against` on the repository's own `prod`, in a git repository: what a change does, as text and as Markdown. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planAgainst } from "../../cli/plan/against";
import { comparePlans, type PlanDifference } from "../../cli/plan/compare";
import type { Plan } from "../../cli/plan/contract";
import { plan } from "../../cli/plan/plan";
import { readProject } from "../../cli/plan/project";
import { renderDifference, renderMarkdown } from "../../cli/plan/render-difference";
import { changes, type Change } from "../support/changes";
import { installed } from "../support/installed";
import { makeSandbox, type Sandbox } from "../support/twin";

let sandbox: Sandbox;
let committed: Plan;

function git(...args: string[]): string {
    return execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
        cwd: sandbox.project,
        encoding: "utf8",
    });
}

/** Edits a file and commits nothing; `undo` takes it back. */
function apply({ file, edit }: Change): { undo: () => void } {
    const path = join(sandbox.project, file);
    const before = readFileSync(path, "utf8");
    const after = edit(before);
    expect(after, `the edit of ${file} changes nothing`).not.toBe(before);
    writeFileSync(path, after);
    return {
        undo: () => {
            writeFileSync(path, before);
        },
    };
}

interface Told {
    difference: PlanDifference;
    text: string;
    markdown: string;
}

async function told(change: Change): Promise<Told> {
    const { undo } = apply(change);
    try {
        const after = await plan(readProject(sandbox.project), "prod");
        const difference = comparePlans(committed, after, { before: "HEAD", after: "working tree" });
        return {
            difference,
            text: renderDifference(difference).join("\n"),
            markdown: renderMarkdown("prod", difference),
        };
    } finally {
        undo();
    }
}

/** Names of what changes, by kind of change; `names` keeps those of a type. */
function named({ resources }: PlanDifference, change: string, type = ""): string[] {
    return resources.filter((each) => each.change === change && each.type.includes(type)).map(({ name }) => name);
}

beforeAll(async () => {
    sandbox = makeSandbox("against");
    if (!installed("git")) {
        return;
    }
    writeFileSync(join(sandbox.project, ".gitignore"), "node_modules\ndist\n");
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "as it runs");
    committed = await planAgainst(readProject(sandbox.project), "prod", "HEAD", {});
}, 120_000);

afterAll(() => {
    sandbox.remove();
});

describe.skipIf(!installed("git"))("a change of prod", { timeout: 60_000 }, () => {
    it("of the instance type replaces both pools, their schedules and the job, at another price", async () => {
        const { difference, text, markdown } = await told(changes.instanceType);
        expect(named(difference, "replace", "nodeGroup")).toEqual(["block-a-nodes", "block-b-nodes"]);
        // They hang on the group that Auto Scaling makes for the node group, which the program does not know beforehand.
        expect(named(difference, "replace", "schedule:Schedule")).toHaveLength(10);
        expect(named(difference, "replace", "TrainJob")).toEqual(["gpt2-job"]);
        expect(named(difference, "update", "launchTemplate")).toEqual(["block-a-template", "block-b-template"]);
        expect(difference.pools.map(({ pool, disruption }) => [pool, disruption])).toEqual([
            ["block-a", "replace"],
            ["block-b", "replace"],
        ]);
        expect(difference.gpus).toEqual({ before: 1024, after: 1024 });
        expect(difference.hourlyUsd.after).toBeLessThan(difference.hourlyUsd.before);
        expect(text).toMatch(/^± aws:eks\/nodeGroup:NodeGroup block-a-nodes/m);
        expect(text).toMatch(/^gpt2-job +replace +replaced: the old one is deleted first/m);
        expect(text).toMatch(/\(-\$[\d,]+ an hour, -\$[\d,]+ a month\)/);
        expect(markdown).toContain("| block-b | 64 → 64 | replace |");
        expect(markdown).toMatch(/\| gpt2-job \| replace \| .*starts again from its last checkpoint/);
    });

    it("to half a pool drains half of it, and neither rolls nor touches a node that stays", async () => {
        const { difference, text, markdown } = await told(changes.shrink);
        expect(named(difference, "replace")).toEqual(["gpt2-job"]);
        expect(difference.resources.filter(({ type }) => /launchTemplate|nodeGroup/.test(type))).toEqual([]);
        expect(named(difference, "update", "schedule:Schedule")).toHaveLength(4);
        expect(named(difference, "update", "ClusterQueue")).toEqual(["train-queues-cluster-queue-pretrain"]);
        expect(difference.pools).toEqual([
            {
                pool: "block-b",
                disruption: "drain",
                effects: ["32 of 64 nodes drain"],
                nodesBefore: 64,
                nodesAfter: 32,
            },
        ]);
        expect(difference.gpus).toEqual({ before: 1024, after: 768 });
        expect(difference.cost.map(({ name }) => name).some((name) => name.startsWith("block-b"))).toBe(true);
        expect(difference.cost.map(({ name }) => name).some((name) => name.startsWith("block-a"))).toBe(false);
        expect(text).toContain("GPUs: 1,024 → 768 (-256)");
        expect(text).toMatch(/^block-b +64 → 32 +drain +32 of 64 nodes drain$/m);
        expect(markdown).toContain("| block-b | 64 → 32 | drain | 32 of 64 nodes drain |");
    });

    it("of a chart's version says what of it restarts, and disturbs no pool", async () => {
        const { difference, text, markdown } = await told(changes.chart);
        expect(difference.resources.map(({ name, change }) => [name, change])).toEqual([
            ["train-gpu-operator", "update"],
        ]);
        expect(difference.resources[0]?.paths).toContain("version");
        expect(difference.pools).toEqual([]);
        expect(difference.gpus.after).toBe(difference.gpus.before);
        expect(difference.hourlyUsd.after).toBe(difference.hourlyUsd.before);
        expect(text).toContain("No pool is disturbed.");
        expect(text).toMatch(/^train-gpu-operator +restart +device plugin and toolkit restart/m);
        expect(markdown).toMatch(/\| train-gpu-operator \| restart \| device plugin and toolkit restart/);
    });

    it("of a queue changes that queue in place, and nothing else", async () => {
        const { difference, text, markdown } = await told(changes.queue);
        expect(difference.resources).toMatchObject([
            { name: "train-queues-cluster-queue-research", change: "update", disruption: "in place" },
        ]);
        expect([difference.pools, difference.elsewhere, difference.cost]).toEqual([[], [], []]);
        expect(text).toContain("(no change)\nCost:");
        expect(text).toContain("No pool is disturbed.");
        expect(markdown).toContain("0 to create, 1 to update, 0 to replace, 0 to delete");
    });

    it("to a smaller file system replaces it, which its protection refuses; a larger one grows in place", async () => {
        const smaller = await told(changes.smallerFileSystem);
        expect(named(smaller.difference, "replace")).toContain("train-checkpoints-lustre");
        expect(smaller.text).toMatch(/the new file system is empty; it is protected, so that the update stops here/);
        const larger = await told(changes.largerFileSystem);
        expect(named(larger.difference, "replace")).toEqual([]);
        expect(named(larger.difference, "update")).toContain("train-checkpoints-lustre");
    });
});

describe.skipIf(!installed("git"))("the command", () => {
    it("compares with a ref and with a saved plan alike, and leaves no work tree", { timeout: 120_000 }, () => {
        const saved = join(sandbox.home, "saved.json");
        writeFileSync(saved, sandbox.kilogpu("plan", "prod", "--json").stdout);
        const { undo } = apply(changes.queue);
        try {
            const byRef = sandbox.kilogpu("plan", "prod", "--against", "HEAD");
            const bySaved = sandbox.kilogpu("plan", "prod", "--against", saved);
            expect(byRef.stderr).toBe("");
            expect(byRef.stdout).toContain("HEAD → working tree: 0 to create, 1 to update, 0 to replace, 0 to delete");
            expect(bySaved.stdout.replaceAll(saved, "HEAD")).toBe(byRef.stdout);
            expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
        } finally {
            undo();
        }
    });
});

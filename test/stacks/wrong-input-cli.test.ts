import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { configOf } from "./environment";

const root = path.join(__dirname, "..", "..");
const cli = path.join(root, "dist", "cli", "main.js");

let project: string;

beforeAll(() => {
    project = mkdtempSync(path.join(tmpdir(), "kilogpu-wrong-"));
    for (const name of [
        "catalog",
        "components",
        "stacks",
        "training",
        "Pulumi.yaml",
        "package.json",
        "tsconfig.json",
    ]) {
        cpSync(path.join(root, name), path.join(project, name), { recursive: true });
    }
    symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"));
});
afterAll(() => {
    rmSync(project, { recursive: true, force: true });
});

interface Told {
    errors: { path: string; got: string; legal: string; remedy: string }[];
}

/** What a script that calls the CLI gets; the other mistakes of wrong-input.test.ts go the same way from the readers on. */
describe("kilogpu plan --json of a wrong environment", () => {
    it.each([
        ["kilogpu:poools", [], "kilogpu:poools"],
        ["kilogpu:budget", { hourlyUsd: -1 }, "budget.hourlyUsd"],
        [
            "kilogpu:checkpoints",
            { fileSystem: { capacityGib: 5000, throughputPerTib: 500 } },
            "checkpoints.fileSystem.capacityGib",
        ],
    ])(
        "ends with 2 and tells %s",
        (key, value, wrongPath) => {
            writeFileSync(
                path.join(project, "stacks", "Pulumi.prod.yaml"),
                stringify({ config: { ...configOf("prod"), [key]: value } }, { defaultStringType: "QUOTE_DOUBLE" }),
            );
            const run = spawnSync("node", [cli, "plan", "prod", "--json"], { cwd: project, encoding: "utf8" });
            expect(run.status, run.stderr).toBe(2);
            const told = JSON.parse(run.stdout) as Told;
            expect(Object.keys(told)).toEqual(["errors"]);
            const error = told.errors.find((each) => each.path === wrongPath);
            expect(error, run.stdout).toBeDefined();
            for (const part of [error?.got, error?.legal, error?.remedy]) {
                expect(part).toMatch(/\S/);
            }
        },
        120_000,
    );
});

// Failures that people reported, each as a program of its own, caught by `kilogpu plan` before anything is created: by the rule or the
// input check that the program's header names, and by the link in it. What no plan can know is in docs/field-failures.md.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { plan } from "../../cli/plan/plan";
import { readProject } from "../../cli/plan/project";
import { InputError } from "../../components/input";
import { rules } from "../../policies/rules";

const folder = join(__dirname, "programs");
const project = readProject(folder);
const WORKING = "environment.ts";

interface Failure {
    program: string;
    link: string;
    /** Name of a rule, or path of an input problem. */
    caughtBy: string;
}

const failures = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && file !== WORKING)
    .map((file): Failure => {
        const header = /^\/\/ (https:\/\/\S+)\n(?:\/\/ .+\n)+?\/\/ Caught by: (\S+)\n/.exec(
            readFileSync(join(folder, file), "utf8"),
        );
        return { program: basename(file, ".ts"), link: header?.[1] ?? "", caughtBy: header?.[2] ?? "" };
    });

describe("failures of the field", () => {
    it("are at least 25 reports, each named in its program's header", () => {
        expect(failures.filter(({ link, caughtBy }) => link === "" || caughtBy === "")).toEqual([]);
        const reports = failures.filter(({ link }) => /\/(issues|pull)\/\d+$/.test(link));
        expect(reports.length).toBeGreaterThanOrEqual(25);
        expect(new Set(failures.map(({ link }) => link)).size).toBe(failures.length);
    });

    it("start from an environment that no rule minds", async () => {
        const { policies } = await plan({ ...project, entry: join(folder, "works", WORKING) }, "field");
        expect(policies).toEqual([]);
    });

    it.each(failures)("$program is caught by $caughtBy", async ({ program, caughtBy }) => {
        const planned = plan({ ...project, entry: join(folder, `${program}.ts`) }, "field");
        if (rules.some(({ name }) => name === caughtBy)) {
            const { policies } = await planned;
            // Mandatory: the plan ends with exit code 1.
            expect(policies.filter(({ level }) => level === "mandatory").map(({ policy }) => policy)).toContain(
                caughtBy,
            );
            return;
        }
        const failure = await planned.catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(InputError);
        expect((failure as InputError).problems.map(({ path }) => path)).toContain(caughtBy);
    });
});

/** The offline evaluation against a program that uses what plans get wrong easily. The engine's own preview of it is compared in test/twin. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { InputError } from "../../components/input";
import { evaluate, ProgramError, type Evaluation } from "../../cli/plan/evaluate";
import { environments, readProject, readStack, type Project } from "../../cli/plan/project";
import { forDisplay } from "../../cli/plan/values";

const fixture = join(__dirname, "fixtures/small");

/** A project of one file in a folder that borrows this repository's packages. */
function scratch(program: string): { project: Project; remove: () => void } {
    const directory = mkdtempSync(join(__dirname, "fixtures/.scratch-"));
    writeFileSync(join(directory, "Pulumi.yaml"), "name: scratch\nruntime: nodejs\nmain: index.ts\n");
    writeFileSync(join(directory, "Pulumi.dev.yaml"), "config: {}\n");
    writeFileSync(join(directory, "index.ts"), program);
    return {
        project: readProject(directory),
        remove: () => {
            rmSync(directory, { recursive: true, force: true });
        },
    };
}

describe("evaluating a program offline", () => {
    let result: Evaluation;
    beforeAll(async () => {
        const project = readProject(fixture);
        result = await evaluate(project, "dev", readStack(project, "dev"));
    });

    it("gives every resource the engine's URN, with the qualified type of its parents", () => {
        expect(result.resources.map((resource) => resource.urn).sort()).toEqual(
            [
                "urn:pulumi:dev::small::pulumi:pulumi:Stack::small-dev",
                "urn:pulumi:dev::small::small:index:Outer::outer",
                ...[0, 1, 2].flatMap((index) => [
                    `urn:pulumi:dev::small::small:index:Outer$small:index:Inner::outer-${index}`,
                    `urn:pulumi:dev::small::small:index:Outer$small:index:Inner$aws:s3/bucket:Bucket::outer-${index}-bucket`,
                    `urn:pulumi:dev::small::small:index:Outer$aws:s3/bucketVersioning:BucketVersioning::outer-${index}-versioning`,
                ]),
            ].sort(),
        );
    });

    it("hides secrets and marks what only the cloud can tell", () => {
        const bucket = result.resources.find((resource) => resource.name === "outer-0-bucket");
        const versioning = result.resources.find((resource) => resource.name === "outer-0-versioning");
        expect(forDisplay(bucket?.inputs)).toEqual({ tags: { team: "research", secret: "<secret>" } });
        expect(forDisplay(versioning?.inputs)).toEqual({
            bucket: "<computed>",
            versioningConfiguration: { status: "Enabled" },
        });
        expect(JSON.stringify(forDisplay(bucket?.inputs))).not.toContain("s3cret");
    });

    it("keeps dependencies, also through a component's output, and protection", () => {
        const versioning = result.resources.find((resource) => resource.name === "outer-1-versioning");
        expect(versioning?.dependencies).toEqual([
            "urn:pulumi:dev::small::small:index:Outer$small:index:Inner$aws:s3/bucket:Bucket::outer-1-bucket",
        ]);
        expect(versioning?.propertyDependencies["bucket"]).toEqual(versioning?.dependencies);
        expect(versioning?.protect).toBe(true);
    });

    it("gives the stack's outputs", () => {
        expect(result.outputs).toEqual({ count: 3 });
    });
});

describe("a cluster whose endpoint this machine may not reach", () => {
    const root = join(__dirname, "../..");
    const said = async (env: { [name: string]: string }): Promise<string[]> => {
        const project = readProject(root);
        const { messages } = await evaluate(project, "prod", readStack(project, "prod"), env);
        return messages.filter(({ severity }) => severity === "warning").map(({ text }) => text);
    };

    it("is told of before anything is created, and not in the twin", async () => {
        // As the engine runs the program: without the plan's mark.
        const update = await said({ KILOGPU_PLAN: "" });
        expect(update.join("\n")).toMatch(
            /The API endpoint of cluster train-prod is private, and this machine has no address in its VPC \(10\.0\.0\.0\/16\)\. .*Run `up` inside the VPC/,
        );
        const twin = await said({ KILOGPU_PLAN: "", KILOGPU_TWIN: "prod" });
        expect(twin.join("\n")).not.toContain("API endpoint");
    }, 180_000);
});

describe("what a person gets for a mistake", () => {
    const scratches: (() => void)[] = [];
    const inProject = (program: string): Project => {
        const { project, remove } = scratch(program);
        scratches.push(remove);
        return project;
    };
    afterAll(() => {
        scratches.forEach((remove) => {
            remove();
        });
    });

    it("carries an InputError's fields out of the program", async () => {
        const project = inProject(`
            import { InputError } from "../../../../components/input";
            throw new InputError('GpuNodePool "h200"', [{ path: "nodes", got: "0", legal: "a whole number from 1 to 64 is legal", remedy: "Give a number in that range." }]);
        `);
        const failure = await evaluate(project, "dev", readStack(project, "dev")).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(InputError);
        expect((failure as InputError).subject).toBe('GpuNodePool "h200"');
        expect((failure as InputError).problems).toEqual([
            {
                path: "nodes",
                got: "0",
                legal: "a whole number from 1 to 64 is legal",
                remedy: "Give a number in that range.",
            },
        ]);
    });

    it("ends with the plan that was killed, even where its runner has an error to report to nobody", async () => {
        const project = inProject(`
            import { writeFileSync } from "node:fs";
            writeFileSync("pid", String(process.pid));
            const plan = process.ppid;
            while (process.ppid === plan);
            void Promise.reject(new Error("late"));
        `);
        const cli = join(__dirname, "../../dist/cli/main.js");
        const plan = spawn(process.execPath, [cli, "plan", "dev", "--cwd", project.directory], { stdio: "ignore" });
        const file = join(project.directory, "pid");
        await vi.waitFor(
            () => {
                expect(existsSync(file)).toBe(true);
            },
            { timeout: 60_000, interval: 100 },
        );
        const pid = Number(readFileSync(file, "utf8"));
        plan.kill("SIGKILL");
        await vi.waitFor(
            () => {
                expect(() => process.kill(pid, 0)).toThrow("ESRCH");
            },
            { timeout: 60_000, interval: 100 },
        );
    }, 150_000);

    it("refuses two resources of one name, as the engine does", async () => {
        const project = inProject(`
            import * as aws from "@pulumi/aws";
            new aws.s3.Bucket("twice"); new aws.s3.Bucket("twice");
        `);
        await expect(evaluate(project, "dev", readStack(project, "dev"))).rejects.toThrow(
            /Duplicate resource URN '.*::twice'/,
        );
    });

    it("shows the program's own error", async () => {
        const project = inProject(`throw new Error("the sky fell");`);
        const failure = await evaluate(project, "dev", readStack(project, "dev")).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ProgramError);
        expect((failure as ProgramError).message).toContain("the sky fell");
    });

    it("names the nearest environment", () => {
        const project = readProject(fixture);
        expect(environments(project)).toEqual(["dev"]);
        expect(() => readStack(project, "dve")).toThrow(
            /environment: got "dve"; this project has dev. Did you mean dev\?/,
        );
    });

    it("says that a folder holds no project", () => {
        expect(() => readProject(tmpdir())).toThrow(/a folder with a Pulumi.yaml, or one below it, is needed/);
    });
});

/** Programs that the plan compiles itself: what is kept never outlives what it was made from, and mistakes are told as the SDK's compiler tells them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evaluate, ProgramError } from "../../cli/plan/evaluate";
import { readProject, readStack } from "../../cli/plan/project";

const folders: string[] = [];

afterEach(() => {
    folders.splice(0).forEach((folder) => {
        rmSync(folder, { recursive: true, force: true });
    });
});

/** A TypeScript project with options of its own, in a folder that borrows this repository's packages. */
function project(files: { [name: string]: string }): string {
    const folder = mkdtempSync(join(__dirname, "fixtures/.scratch-"));
    folders.push(folder);
    const all = {
        "Pulumi.yaml": "name: scratch\nruntime: nodejs\nmain: index.ts\n",
        "Pulumi.dev.yaml": "config: {}\n",
        "package.json": "{}",
        "tsconfig.json": '{ "compilerOptions": { "target": "ES2022", "module": "nodenext" } }',
        ...files,
    };
    Object.entries(all).forEach(([name, text]) => {
        writeFileSync(join(folder, name), text);
    });
    return folder;
}

async function outputs(folder: string): Promise<unknown> {
    const read = readProject(folder);
    return (await evaluate(read, "dev", readStack(read, "dev"))).outputs;
}

describe("a program that the plan compiles", () => {
    it("is compiled again after a file that it imports has changed", async () => {
        const folder = project({
            "index.ts": 'import { nodes } from "./pool";\nexport const planned: number = nodes;\n',
            "pool.ts": "export const nodes: number = 64;\n",
        });
        expect(await outputs(folder)).toEqual({ planned: 64 });
        expect(await outputs(folder)).toEqual({ planned: 64 });
        writeFileSync(join(folder, "pool.ts"), "export const nodes: number = 128;\n");
        expect(await outputs(folder)).toEqual({ planned: 128 });
    });

    it("is compiled again after its options have changed", async () => {
        const folder = project({
            "index.ts":
                "class Pool { name: string | undefined; }\nexport const own = Object.keys(new Pool()).length;\n",
        });
        expect(await outputs(folder)).toEqual({ own: 1 });
        const options = { target: "ES2022", module: "nodenext", useDefineForClassFields: false };
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
        expect(await outputs(folder)).toEqual({ own: 0 });
    });

    it("still serialises functions, for which the SDK wants the compiler that was put off", async () => {
        const folder = project({
            "index.ts":
                'import * as pulumi from "@pulumi/pulumi";\n' +
                "export const text = pulumi.runtime.serializeFunction(() => 41 + 1).then((made) => made.text.includes('41 + 1'));\n",
        });
        expect(await outputs(folder)).toEqual({ text: true });
    });

    it("names file and line of what is no TypeScript", async () => {
        const folder = project({ "index.ts": "const fine = 1;\nconst = 2;\n" });
        const failure = await outputs(folder).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ProgramError);
        expect((failure as ProgramError).message).toMatch(/index\.ts\(2,7\)/);
        expect((failure as ProgramError).message).not.toMatch(/^\s+at /m);
    });

    it("names the line of the program where it throws", async () => {
        const folder = project({
            "index.ts":
                "interface Unused {\n    a: string;\n    b: string;\n    c: string;\n    d: string;\n    e: string;\n}\nexport function fall(): never {\n    throw new TypeError('fell');\n}\nfall();\n",
        });
        const failure = await outputs(folder).catch((error: unknown) => error);
        expect((failure as ProgramError).message).toMatch(/index\.ts:9/);
    });

    it("is left to the SDK's compiler where its options extend others", async () => {
        const extending = { "tsconfig.json": '{ "extends": "./base.json" }', "base.json": "{}" };
        const folder = project({ "index.ts": "export const nodes: number = 8;\n", ...extending });
        expect(await outputs(folder)).toEqual({ nodes: 8 });
    });
});

describe("an SDK that the plan was not tested with", () => {
    /** A project with an SDK of its own, whose runner does not make clients as the plan expects. */
    function withSdk(version: string): string {
        const folder = project({ "index.ts": "export const nodes = 1;\n" });
        const runner = join(folder, "node_modules/@pulumi/pulumi/cmd/run");
        mkdirSync(runner, { recursive: true });
        writeFileSync(join(runner, "../../package.json"), JSON.stringify({ name: "@pulumi/pulumi", version }));
        writeFileSync(join(runner, "index.js"), 'console.error("14 UNAVAILABLE: name resolution"); process.exit(1);\n');
        return folder;
    }

    it("is named, with the version that it was, where it asks the plan nothing", async () => {
        const failure = await outputs(withSdk("99.0.0")).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ProgramError);
        expect((failure as ProgramError).message).toMatch(
            /^@pulumi\/pulumi 99\.0\.0 did not ask kilogpu plan for anything, which was tested with \d+\.\d+\.\d+\. .*\n14 UNAVAILABLE/,
        );
    });

    it("is not blamed where it is the tested one", async () => {
        const manifest = readFileSync(join(__dirname, "../../node_modules/@pulumi/pulumi/package.json"), "utf8");
        const failure = await outputs(withSdk((JSON.parse(manifest) as { version: string }).version)).catch(
            (error: unknown) => error,
        );
        expect((failure as ProgramError).message).toMatch(/^14 UNAVAILABLE/);
    });
});

describe("this repository's own files", () => {
    const repository = join(__dirname, "../..");
    let home = "";
    let before: string | undefined;

    beforeEach(() => {
        before = process.env["KILOGPU_HOME"];
        home = mkdtempSync(join(tmpdir(), "kilogpu-home-"));
        folders.push(home);
        process.env["KILOGPU_HOME"] = home;
    });

    afterEach(() => {
        if (before === undefined) {
            delete process.env["KILOGPU_HOME"];
        } else {
            process.env["KILOGPU_HOME"] = before;
        }
    });

    /** How many files the plan had to compile itself. */
    const compiledNow = (): number => readdirSync(join(home, "plan/typescript")).length;

    it("are compiled by npm run build: the first plan ever compiles none", async () => {
        expect(await outputs(repository)).toMatchObject({});
        expect(compiledNow()).toBe(0);
    });

    it("are compiled by the plan where their content, or the options, are no longer those of the build", async () => {
        const folder = project({});
        const source = readFileSync(join(repository, "catalog/package-root.ts"), "utf8");
        const place = (text: string, settings: string): void => {
            writeFileSync(
                join(folder, "index.ts"),
                'import * as all from "./package-root";\nexport const names = Object.keys(all);\n',
            );
            writeFileSync(join(folder, "package-root.ts"), text);
            writeFileSync(join(folder, "tsconfig.json"), settings);
        };
        const settings = readFileSync(join(repository, "tsconfig.json"), "utf8");
        place(source, settings);
        expect(await outputs(folder)).toEqual({ names: ["packageRoot", "packageVersion"] });
        expect(compiledNow()).toBe(1); // index.ts alone
        place(`${source}\nexport const added = 1;\n`, settings);
        expect(await outputs(folder)).toEqual({ names: ["added", "packageRoot", "packageVersion"] });
        expect(compiledNow()).toBe(2);
        place(source, `${settings}\n`);
        await outputs(folder);
        expect(compiledNow()).toBe(4); // both, by other options
    });
});

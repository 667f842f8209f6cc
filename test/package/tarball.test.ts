/** The tarball of `npm pack`, installed into an empty project: what other people's stacks get. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(__dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    devDependencies: { [name: string]: string };
};
let folder: string;
let tarball: string;
let contents: string[];

function run(command: string, args: string[], cwd = folder): string {
    return execFileSync(command, args, {
        cwd,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 64 * 1024 * 1024,
    });
}

/** Ten lines as a user writes them. */
const PROGRAM = `
import { GpuNodePool, type ClusterAccessArgs } from "kilogpu";
declare const cluster: ClusterAccessArgs;
const pool = (): GpuNodePool => new GpuNodePool("h200", {
    cluster,
    instanceType: "p5en.48xlarge",
    nodes: 2,
    fabric: "efa",
    capacity: { kind: "on-demand" },
});
export const make: () => GpuNodePool = pool;
`;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kilogpu-package-"));
    const packed = JSON.parse(
        run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
    ) as {
        filename: string;
        files: { path: string }[];
    }[];
    const first = packed[0];
    if (first === undefined) {
        throw new Error("npm pack printed no package");
    }
    tarball = join(folder, first.filename);
    contents = first.files.map((file) => file.path);
    const pins = Object.fromEntries(
        [
            "@pulumi/pulumi",
            "@pulumi/aws",
            "@pulumi/kubernetes",
            "@pulumi/command",
            "@pulumi/policy",
            "typescript",
            "@types/node",
        ].map((name) => [name, manifest.devDependencies[name]]),
    );
    writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ name: "consumer", private: true, dependencies: { ...pins, kilogpu: `file:${tarball}` } }),
    );
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]);
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

describe("the packed package", () => {
    it("is under 2 MB and carries no tests", () => {
        expect(statSync(tarball).size).toBeLessThan(2_000_000);
        expect(contents.filter((path) => /(^|\/)test\//.test(path) || path.endsWith(".test.js"))).toEqual([]);
    });

    it.each(["nodenext", "node16"])("gives types to a program of ten lines under %s", (resolution) => {
        writeFileSync(join(folder, "program.ts"), PROGRAM);
        run("npx", [
            "tsc",
            "--noEmit",
            "--strict",
            "--skipLibCheck",
            "--target",
            "ES2022",
            "--types",
            "node",
            "--module",
            resolution,
            "--moduleResolution",
            resolution,
            "program.ts",
        ]);
    });

    it("refuses a program with a property that does not exist", () => {
        writeFileSync(join(folder, "wrong.ts"), PROGRAM.replace("nodes: 2", "nodez: 2"));
        expect(() =>
            run("npx", [
                "tsc",
                "--noEmit",
                "--strict",
                "--skipLibCheck",
                "--types",
                "node",
                "--module",
                "nodenext",
                "--moduleResolution",
                "nodenext",
                "wrong.ts",
            ]),
        ).toThrow();
    });

    it("loads neither the twin nor the command line when the library is imported", () => {
        const loaded = run(process.execPath, [
            "-e",
            "require('kilogpu'); require('kilogpu/policies'); require('kilogpu/catalog'); console.log(Object.keys(require.cache).filter((p) => /kilogpu.dist.(twin|cli)./.test(p)).length)",
        ]);
        expect(loaded.trim()).toBe("0");
    });

    it("brings a command that answers", () => {
        expect(run("npx", ["kilogpu", "--version"]).trim()).toBe(manifest.version);
    });

    it("gives every way of importing the right types", () => {
        // node10 reads no exports map: the package's subpaths ask for node16 or later, which every supported Node has. A problem is exit code 1.
        expect(() => run("npx", ["attw", tarball, "--profile", "node16", "--format", "ascii"], root)).not.toThrow();
    });

    it("passes publint", () => {
        expect(run("npx", ["publint", "--strict", tarball], root)).toMatch(/All good/);
    });
});

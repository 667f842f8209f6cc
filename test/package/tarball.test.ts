/** The tarball of `npm pack`, installed into an empty project: what other people's stacks get. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageBill } from "../../cli/lock/bill-of-materials";
import type { Plan } from "../../cli/plan/contract";

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
import { ClusterNetwork, EksCluster, GpuNodePool } from "kilogpu";
const network = new ClusterNetwork("net", { zones: ["us-east-2a", "us-east-2b"], gpuZone: "us-east-2b" });
const cluster = new EksCluster("train", { network: network.placement });
const h200 = new GpuNodePool("h200", {
    cluster: cluster.access,
    instanceType: "p5en.48xlarge",
    nodes: 2,
    fabric: "efa",
    capacity: { kind: "on-demand" },
});
export const nodeGroup = h200.pool.nodeGroupName;
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

    it("plans that program as a project of its own, with everything that the pool is made of", () => {
        writeFileSync(join(folder, "index.ts"), PROGRAM);
        writeFileSync(join(folder, "Pulumi.yaml"), "name: consumer\nruntime: nodejs\nmain: index.ts\n");
        writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  aws:region: us-east-2\n");
        const { status, stdout, stderr } = spawnSync("npx", ["kilogpu", "plan", "dev", "--json"], {
            cwd: folder,
            encoding: "utf8",
            maxBuffer: 64 * 1024 * 1024,
        });
        const plan = JSON.parse(stdout) as Plan;
        expect(plan.totals, stderr).toMatchObject({ nodes: 2, gpus: 16, efaInterfaces: 32 });
        const template = plan.resources.find(({ name }) => name === "h200-template");
        expect(template?.inputs["networkInterfaces"]).toHaveLength(17);
        expect(plan.resources.map(({ type }) => type)).toContain("aws:eks/nodeGroup:NodeGroup");
        // Ten lines have no device plugin yet, without which NCCL would fall back to TCP: the rules speak here as at home.
        expect(plan.policies.filter(({ level }) => level === "mandatory").map(({ policy }) => policy)).toEqual([
            "efa-device-plugin-is-installed",
        ]);
        expect(status).toBe(1);
    });

    it("prints its own bill of materials, which npm gives it no package-lock.json for", () => {
        expect(JSON.parse(run("npx", ["kilogpu", "sbom"]))).toEqual(packageBill());
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

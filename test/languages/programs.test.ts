/**
 * The example programs in Python and Go, run unchanged on SDKs that Pulumi's own generators make from the checked-in schema, with the plan's
 * monitor in place of the engine. What they register is then what a TypeScript program gives to the real component. `npm run test:languages`.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../../cli/plan/evaluate";
import { createMonitor, type PlanMonitor, type ProtobufMessage, type RegisteredResource } from "../../cli/plan/monitor";
import { readProject, readStack } from "../../cli/plan/project";
import { bind } from "../../twin/language-host/serve";

const root = join(__dirname, "../..");
const require = createRequire(__filename);
let folder: string;

/** Why a language cannot be tried here, or undefined where it can. */
function missing(command: string, ...args: string[]): string | undefined {
    try {
        execFileSync(command, args, { stdio: "ignore" });
        return undefined;
    } catch {
        return `${command} is not on this machine`;
    }
}

const noGo = missing("go", "version");
const noPython = missing("python3", "-m", "venv", "--help");

/** Serves the plan's monitor as the engine serves its own, runs a program against it, and gives back what it registered. */
async function registered(command: string, args: string[], cwd: string): Promise<RegisteredResource[]> {
    const monitor: PlanMonitor = createMonitor("dev", "example", require);
    const server = new grpc.Server();
    for (const [module, service] of [
        ["resource_grpc_pb", "ResourceMonitor"],
        ["engine_grpc_pb", "Engine"],
    ] as const) {
        const definition = (require(`@pulumi/pulumi/proto/${module}`) as { [name: string]: grpc.ServiceDefinition })[
            `${service}Service`
        ];
        const methods = monitor.services[`pulumirpc.${service}`] ?? {};
        const handlers = Object.fromEntries(
            Object.entries(methods).map(([name, answer]) => [
                name,
                ((call: { request: ProtobufMessage }, callback: grpc.sendUnaryData<unknown>) => {
                    try {
                        callback(null, answer?.(call.request));
                    } catch (error) {
                        callback(error as grpc.ServiceError);
                    }
                }) as grpc.UntypedHandleCall,
            ]),
        );
        server.addService(definition as grpc.ServiceDefinition, handlers);
    }
    const port = await bind(server);
    const address = `127.0.0.1:${String(port)}`;
    try {
        const child = spawn(command, args, {
            cwd,
            stdio: ["ignore", "pipe", "pipe"],
            env: {
                ...process.env,
                PULUMI_MONITOR: address,
                PULUMI_ENGINE: address,
                PULUMI_ORGANIZATION: "organization",
                PULUMI_PROJECT: "example",
                PULUMI_STACK: "dev",
                PULUMI_DRY_RUN: "true",
                PULUMI_PARALLEL: "16",
                PULUMI_CONFIG: "{}",
            },
        });
        let printed = "";
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        }
        const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
        expect(code, printed).toBe(0);
    } finally {
        server.forceShutdown();
    }
    return monitor.registrations().resources;
}

/** The cluster that an example asks for, held to the real component: no child that it would make may be refused. */
async function expectCluster(resources: RegisteredResource[], language: string): Promise<void> {
    const cluster = resources.find(({ type }) => type === "kilogpu:index:TrainingCluster");
    expect(cluster?.name).toBe("train");
    expect(cluster?.inputs).toMatchObject({
        environment: "staging",
        network: { zones: ["us-east-2a", "us-east-2b"], gpuZone: "us-east-2b" },
        pools: [{ name: "h100", instanceType: "p5.48xlarge", nodes: 2, fabric: "efa" }],
        teams: [
            { name: "pretrain", gpus: 8, borrow: 8 },
            { name: "research", gpus: 8, borrow: 8 },
        ],
        budget: { hourlyUsd: 250 },
    });
    const program = join(folder, `held-${language}`);
    mkdirSync(program);
    for (const part of ["index.ts", "catalog", "components", "tsconfig.json", "package.json"]) {
        cpSync(join(root, part), join(program, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(program, "node_modules"));
    writeFileSync(join(program, "Pulumi.yaml"), "name: held\nruntime: nodejs\nmain: program.ts\n");
    writeFileSync(join(program, "Pulumi.dev.yaml"), "config:\n  aws:region: us-east-2\n");
    writeFileSync(
        join(program, "program.ts"),
        `import { TrainingCluster } from "./components";\nnew TrainingCluster("train", ${JSON.stringify(cluster?.inputs)} as never);\n`,
    );
    const project = readProject(program);
    const evaluation = await evaluate(project, "dev", readStack(project, "dev"));
    expect(evaluation.resources.filter(({ type }) => type === "aws:eks/nodeGroup:NodeGroup").length).toBeGreaterThan(1);
    expect(evaluation.resources.length).toBeGreaterThan(50);
}

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kilogpu-languages-"));
    if (noGo !== undefined) {
        return;
    }
    // The generators are Go; their dependencies are those that the twin's own CLI is built with.
    const generator = join(folder, "generator");
    mkdirSync(generator);
    for (const file of ["go.mod", "go.sum"]) {
        cpSync(join(root, "twin/toolchain/modules/pulumi", file), join(generator, file));
    }
    cpSync(join(__dirname, "generator/main.go"), join(generator, "main.go"));
    execFileSync("go", ["run", "-mod=mod", ".", join(root, "schema/kilogpu.json"), join(folder, "sdk")], {
        cwd: generator,
        stdio: "inherit",
    });
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

describe("the example in Go", () => {
    it.skipIf(noGo !== undefined)(
        `compiles, and asks for the cluster${noGo ? ` (skipped: ${noGo})` : ""}`,
        async () => {
            const sdk = readFileSync(join(root, "twin/toolchain/modules/pulumi/go.mod"), "utf8");
            const version = /pulumi\/pkg\/v3 (v\S+)/.exec(sdk)?.[1] ?? "";
            const library = "example.com/pulumi-kilogpu/sdk/go/kilogpu";
            const required = `require github.com/pulumi/pulumi/sdk/v3 ${version}\n`;
            writeFileSync(join(folder, "sdk/go/kilogpu/go.mod"), `module ${library}\n\ngo 1.24\n\n${required}`);
            const program = join(folder, "go");
            cpSync(join(root, "examples/go"), program, { recursive: true });
            writeFileSync(
                join(program, "go.mod"),
                `module example.com/kilogpu-go\n\ngo 1.24\n\n${required}require ${library} v0.0.0\nreplace ${library} => ../sdk/go/kilogpu\n`,
            );
            execFileSync("go", ["build", "-mod=mod", "-o", "program", "."], { cwd: program, stdio: "inherit" });
            await expectCluster(await registered(join(program, "program"), [], program), "go");
        },
    );
});

describe("the example in Python", () => {
    const reason = noPython ?? (noGo === undefined ? undefined : `the generator needs Go: ${noGo}`);
    it.skipIf(reason !== undefined)(`asks for the cluster${reason ? ` (skipped: ${reason})` : ""}`, async () => {
        const program = join(folder, "python");
        cpSync(join(root, "examples/python"), program, { recursive: true });
        execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "inherit" });
        const python = join(folder, "venv/bin/python");
        execFileSync(
            python,
            ["-m", "pip", "install", "--quiet", join(folder, "sdk/python"), "-r", join(program, "requirements.txt")],
            {
                stdio: "inherit",
            },
        );
        // What Pulumi's language host does: the SDK's settings from the engine, then the program as the stack's.
        const host = [
            "import asyncio, os, runpy, pulumi",
            "from pulumi.runtime import Settings, configure, run_in_stack",
            "e = os.environ",
            "configure(Settings(monitor=e['PULUMI_MONITOR'], engine=e['PULUMI_ENGINE'], project='example', stack='dev', dry_run=True, parallel=16, organization='organization'))",
            "loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop)",
            "loop.run_until_complete(run_in_stack(lambda: runpy.run_path('__main__.py', run_name='__main__')))",
        ].join("\n");
        await expectCluster(await registered(python, ["-c", host], program), "python");
    });
});

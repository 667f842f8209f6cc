/** The real engine on simulated clouds, with a program of its own in engine-fixture/. Needs `npm run build`; builds or finds pulumi itself. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultKubernetesMinor } from "../../catalog/releases";
import { prepareWorkspace, runPulumi, stackResources, workspaceEnv } from "../../twin/engine";
import { enginePlaces } from "../../twin/engine/places";
import { recover } from "../../twin/engine/recover";
import { silentProgress } from "../../twin/progress";
import { toolchainHome } from "../../twin/places";
import { CloudStore } from "../../twin/providers/cloud-store";
import { twinInventory } from "../../twin/providers/inventory";
import { ensureTools, ToolName, type Toolchain } from "../../twin/toolchain";

const environment = "dev";
let home: string;
let project: string;
let toolchain: Toolchain;

function configure(...settings: string[]): void {
    const file = join(project, `Pulumi.${environment}.yaml`);
    writeFileSync(
        file,
        `config:\n  aws:region: us-east-2\n${settings.map((line) => `  engine-fixture:${line}\n`).join("")}`,
    );
}

beforeAll(async () => {
    toolchain = await ensureTools([ToolName.Pulumi], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: silentProgress,
    });
    const tools = toolchainHome();
    home = mkdtempSync(join(tmpdir(), "kilogpu-engine-"));
    symlinkSync(tools, join(home, "toolchain"));
    process.env["KILOGPU_HOME"] = home;
    project = join(home, "project");
    cpSync(join(__dirname, "engine-fixture"), project, { recursive: true });
    symlinkSync(join(__dirname, "..", "..", "node_modules"), join(project, "node_modules"));
});

afterAll(() => {
    rmSync(home, { recursive: true, force: true });
});

describe("a workspace", () => {
    it("never writes the user's files, whatever their encryption", async () => {
        const file = join(project, `Pulumi.${environment}.yaml`);
        const before = readFileSync(file, "utf8");
        const workspace = await prepareWorkspace({ environment, projectDir: project, toolchain });
        expect(workspace.missingSecrets).toEqual(["engine-fixture:password"]);
        const result = await runPulumi(environment, ["up"]);
        expect(JSON.stringify(result)).not.toContain("do-not-print-me");
        expect(result.exitCode).toBe(0);
        expect(readFileSync(file, "utf8")).toBe(before);
        expect(readdirSync(project).sort()).toEqual(
            ["Pulumi.dev.yaml", "Pulumi.yaml", "index.ts", "node_modules", "package.json", "tsconfig.json"].sort(),
        );
    });

    it("keeps secrets out of the state", () => {
        const { state } = enginePlaces(environment);
        const text = readFileSync(join(state, ".pulumi", "stacks", "engine-fixture", `${environment}.json`), "utf8");
        expect(text).not.toContain("do-not-print-me");
    });

    it("changes nothing the second time, nor after a refresh", async () => {
        expect((await runPulumi(environment, ["up"])).changes).toEqual({ same: 8 });
        expect((await runPulumi(environment, ["refresh"])).changes).toEqual({ same: 8 });
    });
});

describe("differences and refusals", () => {
    it("shows what a preview would do and does it", async () => {
        configure("subnets: 4");
        await prepareWorkspace({ environment, projectDir: project, toolchain });
        const updates: string[] = [];
        const preview = await runPulumi(environment, ["preview"]);
        expect(preview.changes).toEqual({ create: 1, same: 8 });
        const up = await runPulumi(environment, ["up"], {
            expected: 9,
            onUpdate: (update) => {
                if (update.kind === "resource" && update.phase === "done") {
                    updates.push(`${String(update.finished)}/${String(update.total)} ${update.name}`);
                }
            },
        });
        expect(up.changes).toEqual({ create: 1, same: 8 });
        expect(updates.filter((line) => line.startsWith("9/9"))).toHaveLength(1);
    });

    it("gives the refusal of the simulated cloud as a diagnostic of its resource", async () => {
        configure("subnets: 4", "cidr: 10.9.0.0/16");
        await prepareWorkspace({ environment, projectDir: project, toolchain });
        const result = await runPulumi(environment, ["up"]);
        expect(result.exitCode).not.toBe(0);
        const error = result.diagnostics.find(({ urn }) => urn?.includes("Subnet"));
        expect(error?.message).toMatch(/InvalidSubnet.Range/);
        configure("subnets: 3");
        await prepareWorkspace({ environment, projectDir: project, toolchain });
        expect((await runPulumi(environment, ["up"])).exitCode).toBe(0);
    });
});

describe("a killed engine", () => {
    it("is finished by the next run from any point: no orphan, no stale lock, nothing twice", async () => {
        expect((await runPulumi(environment, ["destroy"])).exitCode).toBe(0);
        expect(new CloudStore(environment, "aws").all()).toEqual([]);
        for (let attempt = 0; attempt < 10; attempt++) {
            configure(`subnets: ${String(3 + (attempt % 3) * 8)}`);
            await prepareWorkspace({ environment, projectDir: project, toolchain });
            // Clears the lock of the kill before, so that this one gets to work too.
            await recover(environment);
            await killedUp(400 + Math.random() * 2200);
        }
        expect(await leftProcesses()).toEqual([]);
        configure("subnets: 2");
        await prepareWorkspace({ environment, projectDir: project, toolchain });
        const result = await runPulumi(environment, ["up"]);
        expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(result.exitCode).toBe(0);
        const state = stackResources(environment)
            .filter(({ urn }) => urn.includes("::aws:"))
            .map(({ urn, id }) => `${urn} ${id ?? ""}`);
        const cloud = new CloudStore(environment, "aws").all().map(({ urn, id }) => `${urn} ${id}`);
        expect(cloud.sort()).toEqual(state.sort());
        expect((await runPulumi(environment, ["up"])).changes).toEqual({ same: 7 });
        expect(twinInventory(environment)).toContainEqual({
            what: "aws:ec2/subnet:Subnet",
            count: 2,
            fidelity: "simulated",
        });
    });

    it("leaves nothing after a destroy", async () => {
        expect((await runPulumi(environment, ["destroy"])).exitCode).toBe(0);
        expect(new CloudStore(environment, "aws").all()).toEqual([]);
    });
});

/** Command lines of processes that still have this suite's twin in their environment, a second after the last kill. */
async function leftProcesses(): Promise<string[]> {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    if (process.platform !== "linux") {
        return [];
    }
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
        .flatMap((pid) => {
            try {
                const environ = readFileSync(`/proc/${pid}/environ`, "utf8");
                const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
                return environ.includes(`KILOGPU_HOME=${home}`) && environ.includes("PULUMI_HOME=") ? [command] : [];
            } catch {
                return [];
            }
        });
}

/** `pulumi up`, killed after some milliseconds with everything that it has not said good-bye to. */
async function killedUp(afterMs: number): Promise<void> {
    const child = spawn(
        join(enginePlaces(environment).bin, "pulumi"),
        ["up", "--yes", "--skip-preview", "--non-interactive"],
        {
            cwd: project,
            env: { ...process.env, ...workspaceEnv(environment) },
            stdio: "ignore",
        },
    );
    const ended = new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await ended;
}

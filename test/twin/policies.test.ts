/**
 * Every rule stops the real engine: a program that violates it is given to `pulumi` with the policy pack, and the engine's own policy event must
 * say what the plan says. Resource rules are violated together in one program, stack rules in one program each.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultKubernetesMinor } from "../../catalog";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { rules } from "../../policies/rules";
import { prepareWorkspace, runPulumi } from "../../twin/engine";
import { toolchainHome } from "../../twin/places";
import { silentProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import type { Mutant } from "../mutants/mutant";
import { mutants } from "../mutants/mutants";
import { matchesType } from "../../policies/rule";
import { byCheck } from "../policies/paths";
import { apply, program } from "../policies/program";

const environment = "prod";
const root = join(__dirname, "../..");
let folder: string;
let project: string;

/** Parents and dependencies first, as the engine wants them. */
function ordered(resources: readonly RegisteredResource[]): RegisteredResource[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const done = new Set<string>();
    const result: RegisteredResource[] = [];
    const visit = (resource: RegisteredResource): void => {
        if (done.has(resource.urn)) {
            return;
        }
        done.add(resource.urn);
        [resource.parent, ...resource.dependencies, ...Object.values(resource.propertyDependencies).flat()].forEach(
            (urn) => {
                const before = byUrn.get(urn);
                if (before !== undefined) {
                    visit(before);
                }
            },
        );
        result.push(resource);
    };
    resources.forEach(visit);
    return result;
}

beforeAll(async () => {
    const tools = toolchainHome();
    const toolchain = await ensureTools([ToolName.Pulumi], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: silentProgress,
    });
    folder = mkdtempSync(join(tmpdir(), "kilogpu-policies-"));
    symlinkSync(tools, join(folder, "toolchain"));
    process.env["KILOGPU_HOME"] = folder;
    project = join(folder, "project");
    cpSync(join(__dirname, "replay-fixture"), project, { recursive: true });
    writeFileSync(
        join(project, "tsconfig.json"),
        JSON.stringify({
            compilerOptions: {
                noCheck: true,
                esModuleInterop: true,
                module: "nodenext",
                moduleResolution: "nodenext",
                target: "ES2022",
            },
        }),
    );
    writeFileSync(join(project, `Pulumi.${environment}.yaml`), "config: {}\n");
    symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
    process.env["REPLAY"] = join(project, "replay.json");
    await prepareWorkspace({ environment, projectDir: project, toolchain });
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

/** The mutant that stands for a rule: one without settings where there is one. */
function mutantOf(name: string): Mutant {
    const own = mutants.filter((candidate) => candidate.rule === name);
    const mutant = own.find(({ settings }) => settings === undefined) ?? own[0];
    if (mutant === undefined) {
        throw new Error(`no mutant violates ${name}`);
    }
    return mutant;
}

/** The engine puts the rule's description in front of what was reported. */
function spoken(policy: string, message: string): string {
    const description = rules.find(({ name }) => name === policy)?.description ?? "";
    return message.replace(description, "").trim();
}

async function engineSays(resources: readonly RegisteredResource[], operation: string[]) {
    writeFileSync(join(project, "replay.json"), JSON.stringify(ordered(resources)));
    return runPulumi(environment, operation, { policyPack: join(root, "policies") });
}

describe("the policy pack under the real engine", () => {
    it("lets the compliant program through", async () => {
        const result = await engineSays(await program("prod"), ["preview"]);
        expect(
            result.policies
                .filter(({ enforcement }) => enforcement === "mandatory")
                .map(({ policy, urn, message }) => `${policy} ${urn ?? ""}: ${message}`),
        ).toEqual([]);
        expect(result.exitCode, result.stderr).toBe(0);
    });

    it("stops every resource that violates a resource rule, in the plan's words", async () => {
        const compliant = new Set((await program("prod")).map((resource) => JSON.stringify(resource)));
        const extra: RegisteredResource[] = [];
        const expected: string[] = [];
        for (const rule of rules.filter((candidate) => "appliesTo" in candidate)) {
            const mutant = mutantOf(rule.name);
            if (mutant.settings !== undefined) {
                // Settings reach the engine by --policy-pack-config; test/policies proves them through the SDK's own functions.
                continue;
            }
            const changed = apply(await program(mutant.program ?? "prod"), mutant.edits).filter(
                (resource) => !compliant.has(JSON.stringify(resource)),
            );
            const alone = changed
                .filter((resource) => "appliesTo" in rule && matchesType(resource.type, rule.appliesTo))
                .map((resource) => ({
                    ...resource,
                    urn: `${resource.urn}-${rule.name}`,
                    name: `${resource.name}-${rule.name}`,
                    parent: "",
                }));
            extra.push(...alone);
            expected.push(...byCheck(alone, {}, [rule]).map(({ policy, message }) => `${policy}: ${message}`));
        }
        expect(expected.length).toBeGreaterThan(40);
        const result = await engineSays(extra, ["preview"]);
        const said = result.policies.map(({ policy, message }) => `${policy}: ${spoken(policy, message)}`);
        expect(expected.filter((line) => !said.includes(line))).toEqual([]);
        expect(result.exitCode).not.toBe(0);
    });

    it.each(rules.filter((rule) => !("appliesTo" in rule)).map(({ name }) => name))(
        "stops a program that violates %s, in the plan's words",
        async (name) => {
            const mutant = mutantOf(name);
            const rule = rules.find((candidate) => candidate.name === name);
            const changed = apply(await program(mutant.program ?? "prod"), mutant.edits);
            const planned = byCheck(changed, {}, rule === undefined ? [] : [rule]);
            if (mutant.settings === undefined) {
                expect(planned.length).toBeGreaterThan(0);
            }
            const result = await engineSays(changed, ["preview"]);
            const said = result.policies
                .filter(({ policy }) => policy === name)
                .map(({ policy, message }) => spoken(policy, message));
            expect(planned.map(({ message }) => message).filter((message) => !said.includes(message))).toEqual([]);
            if (planned.length > 0) {
                expect(result.exitCode === 0).toBe(rule?.enforcementLevel !== "mandatory");
            }
        },
    );
});

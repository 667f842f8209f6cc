/**
 * Programs that violate rules, as Pulumi projects: what a compliant program registered, changed by a mutant, is replayed through the SDK's own
 * monitor connection. The engine and `kilogpu plan` both run the same project.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultKubernetesMinor } from "../../catalog";
import type { Plan } from "../../cli/plan/contract";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { matchesType, type Rule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { prepareWorkspace, runPulumi } from "../../twin/engine";
import type { RunResult } from "../../twin/engine/run";
import { toolchainHome, twinHome } from "../../twin/places";
import { silentProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import type { Mutant } from "../mutants/mutant";
import { mutants } from "../mutants/mutants";
import { byCheck } from "../policies/paths";
import { apply, program } from "../policies/program";

const environment = "prod";
const root = join(__dirname, "../..");

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

/** Settings of one rule, as `--policy-pack-config` gives them. */
export interface RuleSettings {
    rule: string;
    settings: { [key: string]: unknown };
}

/** Settings of one rule, or the path of a whole `--policy-pack-config` file. */
export type Settings = RuleSettings | string;

/** A project that registers whatever it is told to. */
export interface Replay {
    /** `pulumi <operation> --policy-pack policies` of these resources. */
    engine(resources: readonly RegisteredResource[], operation: string[], settings?: Settings): Promise<RunResult>;
    /** `kilogpu plan --json` of them, and its exit code. */
    plan(resources: readonly RegisteredResource[], settings?: Settings): Promise<{ code: number; plan: Plan }>;
    remove(): void;
}

/** Makes the project and its twin's workspace, in a home of its own. */
export async function makeReplay(): Promise<Replay> {
    const tools = toolchainHome();
    const toolchain = await ensureTools([ToolName.Pulumi], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: silentProgress,
    });
    const folder = mkdtempSync(join(tmpdir(), "kilogpu-policies-"));
    symlinkSync(tools, join(folder, "toolchain"));
    process.env["KILOGPU_HOME"] = folder;
    const project = join(folder, "project");
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
    const workspace = (): Promise<unknown> => prepareWorkspace({ environment, projectDir: project, toolchain });
    await workspace();
    const configuration = join(folder, "policies.json");
    const replay = (resources: readonly RegisteredResource[], settings?: Settings): string[] => {
        writeFileSync(join(project, "replay.json"), JSON.stringify(ordered(resources)));
        if (typeof settings === "string") {
            return ["--policy-pack-config", settings];
        }
        writeFileSync(
            configuration,
            JSON.stringify(settings === undefined ? {} : { [settings.rule]: settings.settings }),
        );
        return ["--policy-pack-config", configuration];
    };
    return {
        engine: async (resources, operation, settings) => {
            if (operation.includes("up")) {
                // Nothing of the program before: what was protected there could not be deleted now.
                rmSync(twinHome(environment), { recursive: true, force: true });
                await workspace();
            }
            return runPulumi(environment, [...operation, ...replay(resources, settings)], {
                policyPack: join(root, "policies"),
            });
        },
        plan: async (resources, settings) => {
            const flags = replay(resources, settings);
            const main = join(root, "dist/cli/main.js");
            return new Promise((resolve, reject) => {
                execFile(
                    process.execPath,
                    [main, "plan", environment, "--json", "--cwd", project, ...flags],
                    { maxBuffer: 256 * 1024 * 1024 },
                    (error, stdout, stderr) => {
                        if (stdout === "") {
                            reject(new Error(stderr));
                        } else {
                            resolve({
                                code: error === null ? 0 : Number(error.code),
                                plan: JSON.parse(stdout) as Plan,
                            });
                        }
                    },
                );
            });
        },
        remove: () => {
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** The mutant that stands for a rule: one without settings where there is one. */
export function mutantOf(name: string): Mutant {
    const own = mutants.filter((candidate) => candidate.rule === name);
    const mutant = own.find(({ settings }) => settings === undefined) ?? own[0];
    if (mutant === undefined) {
        throw new Error(`no mutant violates ${name}`);
    }
    return mutant;
}

/** A program that violates a rule, and what the rule says of it. */
export interface Violating {
    resources: RegisteredResource[];
    messages: string[];
    settings?: RuleSettings;
}

/**
 * The program that violates a rule. For a rule on single resources it is those that the rule minds and nothing else, under names of their own,
 * so that such programs can be put together; for a rule on the whole stack it is the whole.
 */
export async function violating(rule: Rule): Promise<Violating> {
    const { edits, settings = {}, program: name = "prod" } = mutantOf(rule.name);
    const compliant = await program(name);
    const changed = apply(compliant, edits);
    const resources =
        "appliesTo" in rule
            ? changed
                  // By what the rule says, not by what was edited: some mutants change nothing but the time.
                  .filter(
                      (resource) =>
                          matchesType(resource.type, rule.appliesTo) &&
                          byCheck([resource], settings, [rule]).length > 0,
                  )
                  .map((resource) => ({
                      ...resource,
                      urn: `${resource.urn}-${rule.name}`,
                      name: `${resource.name}-${rule.name}`,
                      parent: "",
                  }))
            : changed;
    return {
        resources,
        messages: byCheck(resources, settings, [rule]).map(({ message }) => message),
        ...(Object.keys(settings).length === 0 ? {} : { settings: { rule: rule.name, settings } }),
    };
}

/** What the engine reported of a rule, without the rule's description, which it puts in front. */
export function said(result: RunResult, rule: Rule): string[] {
    return result.policies
        .filter(({ policy }) => policy === rule.name)
        .map(({ message }) => message.replace(rule.description, "").trim());
}

/** Rules on single resources, which one program can violate together. */
export const resourceRules = rules.filter((rule) => "appliesTo" in rule);
/** Rules on the whole stack, each with a program of its own. */
export const stackRules = rules.filter((rule) => !("appliesTo" in rule));

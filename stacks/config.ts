/**
 * The only reader of Pulumi configuration: from `Pulumi.<environment>.yaml` to the arguments of TrainingCluster. It checks keys and
 * types; what the values mean is checked by the components.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { JobSettingsArgs, OnPremisesClusterArgs, SiteArgs, TrainingClusterArgs } from "../components";
import { readInventory } from "../components";
import type { InputProblem } from "../components/input";
import { at, refuse, show } from "../components/input";
import { nearest } from "../catalog/nearest";
import { SETTINGS } from "./settings";
import { checkShape } from "./shape";

/** Keys without which there is no environment in AWS, and none in racks. */
const REQUIRED = ["network", "pools", "teams"];
const REQUIRED_OF_RACKS = ["site", "teams"];
/** Keys that mean something in AWS only. */
const OF_AWS = ["network", "pools", "kubernetes", "checkpoints", "rates", "tags", "freezeWindows"];

/** A job as the YAML has it: files by path instead of by text. */
interface JobConfig extends Omit<JobSettingsArgs, "script" | "scriptName" | "files"> {
    /** Path of the script, relative to the project's folder. */
    script: string;
    /** Path of a folder whose Python files lie beside the script in the pod. */
    modules?: string;
}

/**
 * The environment of the current stack.
 *
 * @throws InputError with every mistake of the stack's configuration file.
 */
export function readEnvironment(): TrainingClusterArgs {
    const stack = pulumi.getStack();
    const file = `stacks/Pulumi.${stack}.yaml`;
    const { settings, problems } = readSettings(pulumi.getProject());
    refuse(file, problems);
    const jobs = ((settings["jobs"] ?? []) as JobConfig[]).map(readJob);
    refuse(file, [...jobs.flatMap((job) => job.problems), ...checkRegion(settings)]);
    return { environment: stack, ...settings, jobs: jobs.map((job) => job.args) } as unknown as TrainingClusterArgs;
}

/** Whether the current stack stands in racks: its configuration has a `site`. */
export function isOnPremises(): boolean {
    return new pulumi.Config(pulumi.getProject()).get("site") !== undefined;
}

/**
 * The environment of the current stack, in racks.
 *
 * @throws InputError with every mistake of the stack's configuration file and of the inventory that it names.
 */
export function readSite(): OnPremisesClusterArgs {
    const stack = pulumi.getStack();
    const file = `stacks/Pulumi.${stack}.yaml`;
    const { settings, problems } = readSettings(pulumi.getProject());
    const misplaced = OF_AWS.filter((key) => settings[key] !== undefined).map((key) => ({
        path: key,
        got: "a value",
        legal: "an environment with a site stands in racks, where this means nothing",
        remedy: `Remove kilogpu:${key}, or kilogpu:site.`,
    }));
    refuse(file, [...problems, ...misplaced]);
    const { inventory, servers, ...given } = settings["site"] as Omit<SiteArgs, "machineType"> & {
        inventory: string;
    };
    const jobs = ((settings["jobs"] ?? []) as JobConfig[]).map(readJob);
    refuse(file, [...at("site", checkPath("inventory", inventory, "file")), ...jobs.flatMap((job) => job.problems)]);
    const { hosts, machineType } = readInventory(inventory, readFileSync(inProject(inventory), "utf8"));
    return {
        environment: stack,
        ...settings,
        site: { machineType, ...given, hosts, servers: servers.map((server) => ({ ...server, nics: [] })) },
        jobs: jobs.map((job) => job.args),
    } as unknown as OnPremisesClusterArgs;
}

/** All configuration of the project by its plain key, and the mistakes of keys and types. */
function readSettings(project: string): { settings: { [key: string]: unknown }; problems: InputProblem[] } {
    const config = new pulumi.Config(project);
    const settings: { [key: string]: unknown } = {};
    const problems: InputProblem[] = [];
    const given = Object.keys(pulumi.runtime.allConfig())
        .filter((key) => key.startsWith(`${project}:`))
        .map((key) => key.slice(project.length + 1));
    for (const key of given) {
        const shape = SETTINGS[key];
        if (shape === undefined) {
            const guess = nearest(key, Object.keys(SETTINGS));
            problems.push({
                path: `${project}:${key}`,
                got: "a value",
                legal: `no such key; legal keys are ${Object.keys(SETTINGS).join(", ")}`,
                remedy: guess === undefined ? "Remove it." : `Did you mean ${guess}?`,
            });
            continue;
        }
        const value = shape.type === "string" ? config.get(key) : parsed(config.get(key));
        problems.push(...at(key, checkShape(value, shape)));
        settings[key] = value;
    }
    for (const key of (given.includes("site") ? REQUIRED_OF_RACKS : REQUIRED).filter(
        (required) => !given.includes(required),
    )) {
        problems.push({ path: key, got: "nothing", legal: `${key} is needed`, remedy: `Add ${project}:${key}.` });
    }
    return { settings: withoutNull(settings) as { [key: string]: unknown }, problems };
}

/** Reads a job's files. */
function readJob(job: JobConfig, index: number): { args: JobSettingsArgs; problems: InputProblem[] } {
    const { script, modules, ...settings } = job;
    const problems = at(`jobs[${String(index)}]`, [
        ...checkPath("script", script, "file"),
        ...(modules === undefined ? [] : checkPath("modules", modules, "folder")),
    ]);
    const ok = problems.length === 0;
    return {
        args: {
            ...settings,
            script: ok ? readFileSync(inProject(script), "utf8") : "",
            scriptName: path.basename(script),
            files: ok && modules !== undefined ? pythonFiles(inProject(modules)) : {},
        },
        problems,
    };
}

function checkPath(key: string, given: string, kind: "file" | "folder"): InputProblem[] {
    const absolute = inProject(given);
    const right =
        existsSync(absolute) && (kind === "file" ? statSync(absolute).isFile() : statSync(absolute).isDirectory());
    return right
        ? []
        : [
              {
                  path: key,
                  got: show(given),
                  legal: `the path of a ${kind}, relative to the project's folder, is legal`,
                  remedy: `Nothing of that kind is at ${absolute}: mend the path.`,
              },
          ];
}

/** Python files of a folder by name, without those of its sub-folders. */
function pythonFiles(folder: string): { [name: string]: string } {
    return Object.fromEntries(
        readdirSync(folder)
            .filter((name) => name.endsWith(".py"))
            .sort()
            .map((name) => [name, readFileSync(path.join(folder, name), "utf8")]),
    );
}

/** The AWS provider takes its region from `aws:region`; zones of another region would fail late, one by one. */
function checkRegion(settings: { [key: string]: unknown }): InputProblem[] {
    const region = new pulumi.Config("aws").get("region");
    const zones = (settings["network"] as { zones: string[] }).zones;
    const elsewhere = zones.find((zone) => region !== undefined && !zone.startsWith(region));
    if (region === undefined) {
        return [
            {
                path: "aws:region",
                got: "nothing",
                legal: "the region of network.zones is needed",
                remedy: `Add aws:region: ${zones[0]?.replace(/[a-z]$/, "") ?? "us-east-2"}.`,
            },
        ];
    }
    return elsewhere === undefined
        ? []
        : [
              {
                  path: "aws:region",
                  got: show(region),
                  legal: `network.zones lie in the region, and ${elsewhere} does not`,
                  remedy: `Set aws:region to ${elsewhere.replace(/[a-z]$/, "")}, or name zones of ${region}.`,
              },
          ];
}

function inProject(relative: string): string {
    return path.resolve(__dirname, "..", relative);
}

/** Configuration values that are no plain strings are JSON. */
function parsed(value: string | undefined): unknown {
    try {
        return JSON.parse(value ?? "null") as unknown;
    } catch {
        return value;
    }
}

/** A key without value is null in YAML: as if it were not there. */
function withoutNull(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(withoutNull);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, item]) => item !== null)
            .map(([key, item]) => [key, withoutNull(item)]),
    );
}

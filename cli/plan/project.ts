/** Reads what the Pulumi CLI would read: Pulumi.yaml and the stack's YAML. Writes nothing. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { nearest } from "../../catalog/nearest";
import { InputError } from "../../components/input/problem";

/** A Pulumi project on disk. */
export interface Project {
    /** Folder of Pulumi.yaml. */
    directory: string;
    name: string;
    /** Folder of the `Pulumi.<stack>.yaml` files. */
    stackDirectory: string;
    /** Working folder of the program and its entry file, as the CLI derives them from `main`. */
    workingDirectory: string;
    entry: string;
    /** Project-wide configuration values, full keys. */
    defaults: { [key: string]: unknown };
    /** `runtime.options.tsconfig`, relative to the working folder. */
    tsconfig: string | undefined;
}

/** One stack's configuration as the SDK receives it: full keys, every value a string, objects as JSON. */
export interface StackConfiguration {
    file: string;
    values: { [key: string]: string };
    secretKeys: string[];
}

/** What stands in for a value that only the stack's secrets provider can open. */
export const SEALED = "<sealed: the plan opens no secrets>";

interface ProjectFile {
    name?: string;
    main?: string;
    stackConfigDir?: string;
    config?: { [key: string]: unknown };
    runtime?: string | { name: string; options?: { tsconfig?: string } };
}

/**
 * A value as the engine hands it to the program. The CLI reads YAML with timestamps: an unquoted 2026-12-01T11:30:00Z reaches the program as Go
 * prints a time, and the plan must not be kinder than the update.
 */
function asEngineSees(value: unknown): unknown {
    if (value instanceof Date) {
        return value
            .toISOString()
            .replace("T", " ")
            .replace(/\.000Z$/, " +0000 UTC");
    }
    if (Array.isArray(value)) {
        return value.map(asEngineSees);
    }
    if (typeof value === "object" && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asEngineSees(item)]));
    }
    return value;
}

function asText(value: unknown): string {
    const seen = asEngineSees(value);
    return typeof seen === "string" ? seen : JSON.stringify(seen);
}

function readYaml(file: string): unknown {
    try {
        return parse(readFileSync(file, "utf8"), { customTags: ["timestamp"] }) as unknown;
    } catch (error) {
        throw new InputError(file, [
            {
                path: "",
                got: "a file that is not YAML",
                legal: (error as Error).message.split("\n")[0] ?? "YAML is needed",
                remedy: "Mend the line that is named.",
            },
        ]);
    }
}

/** Finds the project at `start` or above it. */
export function readProject(start: string): Project {
    for (let directory = resolve(start); ; directory = dirname(directory)) {
        const file = ["Pulumi.yaml", "Pulumi.yml"]
            .map((name) => join(directory, name))
            .find((path) => existsSync(path));
        if (file !== undefined) {
            const content = (readYaml(file) ?? {}) as ProjectFile;
            const entry = resolve(directory, content.main ?? ".");
            const isFile = /\.[cm]?[jt]s$/.test(entry);
            const name = content.name ?? "";
            const defaults: { [key: string]: unknown } = {};
            for (const [key, declared] of Object.entries(content.config ?? {})) {
                const fields =
                    typeof declared === "object" && declared !== null
                        ? (declared as { default?: unknown; value?: unknown })
                        : { value: declared };
                const value = fields.value ?? fields.default;
                if (value !== undefined) {
                    defaults[key.includes(":") ? key : `${name}:${key}`] = value;
                }
            }
            return {
                directory,
                name,
                stackDirectory: resolve(directory, content.stackConfigDir ?? "."),
                workingDirectory: isFile ? dirname(entry) : entry,
                entry: isFile ? entry : ".",
                defaults,
                tsconfig: typeof content.runtime === "object" ? content.runtime.options?.tsconfig : undefined,
            };
        }
        if (dirname(directory) === directory) {
            throw new InputError("kilogpu", [
                {
                    path: "project",
                    got: resolve(start),
                    legal: "a folder with a Pulumi.yaml, or one below it, is needed",
                    remedy: "Change into your project, or give --cwd.",
                },
            ]);
        }
    }
}

/** Names of the project's environments, sorted. */
export function environments(project: Project): string[] {
    return readdirSync(project.stackDirectory)
        .map((file) => /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1])
        .filter((name): name is string => name !== undefined)
        .sort();
}

/** The configuration of one environment. */
export function readStack(project: Project, environment: string): StackConfiguration {
    const file = [`Pulumi.${environment}.yaml`, `Pulumi.${environment}.yml`]
        .map((name) => join(project.stackDirectory, name))
        .find((path) => existsSync(path));
    if (file === undefined) {
        const known = environments(project);
        const guess = nearest(environment, known);
        throw new InputError("kilogpu", [
            {
                path: "environment",
                got: `"${environment}"`,
                legal: `this project has ${known.join(", ") || "none"}`,
                remedy:
                    guess === undefined
                        ? `Name one of them, or add ${join(project.stackDirectory, `Pulumi.${environment}.yaml`)}.`
                        : `Did you mean ${guess}?`,
            },
        ]);
    }
    const content = (readYaml(file) ?? {}) as { config?: { [key: string]: unknown } };
    const values: { [key: string]: string } = {};
    const secretKeys: string[] = [];
    for (const [key, value] of Object.entries({ ...project.defaults, ...content.config })) {
        const full = key.includes(":") ? key : `${project.name}:${key}`;
        if (typeof value === "object" && value !== null && "secure" in value) {
            values[full] = SEALED;
            secretKeys.push(full);
        } else {
            values[full] = asText(value);
        }
    }
    return { file, values, secretKeys };
}

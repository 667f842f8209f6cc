/** The copy of a stack's YAML that the twin's engine reads. The user's file keeps its secrets provider, its salt and its comments. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { writeWhole } from "../control-plane/layout";

/** Keys by which a stack's file says how its secrets are encrypted. */
const encryptionKeys = ["secretsprovider", "encryptedkey", "encryptionsalt"];

interface StackFile {
    config?: { [key: string]: unknown };
    [key: string]: unknown;
}

/** What of Pulumi.yaml the twin reads. */
export interface Project {
    name: string;
    stackConfigDir?: string;
    runtime?: unknown;
}

/** Reads Pulumi.yaml of a folder. Throws where there is none. */
export function readProject(folder: string): Project {
    const path = join(folder, "Pulumi.yaml");
    if (!existsSync(path)) {
        throw new Error(`${folder} has no Pulumi.yaml: give the folder of a Pulumi project`);
    }
    const project = parse(readFileSync(path, "utf8")) as Project;
    if (typeof project?.name !== "string") {
        throw new Error(`${path} has no name`);
    }
    return project;
}

/** Path of a stack's YAML, where Pulumi itself would look for it. */
export function stackFile(folder: string, environment: string): string {
    return join(folder, readProject(folder).stackConfigDir ?? ".", `Pulumi.${environment}.yaml`);
}

/**
 * The stack's file as the twin reads it: without the user's encryption, with the twin's salt. A value that is encrypted can't be read
 * without the user's key; its key is listed in `secrets` and it is left out.
 */
export function twinStackFile(source: string, salt: string | undefined): { yaml: string; secrets: string[] } {
    const file = (parse(source) ?? {}) as StackFile;
    const kept: StackFile = Object.fromEntries(Object.entries(file).filter(([key]) => !encryptionKeys.includes(key)));
    const secrets: string[] = [];
    if (file.config !== undefined) {
        kept.config = Object.fromEntries(
            Object.entries(file.config).filter(([key, value]) => {
                const encrypted = holdsSecret(value);
                if (encrypted) {
                    secrets.push(key);
                }
                return !encrypted;
            }),
        );
    }
    if (salt !== undefined) {
        kept["encryptionsalt"] = salt;
    }
    // The engine reads YAML 1.1, where an unquoted 2026-12-01T11:30:00Z is no text: what was quoted must stay so.
    return { yaml: stringify(kept, { version: "1.1" }), secrets };
}

function holdsSecret(value: unknown): boolean {
    if (Array.isArray(value)) {
        return value.some(holdsSecret);
    }
    if (typeof value !== "object" || value === null) {
        return false;
    }
    const entries = Object.entries(value);
    return (
        (entries.length === 1 && entries[0]?.[0] === "secure" && typeof entries[0][1] === "string") ||
        entries.some(([, nested]) => holdsSecret(nested))
    );
}

/** Writes the copy and returns the keys whose secret values it lacks. The salt of an earlier copy is kept: the state is encrypted with it. */
export function copyStackFile(from: string, to: string): string[] {
    const salt = existsSync(to)
        ? ((parse(readFileSync(to, "utf8")) ?? {}) as { encryptionsalt?: string }).encryptionsalt
        : undefined;
    const { yaml, secrets } = twinStackFile(existsSync(from) ? readFileSync(from, "utf8") : "", salt);
    writeWhole(to, yaml);
    return secrets;
}

/**
 * Makes the copy follow the user's file where that was edited since. A copy that is newer stays: `pulumi config set` in a shell of the twin has
 * written it.
 */
export function refreshStackFile(from: string, to: string): void {
    if (existsSync(from) && existsSync(to) && statSync(from).mtimeMs > statSync(to).mtimeMs) {
        copyStackFile(from, to);
    }
}

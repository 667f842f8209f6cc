/**
 * The host scripts as they are sent: the common part in front, and a hash that is checked twice. Here against the manifest of
 * the package (a script changed after the release is refused), and on the host against what arrived.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "./scripts/manifest.json";

/** Names of the steps' scripts. */
export type ScriptName = keyof typeof manifest;

/** A script ready to be sent. */
export interface HostScript {
    name: ScriptName;
    text: string;
    sha256: string;
}

/** Folder of the scripts, beside this file in the sources and in `dist/`. */
export const scriptFolder = join(__dirname, "scripts");

/**
 * The script of a step.
 *
 * @throws Error where the file is not the one that the manifest names.
 */
export function hostScript(name: ScriptName, folder: string = scriptFolder): HostScript {
    const text = ["common", name].map((part) => readFileSync(join(folder, `${part}.sh`), "utf8")).join("\n");
    const sha256 = createHash("sha256").update(text).digest("hex");
    if (sha256 !== manifest[name]) {
        throw new Error(
            `${join(folder, `${name}.sh`)} is not the script of this release (SHA-256 ${sha256}, expected ${manifest[name]}). Reinstall the package.`,
        );
    }
    return { name, text, sha256 };
}

/** SHA-256 of every script of this release. */
export function scriptHashes(): string[] {
    return Object.values(manifest);
}

/** A value as one word of a shell. */
export function quoted(value: string): string {
    return `'${value.replace(/'/g, "'\\''")}'`;
}

/**
 * The command that a host runs. Its standard input is one line with a secret (or empty) and the script; nothing secret is an
 * argument, where every user of the host could read it.
 */
export function launcher(script: HostScript, mode: string, settings: { [name: string]: string }, user: string): string {
    const assignments = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
    return [
        "set -eu",
        "umask 077",
        "d=$(mktemp -d)",
        `trap 'rm -rf "$d"' EXIT`,
        "IFS= read -r secret",
        `printf '%s' "$secret" >"$d/secret"`,
        "unset secret",
        'cat >"$d/script"',
        `printf '%s  %s\\n' ${script.sha256} "$d/script" | sha256sum -c --status - || { echo 'kilogpu: ${script.name} arrived changed; refused' >&2; exit 9; }`,
        `${user === "root" ? "" : "sudo -n "}env ${[...assignments, 'SECRET_FILE="$d/secret"'].join(" ")} sh "$d/script" ${mode}`,
    ].join("\n");
}

/** A step as the command of its launcher has it. */
export interface LaunchedStep {
    /** Name of the script. */
    script: string;
    mode: string;
    settings: { [name: string]: string };
}

const ASSIGNMENT = String.raw`[A-Z0-9_]+=(?:'[^']*'|\\')* `;
const LAUNCHED = new RegExp(
    String.raw`echo 'kilogpu: ([a-z]+) arrived changed; refused'[^\n]*\n(?:sudo -n )?env ((?:${ASSIGNMENT})*)SECRET_FILE="\$d/secret" sh "\$d/script" ([a-z]+)$`,
);

/** What `launcher` was given, read back from its command; undefined where another made the command. */
export function launchedStep(command: string): LaunchedStep | undefined {
    const [, script, assignments = "", mode] = LAUNCHED.exec(command) ?? [];
    if (script === undefined || mode === undefined) {
        return undefined;
    }
    const settings = [...assignments.matchAll(new RegExp(ASSIGNMENT, "g"))].map(([assignment]): [string, string] => {
        const at = assignment.indexOf("=");
        return [assignment.slice(0, at), assignment.slice(at + 1, -1).replace(/'([^']*)'|\\(')/g, "$1$2")];
    });
    return { script, mode, settings: Object.fromEntries(settings) };
}

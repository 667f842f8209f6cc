/**
 * What a simulated host runs. Its root is a folder, so only commands that stay in it are run: the package's own steps (by the hash of their
 * script), reading a file, and nothing. Any other would run on the user's machine and is refused.
 */

/** A command that a host may run. */
export type HostCommand =
    | { kind: "nothing" }
    /** Reads a file of the host, by its path on the host. */
    | { kind: "read"; path: string }
    /** A step of a bare-metal pool, by the hash of its script. */
    | { kind: "step"; sha256: string };

/** Why a command is not run. */
export interface Refusal {
    kind: "refused";
    reason: string;
}

const READ = /^(?:sudo -n )?cat (\/[A-Za-z0-9._/-]+)$/;

/** One word in quotes, as the library writes values. */
const WORD = String.raw`(?:'[^']*'|\\')*`;

/** The launcher of a step: everything but the script's hash, its name and its settings is fixed. */
const STEP = new RegExp(
    [
        "^set -eu",
        "umask 077",
        String.raw`d=\$\(mktemp -d\)`,
        String.raw`trap 'rm -rf "\$d"' EXIT`,
        "IFS= read -r secret",
        String.raw`printf '%s' "\$secret" >"\$d/secret"`,
        "unset secret",
        String.raw`cat >"\$d/script"`,
        String.raw`printf '%s  %s\\n' ([0-9a-f]{64}) "\$d/script" \| sha256sum -c --status - \|\| \{ echo 'kilogpu: [a-z]+ arrived changed; refused' >&2; exit 9; \}`,
        String.raw`(?:sudo -n )?env (?:[A-Z0-9_]+=${WORD} )*SECRET_FILE="\$d/secret" sh "\$d/script" [a-z]+$`,
    ].join("\n"),
);

/** What a command is, or why a simulated host does not run it. Pure. */
export function commandOf(command: string, scripts: readonly string[]): HostCommand | Refusal {
    if (command === "true") {
        return { kind: "nothing" };
    }
    const path = READ.exec(command)?.[1];
    if (path !== undefined) {
        return path.split("/").includes("..")
            ? { kind: "refused", reason: `does not read ${path}` }
            : { kind: "read", path };
    }
    const sha256 = STEP.exec(command)?.[1];
    if (sha256 === undefined) {
        return { kind: "refused", reason: "does not run this command" };
    }
    return scripts.includes(sha256)
        ? { kind: "step", sha256 }
        : { kind: "refused", reason: `runs no script with the hash ${sha256}` };
}

/** What a person reads who typed a command that a simulated host does not run. */
export function refusalText(host: string, refusal: Refusal): string {
    return `the simulated host ${host} ${refusal.reason}: it would run on this machine, outside the host's own root. It runs the steps of bare-metal pools, and cat of a file.`;
}

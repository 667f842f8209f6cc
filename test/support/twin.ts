/** A copy of this project and a twin home of its own, so that a suite can edit YAML and kill processes without touching anybody else's. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Observation } from "../../twin/observe";
import { toolchainHome } from "../../twin/places";

const root = join(__dirname, "../..");

/** What one run of the command gave. */
export interface Ran {
    code: number | null;
    stdout: string;
    stderr: string;
}

/** A user's checkout and home. */
export interface Sandbox {
    project: string;
    home: string;
    env: NodeJS.ProcessEnv;
    /** `kilogpu …` to its end. */
    kilogpu(...args: string[]): Ran;
    /** `kilogpu …` in a process group of its own. */
    start(...args: string[]): ChildProcess;
    /** What `kilogpu twin status` sees of an environment. Throws where it has something to complain about. */
    observed(environment: string): Observation;
    /** Output of a command of the user's in the twin's shell. Throws where it fails. */
    inTwin(environment: string, command: string): string;
    /** Edits one environment's YAML. Throws where nothing changed: the text that was to be replaced is no longer there. */
    edit(environment: string, change: (yaml: string) => string): void;
    /** Command lines of processes that belong to this home. */
    processes(): string[];
    remove(): void;
}

/** The steps that a run has finished, with their times. */
export function steps(ran: Ran): string {
    return ran.stderr
        .split("\n")
        .filter((line) => line.includes("✓"))
        .join("\n");
}

/** Folders and files that a checkout has and a stack's program reads. */
const COPIED = [
    "Pulumi.yaml",
    "package.json",
    "tsconfig.json",
    "index.ts",
    "catalog",
    "components",
    "stacks",
    "policies",
    "training",
    "dist",
    "twin",
];

/** Makes a sandbox; the toolchain is shared with the machine's, because building it is another suite's business. */
export function makeSandbox(name: string): Sandbox {
    const folder = mkdtempSync(join(tmpdir(), `kilogpu-${name}-`));
    const project = join(folder, "project");
    const home = join(folder, "home");
    mkdirSync(project);
    mkdirSync(home);
    mkdirSync(toolchainHome(), { recursive: true });
    symlinkSync(toolchainHome(), join(home, "toolchain"));
    for (const entry of COPIED) {
        cpSync(join(root, entry), join(project, entry), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
    const env = { ...process.env, KILOGPU_HOME: home, NO_COLOR: "1" };
    const main = join(project, "dist/cli/main.js");
    const options = { cwd: project, env, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 } as const;
    const kilogpu = (...args: string[]): Ran => {
        const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
        return { code: status, stdout, stderr };
    };
    return {
        project,
        home,
        env,
        kilogpu,
        start: (...args) =>
            spawn(process.execPath, [main, ...args], {
                cwd: project,
                env,
                detached: true,
                stdio: ["ignore", "pipe", "pipe"],
            }),
        observed: (environment) => {
            const { stdout, stderr } = kilogpu("twin", "status", environment, "--json");
            if (stderr !== "") {
                throw new Error(stderr);
            }
            return JSON.parse(stdout) as Observation;
        },
        inTwin: (environment, command) =>
            execFileSync("bash", ["-c", `set -e; eval "$(node ${main} twin env ${environment})"; ${command}`], options),
        edit: (environment, change) => {
            const file = join(project, "stacks", `Pulumi.${environment}.yaml`);
            const before = readFileSync(file, "utf8");
            const after = change(before);
            if (after === before) {
                throw new Error(`the edit of ${file} changed nothing`);
            }
            writeFileSync(file, after);
        },
        processes: () =>
            readdirSync("/proc")
                .filter((entry) => /^\d+$/.test(entry))
                .flatMap((pid) => {
                    try {
                        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0/g, " ").trim();
                        return command.includes(home) ? [`${pid} ${command.slice(0, 200)}`] : [];
                    } catch {
                        // Ended while we looked.
                        return [];
                    }
                }),
        remove: () => {
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** Every file below a folder with its content's length and bytes, for before-and-after comparisons. */
export function fingerprint(folder: string): { [path: string]: string } {
    const found: { [path: string]: string } = {};
    const walk = (at: string, prefix: string): void => {
        for (const entry of readdirSync(at, { withFileTypes: true })) {
            if (entry.isDirectory()) {
                walk(join(at, entry.name), `${prefix}${entry.name}/`);
            } else if (entry.isFile()) {
                found[`${prefix}${entry.name}`] = readFileSync(join(at, entry.name)).toString("base64");
            }
        }
    };
    walk(folder, "");
    return found;
}

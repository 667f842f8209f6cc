/** Fills a folder of readings over SSH: hosts by the script that `kilogpu fabric collect` prints, switches by their own show command. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { checkHosts, checkSsh, knownHosts, quoted, sshCommand } from "../../components/bare-metal";
import type { SshArgs, SshTarget } from "../../components/bare-metal";
import { InputError, at, oneOf, refuse, show } from "../../components/input";
import type { InputProblem } from "../../components/input";
import type { Inventory } from "../../components/inventory";
import { SwitchDialect } from "../../components/switches";
import { COLLECT_SCRIPT } from "./collect";

/** Machines that are asked at a time. */
const PARALLEL = 32;

/** A switch as the file of switches has it. */
export interface SwitchTarget extends SshTarget {
    name: string;
    dialect: SwitchDialect;
    /** Defaults to `admin`. */
    user?: string;
}

/** What a switch prints, and the ending of the file that it goes into. */
const SHOW: { [dialect in SwitchDialect]: { command: string; ending: string } } = {
    [SwitchDialect.Nvue]: { command: "nv config show", ending: "yaml" },
    [SwitchDialect.Sonic]: { command: "show runningconfiguration all", ending: "json" },
    [SwitchDialect.Eos]: { command: "show running-config", ending: "conf" },
};

/**
 * Reads the file of switches: a list of `name`, `address`, `hostKey`, `dialect` and `user`.
 *
 * @throws InputError with every mistake.
 */
export function readSwitchTargets(file: string): SwitchTarget[] {
    let list: unknown;
    try {
        list = parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new InputError("kilogpu", [
            {
                path: "--switches",
                got: `"${file}"`,
                legal: `a YAML file is needed (${error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unreadable"})`,
                remedy: "docs/fabric.md has an example.",
            },
        ]);
    }
    const targets = Array.isArray(list) ? (list as SwitchTarget[]) : [];
    const problems = targets.flatMap((target, index): InputProblem[] =>
        at(`[${String(index)}]`, [
            ...(["name", "address"] as const).flatMap((key) =>
                typeof target[key] === "string"
                    ? []
                    : [{ path: key, got: show(target[key]), legal: `${key} is needed`, remedy: `Add ${key}.` }],
            ),
            ...oneOf("dialect", target.dialect, Object.values(SwitchDialect)),
        ]),
    );
    refuse(file, [
        ...(targets.length > 0
            ? []
            : [
                  {
                      path: "",
                      got: show(list),
                      legal: "a list of switches with name, address, hostKey and dialect",
                      remedy: "docs/fabric.md has an example.",
                  },
              ]),
        ...problems,
        ...(problems.length > 0 ? [] : checkHosts("", targets)),
    ]);
    return targets;
}

/** One question: whom, what, and what becomes of the answer. */
interface Question {
    path: string;
    target: SshTarget;
    ssh: SshArgs;
    command: string;
    input: string;
    /** Program that takes the answer on its standard input. */
    into: string[];
}

/**
 * Asks all hosts and switches, and gives the path of each that did not answer with the reason. Every connection is pinned to the host key of
 * inventory or file; keys stay in the agent.
 *
 * @throws InputError where a host key is missing.
 */
export async function readOverSsh(
    inventory: Inventory,
    ssh: SshArgs,
    switches: readonly SwitchTarget[],
    folder: string,
): Promise<Map<string, string>> {
    refuse("kilogpu", [...checkHosts("hosts", inventory.hosts), ...checkSsh("ssh", ssh)]);
    mkdirSync(join(folder, "switches"), { recursive: true });
    const root = (ssh.user ?? "root") === "root" ? "" : "sudo -n ";
    const questions = [
        ...inventory.hosts.map((host): Question => ({
            path: `hosts/${host.name}`,
            target: host,
            ssh,
            command: `${root}sh -s -- ${quoted(host.name)}`,
            input: COLLECT_SCRIPT,
            // Nothing but the host's own folder, whatever it sends.
            into: ["tar", "-x", "-C", folder, `hosts/${host.name}`],
        })),
        ...switches.map((target): Question => {
            const { command, ending } = SHOW[target.dialect];
            return {
                path: `switches/${target.name}`,
                target,
                ssh: { ...ssh, user: target.user ?? "admin", port: 22 },
                command,
                input: "",
                into: ["tee", join(folder, "switches", `${target.name}.${ending}`)],
            };
        }),
    ];
    const failed = new Map<string, string>();
    const keys = mkdtempSync(join(tmpdir(), "kilogpu-known-hosts-"));
    try {
        const waiting = questions.entries();
        const worker = async (): Promise<void> => {
            for (const [index, question] of waiting) {
                const reason = await ask(question, join(keys, String(index)));
                if (reason !== undefined) {
                    failed.set(question.path, reason);
                }
            }
        };
        await Promise.all(Array.from({ length: PARALLEL }, worker));
    } finally {
        rmSync(keys, { recursive: true, force: true });
    }
    return failed;
}

/** Asks one machine; where that failed, the last line of what SSH or the machine complained. */
function ask(question: Question, knownHostsFile: string): Promise<string | undefined> {
    writeFileSync(knownHostsFile, knownHosts(question.target, question.ssh));
    const command = `${sshCommand(question.target, question.ssh, knownHostsFile)} ${quoted(question.command)}`;
    const pipeline = `set -o pipefail; ${command} | ${question.into.map(quoted).join(" ")} >/dev/null 2>&1`;
    return new Promise((resolve) => {
        const child = spawn("bash", ["-c", pipeline], { stdio: ["pipe", "ignore", "pipe"] });
        let complaint = "";
        child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
        child.on("error", (error) => {
            resolve(error.message);
        });
        child.on("close", (code) => {
            const said = complaint.trim().split("\n").at(-1) ?? "";
            resolve(code === 0 ? undefined : said || "answered with nothing that is a reading of its own");
        });
        // A machine that refuses at once closes the pipe under us: its exit code says so.
        child.stdin.on("error", () => undefined);
        child.stdin.end(question.input);
    });
}

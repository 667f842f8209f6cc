/**
 * Asks hosts over SSH, while the program runs, whether they are still as wanted: remote commands have no read of their own, so
 * that a refresh sees nothing. Synchronous, because what a host says decides a resource's options; all hosts are asked at once.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InventoryHost } from "../inventory/inventory";
import type { SshArgs } from "./bare-metal-args";
import { hostScript, launcher, quoted } from "./scripts";
import type { ScriptName } from "./scripts";
import { knownHosts, sshCommand } from "./ssh-client";

/** One question: the step's script in mode `check`. */
export interface DriftQuestion {
    host: InventoryHost;
    step: ScriptName;
    settings: { [name: string]: string };
}

/** Hosts that are asked at a time. */
const PARALLEL = 32;

/**
 * What each host answered, by `host/step`: empty where it is as wanted, the differences where it is not, and `unreachable: …`
 * where it didn't answer, which shows in the preview like any difference. `kilogpu plan` reaches no machine (`KILOGPU_PLAN`): there
 * nobody is asked and nothing is said.
 */
export function readDrift(questions: readonly DriftQuestion[], ssh: SshArgs): { [question: string]: string } {
    if (process.env["KILOGPU_PLAN"] !== undefined) {
        return {};
    }
    const folder = mkdtempSync(join(tmpdir(), "kilogpu-drift-"));
    try {
        questions.forEach((question, index) => {
            const place = join(folder, String(index));
            mkdirSync(place);
            const script = hostScript(question.step);
            writeFileSync(join(place, "stdin"), `\n${script.text}`);
            writeFileSync(join(place, "known_hosts"), knownHosts(question.host, ssh));
            const command = sshCommand(question.host, ssh, join(place, "known_hosts"));
            const remote = launcher(script, "check", question.settings, ssh.user ?? "root");
            writeFileSync(
                join(place, "run"),
                `cd ${quoted(place)} && ${command} ${quoted(remote)} <stdin >out 2>err; echo $? >rc\n`,
            );
        });
        spawnSync("xargs", ["-P", String(PARALLEL), "-I{}", "sh", "{}/run"], {
            input: questions.map((_, index) => join(folder, String(index))).join("\n"),
        });
        return Object.fromEntries(
            questions.map((question, index) => [
                `${question.host.name}/${question.step}`,
                answer((file) => readFileSync(join(folder, String(index), file), "utf8")),
            ]),
        );
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function answer(read: (file: string) => string): string {
    const code = Number(read("rc"));
    if (code === 0) {
        return "";
    }
    if (code === 3) {
        return read("out").trim();
    }
    return `unreachable: ${read("err").trim().split("\n").at(-1) ?? `exit code ${String(code)}`}`;
}

/** What a machine has beside Node: the fast suites need nothing, and what reads with another program is skipped where it is not. Never in CI. */
import { spawnSync } from "node:child_process";

/** Whether a program is on this machine. Always true in CI, where a missing one must show. */
export function installed(program: string): boolean {
    return process.env["CI"] !== undefined || spawnSync(program, ["--version"]).status === 0;
}

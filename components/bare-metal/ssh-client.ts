/** OpenSSH's client for what is read while a program runs: agent only, host keys pinned. Pure. */
import type { SshArgs } from "./bare-metal-args";
import { quoted } from "./scripts";

/** A machine with its pinned key. */
export interface SshTarget {
    address: string;
    hostKey?: string;
}

/** OpenSSH's known_hosts with exactly the keys of the inventory. */
export function knownHosts(host: SshTarget, ssh: SshArgs): string {
    const line = (address: string, port: number, key: string): string =>
        `${port === 22 ? address : `[${address}]:${String(port)}`} ${key}\n`;
    const jump = ssh.jumpHost;
    return (
        line(host.address, ssh.port ?? 22, host.hostKey ?? "") +
        (jump === undefined ? "" : line(jump.host, jump.port ?? 22, jump.hostKey))
    );
}

/** The command line of OpenSSH that reaches a machine: agent only, nobody but the pinned keys. What it is to run goes behind, as one word. */
export function sshCommand(host: SshTarget, ssh: SshArgs, knownHostsFile: string): string {
    const options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        `UserKnownHostsFile=${knownHostsFile}`,
        "GlobalKnownHostsFile=/dev/null",
        "ConnectTimeout=10",
        ...(ssh.agentSocketPath === undefined ? [] : [`IdentityAgent=${ssh.agentSocketPath}`]),
    ].flatMap((option) => ["-o", quoted(option)]);
    const jump = ssh.jumpHost;
    // -J ignores the options above; a proxy command is given them.
    const proxy =
        jump === undefined
            ? []
            : [
                  "-o",
                  quoted(
                      `ProxyCommand=ssh ${options.join(" ")} -p ${String(jump.port ?? 22)} -W %h:%p ${jump.user ?? ssh.user ?? "root"}@${jump.host}`,
                  ),
              ];
    return ["ssh", ...options, ...proxy, "-p", String(ssh.port ?? 22), `${ssh.user ?? "root"}@${host.address}`].join(
        " ",
    );
}

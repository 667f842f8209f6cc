/** One step on one host as a resource: @pulumi/command over SSH, agent only, host key pinned. */
import { remote } from "@pulumi/command";
import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { InventoryHost } from "../inventory/inventory";
import type { SshArgs } from "./bare-metal-args";
import { hostScript, launcher } from "./scripts";
import type { ScriptName } from "./scripts";

/** How long a host may take to answer: a server with 2 TiB of memory boots for many minutes. Attempts of 15 s each. */
const DIAL_ATTEMPTS = 80;

/** The connection to a host. */
export function connectionTo(host: InventoryHost, ssh: SshArgs): types.input.remote.ConnectionArgs {
    const agent = ssh.agentSocketPath === undefined ? {} : { agentSocketPath: ssh.agentSocketPath };
    return {
        host: host.address,
        port: ssh.port ?? 22,
        user: ssh.user ?? "root",
        hostKey: host.hostKey,
        dialErrorLimit: DIAL_ATTEMPTS,
        ...agent,
        ...(ssh.jumpHost === undefined
            ? {}
            : {
                  proxy: {
                      host: ssh.jumpHost.host,
                      port: ssh.jumpHost.port ?? 22,
                      user: ssh.jumpHost.user ?? ssh.user ?? "root",
                      hostKey: ssh.jumpHost.hostKey,
                      ...agent,
                  },
              }),
    };
}

/** What a step runs, and when again. */
export interface Step {
    script: ScriptName;
    settings: { [name: string]: string };
    /** Mode on create and update. Nothing runs then where it is absent. */
    apply?: string;
    /** Mode on delete. Steps with one are changed in place and never replaced: a replacement would delete after it creates. */
    remove?: string;
    /** Goes to the host over standard input. */
    secret?: pulumi.Input<string>;
    /** What the host said of itself: empty where it is as wanted, or where nobody asked. */
    drift?: string;
}

/** Creates the command of one step. */
export function stepCommand(
    name: string,
    host: InventoryHost,
    ssh: SshArgs,
    step: Step,
    options: pulumi.CustomResourceOptions,
): remote.Command {
    const script = hostScript(step.script);
    const user = ssh.user ?? "root";
    const stdin =
        step.secret === undefined
            ? `\n${script.text}`
            : pulumi.secret(pulumi.interpolate`${step.secret}\n${script.text}`);
    return new remote.Command(
        name,
        {
            connection: connectionTo(host, ssh),
            create: step.apply === undefined ? "true" : launcher(script, step.apply, step.settings, user),
            ...(step.remove === undefined ? {} : { delete: launcher(script, step.remove, step.settings, user) }),
            stdin,
            // Preflight's JSON is an output, and 128 of them are no log. What a step said before is of no use to the next run, and sshd
            // refuses the variables in which the provider would send it.
            logging: step.script === "preflight" ? remote.Logging.Stderr : remote.Logging.StdoutAndStderr,
            addPreviousOutputInEnv: false,
            ...(step.remove === undefined ? { triggers: [script.sha256, step.drift ?? ""] } : {}),
        },
        {
            ...options,
            // A host that is as wanted says nothing new: what the trigger was when it was last mended stays.
            ...((step.drift ?? "") === "" && step.remove === undefined ? { ignoreChanges: ["triggers[1]"] } : {}),
            customTimeouts: { create: "60m", update: "60m", delete: "90m" },
        },
    );
}

/** Reads a secret file of a host; its content is in no log and encrypted in the state. */
export function readSecret(
    name: string,
    host: InventoryHost,
    ssh: SshArgs,
    path: string,
    options: pulumi.CustomResourceOptions,
): remote.Command {
    return new remote.Command(
        name,
        {
            connection: connectionTo(host, ssh),
            create: `${(ssh.user ?? "root") === "root" ? "" : "sudo -n "}cat ${path}`,
            logging: remote.Logging.None,
            addPreviousOutputInEnv: false,
        },
        { ...options, additionalSecretOutputs: ["stdout"] },
    );
}

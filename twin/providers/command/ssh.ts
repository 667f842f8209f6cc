/**
 * SSH as @pulumi/command does it: host keys pinned, keys from the agent only, dialled again while a host boots, through a jump host where there
 * is one. The twin adds one thing: the hosts of its site answer on loopback, with keys of their own in place of the declared ones.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { bareKey, hostAt, readSite, sitePlaces, type TwinHost } from "../../bare-metal/site";
import { number, object, text } from "./inputs";
import type { Value, Values } from "../runtime/values";

/** Pauses between dials, as the provider's own: longer by half each time, up to five seconds. */
const firstPauseMs = 100;
const longestPauseMs = 5000;

/** What a command on a host gave. */
export interface CommandResult {
    /** Undefined where the connection ended before the command did. */
    code: number | undefined;
    stdout: string;
    stderr: string;
    /** Both as they came. */
    both: string;
}

/** Runs a command on the host of a connection. Throws where it can't be reached or is not who it should be. */
export async function runOnHost(
    environment: string,
    connection: Values,
    command: string,
    stdin: string,
    report: (text: string) => void = () => undefined,
): Promise<CommandResult> {
    const clients: Client[] = [];
    try {
        const client = await dial(environment, connection, clients, report);
        return await execute(client, command, stdin);
    } finally {
        clients.reverse().forEach((client) => client.end());
    }
}

/** Connects, through the jump host where the connection names one; a host that does not answer is dialled again. */
async function dial(
    environment: string,
    connection: Values,
    clients: Client[],
    report: (text: string) => void,
): Promise<Client> {
    const proxy = object(connection["proxy"]);
    const jump =
        proxy === undefined
            ? undefined
            : await persist(proxy, report, () => connectTo(environment, proxy, undefined, clients)).catch(
                  named("proxy"),
              );
    return persist(connection, report, () => connectTo(environment, connection, jump, clients));
}

function named(what: string): (error: unknown) => never {
    return (error) => {
        throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    };
}

/** A refusal that another attempt won't change. */
class Final extends Error {}

async function persist<T>(
    { dialErrorLimit }: Values,
    report: (text: string) => void,
    attempt: () => Promise<T>,
): Promise<T> {
    const limit = number(dialErrorLimit) ?? 10;
    for (let failed = 1, wait = firstPauseMs; ; failed++, wait = Math.min(wait * 1.5, longestPauseMs)) {
        try {
            return await attempt();
        } catch (error) {
            if (error instanceof Final) {
                throw error;
            }
            if (limit >= 0 && failed > limit) {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Error(`after ${failed} failed attempts: ${reason}`, { cause: error });
            }
            report(`Dial ${failed}/${limit < 0 ? "inf" : limit} failed: retrying`);
            await pause(wait);
        }
    }
}

async function connectTo(
    environment: string,
    connection: Values,
    jump: Client | undefined,
    clients: Client[],
): Promise<Client> {
    const [address, port] = [text(connection["host"]) ?? "", number(connection["port"]) ?? 22];
    const host = twinHost(environment, address, port);
    const options: ConnectConfig = {
        username: text(connection["user"]) ?? "root",
        // The twin's agent stands for the user's: only its key is let in.
        agent: sitePlaces(environment).agentSocket,
        readyTimeout: (number(connection["perDialTimeout"]) ?? 15) * 1000,
        hostVerifier: (key: Buffer) => isPinned(host, connection["hostKey"], key),
    };
    const client = new Client();
    clients.push(client);
    const sock = jump === undefined ? undefined : await forward(jump, address, port);
    await new Promise<void>((resolve, reject) => {
        client.once("ready", resolve);
        client.once("error", (error: Error & { level?: string }) => {
            const mismatch = /Host denied|host key/i.test(error.message);
            const message = mismatch
                ? `ssh: handshake failed: ssh: host key mismatch: ${address} is not the host whose key the program pins`
                : `dial tcp ${address}:${port}: ${error.message}`;
            reject(mismatch || error.level === "client-authentication" ? new Final(message) : new Error(message));
        });
        client.once("close", () => {
            reject(new Error(`dial tcp ${address}:${port}: connection closed`));
        });
        client.connect(
            sock === undefined ? { ...options, host: "127.0.0.1", port: host.listen } : { ...options, sock },
        );
    });
    // From now on a lost connection shows as a command without a status.
    client.on("error", () => undefined);
    return client;
}

function twinHost(environment: string, address: string, port: number): TwinHost {
    const site = readSite(environment);
    const host = site === undefined ? undefined : hostAt(site, address, port);
    if (host === undefined) {
        throw new Final(
            `dial tcp ${address}:${port}: no such host in the twin: its racks hold the servers and hosts that kilogpu twin up ${environment} found in the program`,
        );
    }
    return host;
}

/** Whether the key that a host shows is the pinned one: the twin's own, where the program pins what the inventory declares. */
function isPinned(host: TwinHost, pinned: Value | undefined, shown: Buffer): boolean {
    const key = text(pinned);
    return (
        key === undefined ||
        (bareKey(key) === bareKey(host.hostKey) && shown.toString("base64") === host.twinKey.split(" ")[1])
    );
}

function forward(jump: Client, address: string, port: number): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
        jump.forwardOut("127.0.0.1", 0, address, port, (error, channel) => {
            if (error === undefined) {
                resolve(channel);
            } else {
                reject(error);
            }
        });
    });
}

function execute(client: Client, command: string, stdin: string): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => {
            if (error !== undefined) {
                reject(error);
                return;
            }
            const result: CommandResult = { code: undefined, stdout: "", stderr: "", both: "" };
            channel.setEncoding("utf8").on("data", (part: string) => {
                result.stdout += part;
                result.both += part;
            });
            channel.stderr.setEncoding("utf8").on("data", (part: string) => {
                result.stderr += part;
                result.both += part;
            });
            channel.on("exit", (code: number | null) => {
                result.code = code ?? undefined;
            });
            channel.on("close", () => {
                resolve(result);
            });
            client.once("close", () => {
                resolve(result);
            });
            // A command that ends without reading all of its input closes the channel under it.
            channel.on("error", () => undefined);
            channel.end(stdin);
        });
    });
}

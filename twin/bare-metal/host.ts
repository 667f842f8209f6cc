/** One simulated host: a real SSH server on loopback, whose commands run in the host's own root. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Server, type Connection, type ParsedKey, type ServerChannel } from "ssh2";
import { booted } from "./machine";
import { commandOf, refusalText } from "./session";
import { hostPlaces, sitePlaces, type HostPlaces, type TwinHost } from "./site";

/** How long a simulated machine takes from power to SSH. */
const bootMs = 500;

/** Exit status of a shell that may not run a command. */
const notExecutable = 126;

/** What a host needs of the site around it. */
export interface HostContext {
    environment: string;
    /** Key that is let in. */
    operator: ParsedKey;
    /** Hashes of scripts that may run. */
    scripts: string[];
    kubectl: string;
    /** `https://127.0.0.1:<port>` of the control plane. */
    apiServer: string;
    /** Loopback port of the host at an address of the site. */
    resolve: (address: string, port: number) => number | undefined;
    /** A unit starts, because the host boots; the answer is why it could not, or empty. */
    started: (host: TwinHost, unit: string) => Promise<string>;
}

export class RackHost {
    private readonly places: HostPlaces;
    private readonly server: Server;
    private readonly connections = new Set<Connection>();
    private readonly running = new Set<ChildProcess>();

    constructor(
        readonly host: TwinHost,
        private readonly context: HostContext,
    ) {
        this.places = hostPlaces(context.environment, host.name);
        const hostKeys = [readFileSync(this.places.hostKey, "utf8")];
        this.server = new Server({ hostKeys, ident: "kilogpu-twin" }, (connection) => {
            this.accept(connection);
        });
    }

    /** Listens; a host that was to reboot when its process ended boots first. */
    async start(): Promise<void> {
        if (existsSync(this.places.rebooting)) {
            await this.boot();
        }
        await this.listen();
    }

    listen(): Promise<void> {
        return new Promise((resolve, reject) => {
            this.server.once("error", reject);
            this.server.listen(this.host.listen, "127.0.0.1", () => {
                this.server.off("error", reject);
                // A peer may break off at any time; what it ran goes on, as on a real host.
                this.server.on("error", () => undefined);
                resolve();
            });
        });
    }

    /** Takes no new connections, as when the SSH service is stopped; those that are open stay. */
    refuseConnections(): void {
        this.server.close();
    }

    /** Breaks every connection off, as a switch that fails does. What runs on the host goes on. */
    cut(): void {
        this.connections.forEach((connection) => connection.end());
    }

    /** Goes down some seconds from now and comes back with what only a boot changes. */
    reboot(seconds: number): void {
        writeFileSync(this.places.rebooting, "");
        void pause(seconds * 1000).then(async () => {
            this.server.close();
            this.cut();
            this.running.forEach((child) => child.kill("SIGKILL"));
            await pause(bootMs);
            await this.boot();
            await this.listen();
        });
    }

    private async boot(): Promise<void> {
        const { root } = this.places;
        const read = (path: string): string | undefined =>
            existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
        for (const [path, content] of Object.entries(booted(read, crypto.randomUUID()))) {
            writeFileSync(join(root, path), content);
        }
        rmSync(join(root, "run/units"), { recursive: true, force: true });
        mkdirSync(join(root, "run/units"), { recursive: true });
        rmSync(this.places.rebooting, { force: true });
        for (const unit of readdirSync(join(root, "run/enabled"))) {
            if ((await this.context.started(this.host, unit)) === "") {
                writeFileSync(join(root, "run/units", unit), "");
            }
        }
    }

    private accept(connection: Connection): void {
        this.connections.add(connection);
        connection.on("close", () => this.connections.delete(connection));
        connection.on("error", () => undefined);
        connection.on("authentication", (attempt) => {
            const { operator } = this.context;
            const known =
                attempt.method === "publickey" &&
                attempt.key.algo === operator.type &&
                attempt.key.data.equals(operator.getPublicSSH());
            // Without a signature the client only asks whether the key would do.
            const proved =
                attempt.method === "publickey" &&
                (attempt.signature === undefined ||
                    attempt.blob === undefined ||
                    operator.verify(attempt.blob, attempt.signature, attempt.hashAlgo));
            if (known && proved) {
                attempt.accept();
            } else {
                attempt.reject(["publickey"]);
            }
        });
        connection.on("session", (open) => {
            open().on("exec", (run, _reject, { command }) => {
                this.run(command, run());
            });
        });
        connection.on("tcpip", (open, refuse, { destIP, destPort }) => {
            const port = this.context.resolve(destIP, destPort);
            if (port === undefined) {
                refuse();
                return;
            }
            const [channel, socket] = [open(), connect(port, "127.0.0.1")];
            channel.on("error", () => socket.destroy());
            socket.on("error", () => {
                channel.close();
            });
            channel.pipe(socket).pipe(channel);
        });
    }

    private run(command: string, channel: ServerChannel): void {
        const what = commandOf(command, this.context.scripts);
        channel.on("error", () => undefined);
        const end = (code: number): void => {
            channel.exit(code);
            channel.end();
        };
        if (what.kind === "refused") {
            channel.stderr.write(`${refusalText(this.host.name, what)}\n`);
            end(notExecutable);
        } else if (what.kind === "nothing") {
            end(0);
        } else if (what.kind === "read") {
            const file = join(this.places.root, what.path);
            if (existsSync(file)) {
                channel.write(readFileSync(file));
                end(0);
            } else {
                channel.stderr.write(`cat: ${what.path}: No such file or directory\n`);
                end(1);
            }
        } else {
            this.shell(command, channel, end);
        }
    }

    private shell(command: string, channel: ServerChannel, end: (code: number) => void): void {
        const child = spawn("/bin/sh", ["-c", command], { cwd: this.places.home, env: this.variables() });
        this.running.add(child);
        child.stdin.on("error", () => undefined);
        channel.pipe(child.stdin);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.on("close", (code) => {
            this.running.delete(child);
            // No status where it was killed, as when a machine goes down under it.
            if (code === null) {
                channel.close();
            } else {
                end(code);
            }
        });
    }

    /** What a host's shell has: the root in a folder, its own commands first, and nothing of whoever runs the twin. */
    private variables(): NodeJS.ProcessEnv {
        const site = sitePlaces(this.context.environment);
        const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        const type = this.host.machineType ?? "server";
        return {
            PATH: `${site.commands}:${dirname(process.execPath)}:${path}`,
            HOME: this.places.home,
            TMPDIR: this.places.temporary,
            ROOT: this.places.root,
            LC_ALL: "C",
            TWIN_PATH: path,
            TWIN_SITE: site.home,
            TWIN_HOST: this.places.home,
            TWIN_HOST_NAME: this.host.name,
            TWIN_ANSWERS: join(site.answers, type),
            TWIN_KUBECTL: this.context.kubectl,
            TWIN_API_SERVER: this.context.apiServer,
        };
    }
}

/** Loopback ports: chosen once for each environment and kept, so that kubeconfigs and states stay valid over restarts. */
import { createServer } from "node:net";
import { withLock } from "../lock";
import { layoutOf, readJson, writeWhole } from "./layout";

/** What is remembered of an environment's control plane. */
export interface TwinRecord {
    /** gitVersion of the API server. */
    version?: string;
    /** What the heartbeats are fitted to. */
    expectedNodes?: number;
    /** By what listens there, for example `kube-apiserver` or `kueue.webhook`. */
    ports: { [listener: string]: number };
}

export function readTwinRecord(environment: string): TwinRecord {
    return (readJson(layoutOf(environment).record) as TwinRecord | undefined) ?? { ports: {} };
}

export function writeTwinRecord(environment: string, record: TwinRecord): void {
    writeWhole(layoutOf(environment).record, `${JSON.stringify(record, undefined, 4)}\n`);
}

/** The kept port of each listener; new ones for those that have none yet. Charts are installed side by side, hence the lock. */
export function portsFor(environment: string, listeners: string[]): Promise<{ [listener: string]: number }> {
    return withLock(`${layoutOf(environment).home}.ports.lock`, () => choosePorts(environment, listeners));
}

async function choosePorts(environment: string, listeners: string[]): Promise<{ [listener: string]: number }> {
    const record = readTwinRecord(environment);
    const missing = listeners.filter((listener) => record.ports[listener] === undefined);
    if (missing.length > 0) {
        const fresh = await freePorts(missing.length);
        missing.forEach((listener, i) => {
            record.ports[listener] = fresh[i] as number;
        });
        writeTwinRecord(environment, record);
    }
    return Object.fromEntries(listeners.map((listener) => [listener, record.ports[listener] as number]));
}

/** Forgets a port, because somebody else took it while the twin was down. */
export function forgetPort(environment: string, listener: string): void {
    const record = readTwinRecord(environment);
    writeTwinRecord(environment, {
        ...record,
        ports: Object.fromEntries(Object.entries(record.ports).filter(([name]) => name !== listener)),
    });
}

/** True where nothing listens on 127.0.0.1:port. */
export function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => {
            resolve(false);
        });
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
            server.close(() => {
                resolve(true);
            });
        });
    });
}

/** Distinct free ports. All are held open until the last is found, so that none comes twice. */
async function freePorts(count: number): Promise<number[]> {
    const servers = await Promise.all(
        Array.from(
            { length: count },
            () =>
                new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
                    const server = createServer();
                    server.once("error", reject);
                    server.listen({ port: 0, host: "127.0.0.1" }, () => {
                        resolve(server);
                    });
                }),
        ),
    );
    const ports = servers.map((server) => (server.address() as { port: number }).port);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return ports;
}

/**
 * Preloaded into the program's process by `kilogpu plan`: the SDK's clients of monitor and engine are answered here, in the same process.
 * Writing each request for a wire and reading it again was a third of a plan, and gRPC itself, which the SDK requires as it starts, is
 * loaded only by a program that makes a server or client of its own.
 */
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { deferred } from "./defer-unused-packages";
import { IN_PROCESS, REGISTRATIONS } from "./hand-over";
import { createMonitor, Refusal, type PlanMonitor, type ProtobufMessage } from "./monitor";

type Callback = (error: Error | null, response?: unknown) => void;
type Constructor = new (...parameters: unknown[]) => object;

/** The definition of a service, as generated code holds it: each method with its path on the wire. */
interface ServiceDefinition {
    [method: string]: { path: string };
}

interface Grpc {
    makeGenericClientConstructor: (service: ServiceDefinition, name: string, options?: object) => Constructor;
    credentials: { createInsecure: () => unknown };
}

/** Code of gRPC for a method that a server does not have. */
const UNIMPLEMENTED = 12;

const option = (name: string): string => process.argv[process.argv.indexOf(name) + 1] ?? "";
// Read now: the runner leaves the program only the program's own arguments.
const [runner, stack, project] = [process.argv[1] ?? "", option("--stack"), option("--project")];
let monitor: PlanMonitor | undefined;

/** The one monitor of this process, made when the SDK first calls: its messages are loaded by then. */
function theMonitor(): PlanMonitor {
    monitor ??= createMonitor(stack, project, createRequire(runner));
    return monitor;
}

/** A client whose methods are answered by the monitor, one turn of the event loop later: no caller may see its callback run first. */
function localClient(service: ServiceDefinition): object {
    const client: { [method: string]: (request: ProtobufMessage, ...rest: unknown[]) => void } = {
        close: () => undefined,
    };
    for (const [method, { path }] of Object.entries(service)) {
        const name = path.split("/")[1] ?? "";
        client[method] = (request, ...rest) => {
            const callback = rest.findLast((each): each is Callback => typeof each === "function");
            let error: Error | null = null;
            let response: unknown;
            try {
                const handler = theMonitor().services[name]?.[method];
                if (handler === undefined) {
                    throw new Refusal(UNIMPLEMENTED, `the plan does not answer ${path}`);
                }
                response = handler(request);
            } catch (thrown) {
                error = thrown as Error;
            }
            setImmediate(() => callback?.(error, response));
        };
    }
    return client;
}

/** What stands for the credentials of a client that may turn out to be local. */
const INSECURE = Symbol("insecure");

deferred.set("@grpc/grpc-js", (load): Partial<Grpc> => ({
    credentials: new Proxy({} as Grpc["credentials"], {
        get: (_, key) =>
            key === "createInsecure" ? () => INSECURE : (Reflect.get((load() as Grpc).credentials, key) as unknown),
    }),
    makeGenericClientConstructor: (service, name, options) =>
        function (this: unknown, address: unknown, credentials: unknown, ...rest: unknown[]): object {
            if (address === IN_PROCESS) {
                return localClient(service);
            }
            const real = load() as Grpc;
            const Client = real.makeGenericClientConstructor(service, name, options);
            return new Client(
                address,
                credentials === INSECURE ? real.credentials.createInsecure() : credentials,
                ...rest,
            );
        } as unknown as Constructor,
}));

process.on("exit", () => {
    if (monitor === undefined) {
        // Nobody asked: the runner failed before, or this SDK makes its clients in another way. The plan tells which by the SDK's version.
        return;
    }
    const content = Buffer.from(JSON.stringify(monitor.registrations()));
    for (let written = 0; written < content.length;) {
        try {
            written += writeSync(REGISTRATIONS, content, written);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
                throw error;
            }
        }
    }
});

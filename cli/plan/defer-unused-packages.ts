/**
 * Preloaded into the program's process by `kilogpu plan`: the SDK requires, as it starts, much that few programs use: npm's dependency
 * resolver, the TypeScript compiler and V8's inspector to serialise functions into archives, all of OpenTelemetry for a tracing that the plan
 * does not ask for, the Automation API. Each is loaded here when something of it is used.
 */
import type { Session } from "node:inspector";
import Module from "node:module";
import { setFlagsFromString } from "node:v8";

/** Loads a package as it is; the second call gives what the first one gave. */
type Original = () => object;

/** What waits, as the SDK asks for it, with what of it can be had without loading it. */
export const deferred = new Map<string, (original: Original) => object>(
    [
        "./automation",
        "@npmcli/arborist",
        "typescript",
        "@opentelemetry/exporter-zipkin",
        "@opentelemetry/instrumentation",
        "@opentelemetry/instrumentation-grpc",
        "@opentelemetry/resources",
        "@opentelemetry/sdk-trace-base",
        "@opentelemetry/sdk-trace-node",
    ].map((name) => [name, () => ({})]),
);
["./v8Hooks", "../../runtime/closure/v8Hooks"].forEach((name) => deferred.set(name, () => inspector));

/** Files of the SDK itself, the only ones that are told to wait. */
const SDK = /[\\/]node_modules[\\/]@pulumi[\\/]pulumi[\\/](?!.*node_modules)/;

/** In place of the SDK's hooks into V8: with its inspector attached, V8 reports every script that is compiled, all through an evaluation. */
const urls = new Map<string, string>();
let session: Promise<Session> | undefined;
const inspector = {
    isInitializedAsync: () => Promise.resolve(),
    getScriptUrl: (id: string) => urls.get(id),
    getSessionAsync: () => (session ??= attach()),
};

/** Attaches now, where the SDK does at the start: to a listener that is there first, V8 reports the scripts of before as well. */
async function attach(): Promise<Session> {
    setFlagsFromString("--allow-natives-syntax");
    const { Session: Inspector } = await import("node:inspector");
    const attached = new Inspector();
    attached.connect();
    attached.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    await new Promise<void>((resolve, reject) => {
        attached.post("Debugger.enable", (error) => {
            if (error === null) {
                resolve();
            } else {
                reject(error);
            }
        });
    });
    return attached;
}

type Load = (
    this: unknown,
    request: string,
    parent: { filename?: string | null } | undefined,
    isMain: boolean,
) => unknown;

const modules = Module as unknown as { _load: Load; _resolveFilename: (request: string, parent: unknown) => string };
const load = modules._load;

modules._load = function (request, parent, isMain) {
    const provided = deferred.get(request);
    if (provided === undefined || !SDK.test(parent?.filename ?? "")) {
        return load.call(this, request, parent, isMain);
    }
    // Whoever falls back to another one where this is not installed must learn so now.
    modules._resolveFilename(request, parent);
    const original: Original = () => load.call(this, request, parent, isMain) as object;
    const own = provided(original);
    return new Proxy(
        {},
        {
            // `__esModule`: what compiled imports ask first, to take the object as it is instead of copying what it holds.
            get: (_, key) =>
                key === "__esModule"
                    ? true
                    : key in own
                      ? (Reflect.get(own, key) as unknown)
                      : (Reflect.get(original(), key) as unknown),
            has: (_, key) => key in own || key in original(),
        },
    );
};

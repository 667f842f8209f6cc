/**
 * Preloaded into the program's process by `kilogpu plan` and by the twin's language host: for every promise and every resource the SDK formats a stack trace,
 * mapped through source maps, which took a fifth of an evaluation. One is read only under PULUMI_DEBUG_PROMISE_LEAKS, the other
 * tells the engine source positions that neither shows. Stacks of errors are formatted as ever.
 */
import Module from "node:module";

type Format = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** Files of the SDK whose own `new Error()` asks for such a trace. */
const ASKS = /[\\/]@pulumi[\\/]pulumi[\\/](runtime[\\/]debuggable|resource)\.js$/;

const ours = new WeakSet<Format>();

function skipping(format: Format): Format {
    const wrapped: Format = (error, frames) =>
        error.message === "" && error.name === "Error" && ASKS.test(frames[0]?.getFileName() ?? "")
            ? ""
            : format(error, frames);
    ours.add(wrapped);
    return wrapped;
}

const plain: Format = (error, frames) =>
    [
        String(error),
        ...frames.map(
            (frame) =>
                `    at ${frame.getFunctionName() ?? "<anonymous>"} (${frame.getFileName() ?? "native"}:${frame.getLineNumber() ?? 0}:${frame.getColumnNumber() ?? 0})`,
        ),
    ].join("\n");

type Load = (this: unknown, ...request: [string, ...unknown[]]) => unknown;

/** The SDK's wrapper of promises, asked not even to look at the stack: capturing it costs as much as formatting it. */
function captureNothing(holder: { debuggablePromise: (...parameters: unknown[]) => unknown }): void {
    const { debuggablePromise } = holder;
    holder.debuggablePromise = (...parameters) => {
        const { stackTraceLimit } = Error;
        Error.stackTraceLimit = 0;
        try {
            return debuggablePromise(...parameters);
        } finally {
            Error.stackTraceLimit = stackTraceLimit;
        }
    };
}

if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined) {
    const modules = Module as unknown as { _load: Load };
    const load = modules._load;
    let found = false;
    modules._load = function (request, ...rest) {
        const loaded = load.call(this, request, ...rest);
        if (
            !found &&
            request.endsWith("/debuggable") &&
            typeof (loaded as { debuggablePromise?: unknown }).debuggablePromise === "function"
        ) {
            captureNothing(loaded as Parameters<typeof captureNothing>[0]);
            found = true;
        }
        return loaded;
    };
    let current = skipping(plain);
    // The compiler's hook installs its formatter later, by assignment; others install one for a moment and put back what was there.
    Object.defineProperty(Error, "prepareStackTrace", {
        configurable: true,
        get: () => current,
        set: (next: Format | undefined) => {
            current = next !== undefined && ours.has(next) ? next : skipping(next ?? plain);
        },
    });
}

/**
 * Preloaded into the program's process by `kilogpu plan`: for every promise and every resource the SDK formats a stack trace,
 * mapped through source maps, which took a fifth of an evaluation. One is read only under PULUMI_DEBUG_PROMISE_LEAKS, the other
 * tells the engine source positions that the plan does not show. Stacks of errors are formatted as ever.
 */
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

if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined) {
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

/**
 * Preloaded into the program's process by `kilogpu plan`: an InputError that ends the program is sent to the plan with its
 * fields, because the SDK's runner passes on only its text. Everything else stays the runner's business.
 */
import util from "node:util";

const seen = new Set<unknown>();
const plan = process.ppid;

function report(error: unknown): void {
    if (process.ppid !== plan) {
        // The plan was killed. The runner would report its own failure to report, for ever, without turning the event loop.
        process.exit(1);
    }
    if (seen.has(error) || typeof error !== "object" || error === null) {
        return;
    }
    seen.add(error);
    const { subject, problems } = error as { subject?: unknown; problems?: unknown };
    if (typeof subject === "string" && Array.isArray(problems)) {
        process.send?.({ subject, problems });
    }
}

// Monitors, not handlers: the runner's own handlers still decide what happens. `unhandledRejection` has no monitor form, but
// the runner listens to it too, so that one more listener changes nothing.
process.on("uncaughtExceptionMonitor", report);
process.on("unhandledRejection", report);
// A plan that is killed takes its program along.
process.on("disconnect", () => process.exit(1));
// The channel must not keep a finished program alive.
process.channel?.unref();

// The runner prints errors with `util.inspect` in colours, which in Node 20 never ends on a stack that names a file directly below a
// scope (`node_modules/@pulumi/resource.ts`, as the SDK's source maps do). What is told here goes through the plan, which needs no colours.
const { inspect } = util;
util.inspect = Object.assign(
    (value: unknown, options?: unknown, ...rest: unknown[]) =>
        typeof options === "object"
            ? inspect(value, { ...options, colors: false })
            : (inspect as (...parameters: unknown[]) => string)(value, options, ...rest),
    inspect,
) as typeof inspect;

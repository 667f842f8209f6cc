/**
 * Guards for values that decide how many children exist. They must be known when the program runs: an Output there would
 * compare false with everything and silently build the wrong thing.
 */
import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "./problem";

/** Problems for every property of `values` that is an Output or a promise where a plain value is needed. */
export function requirePlain(values: { [path: string]: unknown }): InputProblem[] {
    return Object.entries(values)
        .filter(([, value]) => pulumi.Output.isInstance(value) || value instanceof Promise)
        .map(([path]) => ({
            path,
            got: "an Output",
            legal: "a plain value is needed, because it decides which resources exist",
            remedy: "Pass a literal or a value from the stack's configuration.",
        }));
}

/**
 * What a user's mistake looks like. Every check of the library is a pure function that collects `InputProblem`s, so that a
 * person sees all of them at once, with the property's path, what was given, what is legal and how to mend it, before
 * anything is created.
 */
import { nearest } from "../../catalog/nearest";

/** One mistake in the input. `kilogpu plan --json` prints these fields as they are. */
export interface InputProblem {
    /** Path of the property, for example `capacity.start` or `pools[1].instanceType`. */
    path: string;
    /** What was given, as a person would type it. */
    got: string;
    /** What is legal there: a range, a list of values, a relation to another property. */
    legal: string;
    /** What to do: one imperative sentence. */
    remedy: string;
}

/** `nodes: got 72; team "pretrain" may use 64 nodes. Ask for 64 or fewer.` */
export function sentence(problem: InputProblem): string {
    return `${problem.path}: got ${problem.got}; ${problem.legal}. ${problem.remedy}`;
}

/**
 * Thrown before anything is registered. Pulumi's runner prints only the message of errors that carry `__pulumiRunError`
 * (it dumps the stack of every other, see docs/architecture.md), which is why this is not an `InputPropertiesError`.
 */
export class InputError extends Error {
    readonly __pulumiRunError = true;

    constructor(
        /** What the problems belong to: `GpuNodePool "h200"`, or `stacks/Pulumi.prod.yaml`. */
        readonly subject: string,
        readonly problems: readonly InputProblem[],
    ) {
        super(problems.map((problem) => `${subject}: ${sentence(problem)}`).join("\n"));
        this.name = "InputError";
    }
}

/** Throws one `InputError` with all the problems of `subject`, or does nothing where there are none. */
export function refuse(subject: string, problems: readonly InputProblem[]): void {
    if (problems.length > 0) {
        throw new InputError(subject, problems);
    }
}

/** The problems of a nested value, with its place put in front of each path: `at("capacity", checkCapacity(…))`. */
export function at(prefix: string, problems: readonly InputProblem[]): InputProblem[] {
    return problems.map((problem) => ({
        ...problem,
        path:
            problem.path === ""
                ? prefix
                : problem.path.startsWith("[")
                  ? `${prefix}${problem.path}`
                  : `${prefix}.${problem.path}`,
    }));
}

/** Shows a value the way a person would have typed it. */
export function show(value: unknown): string {
    if (value === undefined) {
        return "nothing";
    }
    return typeof value === "string" ? `"${value}"` : (JSON.stringify(value) ?? typeof value);
}

/** A value that must be one of a list; unknown ones get the nearest legal value as remedy. */
export function oneOf(path: string, got: string, legal: readonly string[]): InputProblem[] {
    if (legal.includes(got)) {
        return [];
    }
    const guess = nearest(got, legal);
    return [
        {
            path,
            got: show(got),
            legal: `legal values are ${legal.join(", ")}`,
            remedy: guess === undefined ? "Give one of these." : `Did you mean ${guess}?`,
        },
    ];
}

/** A whole number within bounds, both inclusive. */
export function wholeNumber(path: string, got: unknown, bounds: { min: number; max: number }): InputProblem[] {
    if (typeof got === "number" && Number.isInteger(got) && got >= bounds.min && got <= bounds.max) {
        return [];
    }
    return [
        {
            path,
            got: show(got),
            legal: `a whole number from ${bounds.min} to ${bounds.max} is legal`,
            remedy: "Give a number in that range.",
        },
    ];
}

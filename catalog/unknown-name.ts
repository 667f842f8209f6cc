/** The one error that every reader of the catalogue throws for a name it does not hold. */
import { nearest } from "./nearest";

/** A name that the catalogue does not hold; the message names the nearest one that it does. */
export class UnknownNameError extends Error {
    constructor(
        /** What was looked up, for example `instance type`. */
        readonly subject: string,
        /** The name that was asked for. */
        readonly got: string,
        /** The nearest known name, when one is near enough to have been meant. */
        readonly suggestion: string | undefined,
    ) {
        super(
            suggestion === undefined
                ? `unknown ${subject} ${got}`
                : `unknown ${subject} ${got}, did you mean ${suggestion}?`,
        );
        this.name = "UnknownNameError";
    }
}

/** Builds the error for `got`, looking for what was meant among `known`. */
export function unknownName(subject: string, got: string, known: readonly string[]): UnknownNameError {
    return new UnknownNameError(subject, got, nearest(got, known));
}

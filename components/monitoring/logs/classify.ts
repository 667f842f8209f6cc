/** Classes of log lines, and which line of a failed job began it. */
import { errorLine, logClasses } from "../../../catalog/log-classes";
import type { LogClass } from "../../../catalog/log-classes";

/** One line with its place and time. */
export interface LogLine {
    /** Milliseconds since 1970. */
    at: number;
    pod: string;
    text: string;
}

/** A classified line. */
export interface ClassifiedLine extends LogLine {
    /** Class name; undefined for an error line that no class takes. */
    logClass: string | undefined;
}

/** JavaScript's form of an RE2 pattern: only the flag at its beginning differs. */
export function toRegExp(pattern: string): RegExp {
    return pattern.startsWith("(?i)") ? new RegExp(pattern.slice(4), "i") : new RegExp(pattern);
}

const compiled = logClasses.map((entry) => ({ entry, expression: toRegExp(entry.pattern) }));
const error = toRegExp(errorLine);

/** The first class that takes the line. */
export function classify(text: string): LogClass | undefined {
    return compiled.find(({ expression }) => expression.test(text))?.entry;
}

/** Lines of a class, and error lines without one: those are counted and shown, not hidden. */
export function classifyLines(lines: readonly LogLine[]): ClassifiedLine[] {
    return lines
        .map((line) => ({ ...line, logClass: classify(line.text)?.name }))
        .filter((line) => line.logClass !== undefined || error.test(line.text));
}

/**
 * The line that began a failure: the earliest of a root class. NCCL timeouts and closed connections of the other ranks come from it,
 * also where they were written first, within `patienceMs` (clocks differ, and the rank that hangs says nothing). With cascades only,
 * the earliest of them: then the rank that is missing from the logs is the one to look for.
 */
export function earliestRoot(lines: readonly LogLine[], patienceMs = 1_800_000): ClassifiedLine | undefined {
    const known = classifyLines(lines)
        .filter((line) => line.logClass !== undefined)
        .sort((a, b) => a.at - b.at);
    const first = known[0];
    const root = known.find((line) => roleOf(line.logClass) === "root");
    return root !== undefined && first !== undefined && root.at - first.at <= patienceMs ? root : first;
}

function roleOf(name: string | undefined): string | undefined {
    return logClasses.find((entry) => entry.name === name)?.role;
}

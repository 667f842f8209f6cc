/** Reader of the log classes: what an error line means, who is to blame, and whether a restart helps. */
import data from "./data/log-classes.json";

/** One class of error lines. */
export interface LogClass {
    /** kebab-case. */
    name: string;
    /** `root` begins a failure; `cascade` only follows from one, on other ranks. */
    role: "root" | "cascade";
    blame: "hardware" | "code" | "data" | "cluster" | "unknown";
    /** Whether starting again, on other nodes where hardware is to blame, can help. */
    restart: boolean;
    /**
     * Exit code that a training pod ends with when a line of the class is the first of its failure (components/training-job/launcher.ts).
     * Only where another start cannot help and a rank itself writes the line: JobSet's failure policy reads the code.
     */
    exitCode?: number;
    /** RE2, as Loki and JobSet read it. */
    pattern: string;
    /** A line of the class. */
    example: string;
}

/** Classes in the order in which they are tried: the first that matches takes the line. */
export const logClasses = data as readonly LogClass[];

/** Exit codes of failures that another start would only repeat. */
export const finalClassExitCodes: readonly number[] = logClasses.flatMap((entry) => entry.exitCode ?? []);

/**
 * What makes a line worth a class: anything else is ordinary output. Settings and counters that only name an error are none
 * (`NCCL_ASYNC_ERROR_HANDLING=1`, `timeout=0:10:00`, `number of nan iterations: 0`).
 */
export const errorLine =
    "(?i)((errors?|exceptions?)\\b|fatal|fail(ed|ure)?\\b|killed|panic|traceback|\\bxid\\b|\\bis nan\\b|[:=] ?nan\\b|timed out|timeout( after| waiting| exceeded|:)|abort|corrupt|back-?off|preempt|sigterm|lost\\b|no space|using network socket)";

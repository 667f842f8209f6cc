/** How long work tells a person what it does, how far it is and how long it has taken. */

/** One running step. Exactly one of `done` and `fail` ends it. */
export interface Step {
    /** Replaces the step's detail, for example `87 of 128 nodes Ready`. */
    update(detail: string): void;
    done(detail?: string): void;
    fail(detail: string): void;
}

/** Where progress goes. Steps may overlap. */
export interface Progress {
    step(title: string): Step;
    /** A line that stays, for example a warning. */
    note(text: string): void;
}

/** Progress on standard error: one line a step where it is a terminal (rewritten in place when alone), plain lines elsewhere. */
export function consoleProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
    let open = 0;
    let lastPlain = 0;
    const write = (line: string, last: boolean): void => {
        if (stream.isTTY && open <= 1) {
            stream.write(`\r\x1b[2K${line}${last ? "\n" : ""}`);
        } else if (last || Date.now() - lastPlain > 5000) {
            lastPlain = Date.now();
            stream.write(`${line}\n`);
        }
    };
    return {
        step(title) {
            const started = Date.now();
            const elapsed = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
            open++;
            write(`  … ${title}`, !stream.isTTY);
            return {
                update: (detail) => {
                    write(`  … ${title}: ${detail} (${elapsed()})`, false);
                },
                done: (detail) => {
                    write(`  ✓ ${title}${detail === undefined ? "" : `: ${detail}`} (${elapsed()})`, true);
                    open--;
                },
                fail: (detail) => {
                    write(`  ✗ ${title}: ${detail} (${elapsed()})`, true);
                    open--;
                },
            };
        },
        note: (text) => {
            stream.write(`${stream.isTTY && open > 0 ? "\n" : ""}    ${text}\n`);
        },
    };
}

/** Progress that goes nowhere, for tests and `--json`. */
export const silentProgress: Progress = {
    step: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
    note: () => undefined,
};

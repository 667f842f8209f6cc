/** Reporter that says the counts once more at the very end, after the summary of the others. */
import type { Reporter } from "vitest/node";

/** What the suite of alerts prints when it has counted. */
const counts = /^\d+ alerts in .*$/m;

export default class LastLine implements Reporter {
    private line = "";

    onUserConsoleLog(log: { content: string }): void {
        this.line = counts.exec(log.content)?.[0] ?? this.line;
    }

    onTestRunEnd(): void {
        console.log(this.line === "" ? "alerts were not counted" : this.line);
    }
}

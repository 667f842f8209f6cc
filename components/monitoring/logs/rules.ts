/**
 * Rules of Loki's ruler, from the table of classes. JobSet's failure policy is not made from it: the message of a failed Job names the
 * container and its exit code and never a line of the log, so that patterns of log lines would match nothing there. What restarts and what
 * ends a job is decided by exit codes (components/kubeflow/training-runtime.ts).
 */
import { errorLine, logClasses } from "../../../catalog/log-classes";
import type { ChartValues } from "../../helm-chart";

const window = "5m";
const quoted = (pattern: string): string => `\`${pattern}\``;

/** Streams of pods that carry training. Alloy gives the label. */
const stream = '{training="true"}';

/** The pattern of every earlier class is excluded, so that a line counts once: as in `classify`. */
function expression(index: number): string {
    const entry = logClasses[index];
    const earlier = logClasses.slice(0, index).map((other) => `!~ ${quoted(other.pattern)}`);
    return `sum by (namespace, pod) (count_over_time(${[stream, `|~ ${quoted(entry?.pattern ?? "")}`, ...earlier].join(" ")} [${window}]))`;
}

/** Rule groups of Loki's ruler: lines by class, and error lines without a class. */
export function lokiRuleGroups(): ChartValues {
    const unclassified = [
        stream,
        `|~ ${quoted(errorLine)}`,
        ...logClasses.map((entry) => `!~ ${quoted(entry.pattern)}`),
    ].join(" ");
    return {
        groups: [
            {
                name: "kilogpu.log-classes",
                interval: "1m",
                rules: [
                    ...logClasses.map((entry, index) => ({
                        record: "kilogpu_log_lines",
                        expr: expression(index),
                        labels: { log_class: entry.name, role: entry.role },
                    })),
                    {
                        record: "kilogpu_log_unclassified_lines",
                        expr: `sum by (namespace) (count_over_time(${unclassified} [${window}]))`,
                    },
                ],
            },
        ],
    };
}

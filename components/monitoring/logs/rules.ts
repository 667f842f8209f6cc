/**
 * Rules of Loki's ruler, from the table of classes. JobSet's failure policy comes from the same table by way of exit codes, because the
 * message of a failed Job names the container and its exit code and never a line of the log: the launcher in the pod
 * (components/training-job/launcher.ts) reads the ranks' errors and ends with the code of their class, and the patterns of the policy
 * (components/kubeflow/training-runtime.ts) name these codes.
 */
import { errorLine, logClasses } from "../../../catalog/log-classes";
import type { ChartValues } from "../../helm-chart";

const window = "5m";
const quoted = (pattern: string): string => `\`${pattern}\``;

/** Streams of pods that carry training. Alloy gives the label. */
const stream = '{training="true"}';

/** Labels that a line keeps: whose it is, and where it was written. */
const place = "namespace, job_name, pod, node";

/** Lines of a class. The pattern of every earlier class is excluded, so that a line counts once: as in `classify`. */
function linesOf(index: number): string {
    const entry = logClasses[index];
    const earlier = logClasses.slice(0, index).map((other) => `!~ ${quoted(other.pattern)}`);
    return [stream, `|~ ${quoted(entry?.pattern ?? "")}`, ...earlier].join(" ");
}

/** How many lines of a class there were. */
const count = (index: number): string => `sum by (${place}) (count_over_time(${linesOf(index)} [${window}]))`;

/** When the first of them was written, in seconds since 1970 with milliseconds: what came first is the root of a failure. */
const first = (index: number): string =>
    `min_over_time(${linesOf(index)} | label_format written=\`{{ __timestamp__ | unixEpochMillis }}\` | unwrap written [${window}]) by (${place}) / 1000`;

/** Rule groups of Loki's ruler: lines by class with the time of the first, and error lines without a class. */
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
                    ...logClasses.flatMap((entry, index) => {
                        const labels = { log_class: entry.name, role: entry.role };
                        return [
                            { record: "kilogpu_log_lines", expr: count(index), labels },
                            { record: "kilogpu_log_first_seconds", expr: first(index), labels },
                        ];
                    }),
                    {
                        record: "kilogpu_log_unclassified_lines",
                        expr: `sum by (namespace, job_name) (count_over_time(${unclassified} [${window}]))`,
                    },
                ],
            },
        ],
    };
}

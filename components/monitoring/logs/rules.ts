/** Loki's ruler and JobSet's failure policy, from the one table of classes. */
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

/** One rule of a JobSet's failure policy. */
export interface FailureRule {
    name: string;
    /** `FailJobSet`, `RestartJobSet` or `RestartJobSetAndIgnoreMaxRestarts`. */
    action: string;
    onJobFailureMessagePatterns: string[];
}

/**
 * Failure policy of a JobSet: what another start cannot mend fails at once, what is no fault of the job does not use up its
 * restarts, the rest counts. The message of a failed Job holds its pods' termination messages, which have the last lines of the log.
 */
export function failureRules(): FailureRule[] {
    const patterns = (choose: (blame: string, restart: boolean) => boolean): string[] =>
        logClasses
            .filter((entry) => entry.role === "root" && choose(entry.blame, entry.restart))
            .map((entry) => entry.pattern);
    return [
        {
            name: "restartCannotHelp",
            action: "FailJobSet",
            onJobFailureMessagePatterns: patterns((_, restart) => !restart),
        },
        {
            name: "notTheJobsFault",
            action: "RestartJobSetAndIgnoreMaxRestarts",
            onJobFailureMessagePatterns: patterns(
                (blame, restart) => restart && (blame === "hardware" || blame === "cluster"),
            ),
        },
        {
            name: "mayBeTheJobsFault",
            action: "RestartJobSet",
            onJobFailureMessagePatterns: patterns(
                (blame, restart) => restart && (blame === "code" || blame === "data"),
            ),
        },
    ];
}

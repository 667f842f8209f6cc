/** From cases to promtool's unit test files. */
import type { BuiltRules } from "../../components/monitoring/rules/build";
import type { RuleCase } from "./case";

/** One file for `promtool test rules`. */
export interface TestFile {
    rule_files: string[];
    evaluation_interval: string;
    /** Recordings first, as their order in the cluster is when all run each minute. */
    group_eval_order: string[];
    tests: unknown[];
}

/** The test file of cases that share an infrastructure; JSON is YAML. */
export function testFile(
    ruleFiles: string[],
    groups: string[],
    cases: readonly RuleCase[],
    built: BuiltRules,
): TestFile {
    return {
        rule_files: ruleFiles,
        evaluation_interval: "1m",
        group_eval_order: groups,
        tests: cases.map((entry) => ({
            name: `${entry.alert}: ${entry.name}`,
            interval: entry.interval ?? "1m",
            input_series: Object.entries(entry.series).map(([series, values]) => ({
                series: built.vocabulary.deployed(series),
                values,
            })),
            promql_expr_test: [...firing(entry), ...silent(entry)],
        })),
    };
}

function firing(entry: RuleCase): unknown[] {
    if (entry.fires === undefined) {
        return [];
    }
    const { at, notBefore, labels } = entry.fires;
    const names = Object.keys(labels[0] ?? {});
    return [
        {
            expr: `count by (${names.join(", ")}) (ALERTS{alertname="${entry.alert}",alertstate="firing"})`,
            eval_time: at,
            exp_samples: labels.map((set) => ({
                labels: `{${names.map((name) => `${name}="${set[name] ?? ""}"`).join(",")}}`,
                value: 1,
            })),
        },
        nothing(entry.alert, notBefore),
    ];
}

function silent(entry: RuleCase): unknown[] {
    return (entry.silentAt ?? []).map((at) => nothing(entry.alert, at));
}

function nothing(alert: string, at: string): unknown {
    return { expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`, eval_time: at, exp_samples: [] };
}

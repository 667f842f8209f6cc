/** The difference between two plans as a person reads it: terminal lines and Markdown for a pull request. */
import colors from "picocolors";
import { hoursPerMonth } from "../../catalog/prices";
import { dollars, grouped, table } from "../table";
import type { PlanDifference, ResourceChange } from "./compare";
import { folded } from "./host-steps";

const MARK: { [change in ResourceChange["change"]]: string } = { create: "+", delete: "-", update: "~", replace: "±" };

function signed(value: number, show: (magnitude: number) => string): string {
    return value === 0 ? "no change" : `${value > 0 ? "+" : "-"}${show(Math.abs(value))}`;
}

function counts(difference: PlanDifference): string {
    const of = (change: ResourceChange["change"]): number =>
        difference.resources.filter((item) => item.change === change).length;
    return `${of("create")} to create, ${of("update")} to update, ${of("replace")} to replace, ${of("delete")} to delete`;
}

function headline(difference: PlanDifference): string[] {
    const { gpus, hourlyUsd } = difference;
    const more = hourlyUsd.after - hourlyUsd.before;
    const cost =
        more === 0 ? "no change" : `${signed(more, dollars)} an hour, ${signed(more * hoursPerMonth, dollars)} a month`;
    return [
        `GPUs: ${grouped(gpus.before)} → ${grouped(gpus.after)} (${signed(gpus.after - gpus.before, grouped)})`,
        `Cost: ${dollars(hourlyUsd.before)} → ${dollars(hourlyUsd.after)} an hour (${cost})`,
    ];
}

/** For a terminal. */
export function renderDifference(difference: PlanDifference): string[] {
    if (difference.resources.length === 0) {
        return [`Nothing changes between ${difference.before} and ${difference.after}.`];
    }
    return [
        colors.bold(`${difference.before} → ${difference.after}: ${counts(difference)}`),
        ...headline(difference),
        "",
        ...folded(difference.resources).map((change) => {
            const line = `${MARK[change.change]} ${change.type} ${change.name}${change.paths.length === 0 ? "" : `: ${change.paths.slice(0, 4).join(", ")}${change.paths.length > 4 ? ` and ${change.paths.length - 4} more` : ""}`}${change.count > 1 ? ` (${change.count} hosts)` : ""}`;
            return change.change === "create"
                ? colors.green(line)
                : change.change === "update"
                  ? colors.yellow(line)
                  : colors.red(line);
        }),
        "",
        ...(difference.pools.length === 0
            ? ["No pool is disturbed."]
            : table(
                  [{ heading: "pool" }, { heading: "nodes" }, { heading: "disruption" }, { heading: "what happens" }],
                  difference.pools.map((pool) => [
                      pool.pool,
                      `${pool.nodesBefore} → ${pool.nodesAfter}`,
                      pool.disruption,
                      pool.effects.join("; "),
                  ]),
              )),
        ...(difference.elsewhere.length === 0
            ? []
            : [
                  "",
                  ...table(
                      [{ heading: "elsewhere" }, { heading: "disruption" }, { heading: "what happens" }],
                      folded(difference.elsewhere).map(({ name, disruption, effect }) => [name, disruption, effect]),
                  ),
              ]),
    ];
}

/** For a pull request. */
export function renderMarkdown(environment: string, difference: PlanDifference): string {
    const rows = (cells: string[][]): string => cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
    if (difference.resources.length === 0) {
        return `### kilogpu plan: \`${environment}\`\n\nNothing changes between ${difference.before} and ${difference.after}.\n`;
    }
    const lines = [
        `### kilogpu plan: \`${environment}\``,
        "",
        `${difference.before} → ${difference.after}: **${counts(difference)}**`,
        "",
        ...headline(difference).map((line) => `- ${line}`),
        "",
    ];
    if (difference.pools.length > 0) {
        lines.push(
            "| Pool | Nodes | Disruption | What happens |",
            "|---|---|---|---|",
            rows(
                difference.pools.map((pool) => [
                    pool.pool,
                    `${pool.nodesBefore} → ${pool.nodesAfter}`,
                    pool.disruption,
                    pool.effects.join("; "),
                ]),
            ),
            "",
        );
    }
    if (difference.elsewhere.length > 0) {
        lines.push(
            "| Elsewhere | Disruption | What happens |",
            "|---|---|---|",
            rows(folded(difference.elsewhere).map(({ name, disruption, effect }) => [name, disruption, effect])),
            "",
        );
    }
    if (difference.cost.length > 0) {
        lines.push(
            "| Cost an hour | Before | After |",
            "|---|---:|---:|",
            rows(difference.cost.map((item) => [item.name, dollars(item.before), dollars(item.after)])),
            "",
        );
    }
    if (difference.resources.length > 0) {
        lines.push(
            "<details><summary>Resources</summary>",
            "",
            "| | Type | Name | Paths |",
            "|---|---|---|---|",
            rows(
                folded(difference.resources).map((change) => [
                    `\`${MARK[change.change]}\``,
                    change.type,
                    change.count > 1 ? `${change.name} (${change.count} hosts)` : change.name,
                    change.paths.join("<br>"),
                ]),
            ),
            "",
            "</details>",
            "",
        );
    }
    return lines.join("\n");
}

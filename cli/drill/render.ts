/** What a drill prints. */
import colors from "picocolors";
import type { Drill } from "../../twin/drills/drills";
import type { DrillResult, Moment } from "../../twin/drills/run";
import { table } from "../table";

/** The list. */
export function drillLines(drills: readonly Drill[]): string[] {
    return table(
        [{ heading: "drill" }, { heading: "what is broken" }, { heading: "expected" }],
        drills.map((drill) => {
            const alerts = "alert" in drill.expect ? [drill.expect] : [drill.expect.rdma, drill.expect.efa];
            const expected = alerts.map(({ alert, severity }) => `${alert} (${severity})`).join(", on EFA ");
            return [
                drill.name,
                drill.what,
                `${expected}${drill.consequence === undefined ? "" : "; the job whole again"}`,
            ];
        }),
    );
}

/** One line of the timeline: seconds since the fault, and what happened. */
export function momentLine({ seconds, what }: Moment): string {
    const time = seconds < 0 ? "before" : `+${seconds.toFixed(1)} s`;
    const coloured = /^notified/.test(what)
        ? colors.bold(what)
        : /^(firing|injected)/.test(what)
          ? colors.red(what)
          : what;
    return `  ${time.padStart(8)}  ${coloured}`;
}

/** The last lines. */
export function verdictLines(result: DrillResult): string[] {
    const { victim, passed, failures, pages, warnings } = result;
    const arrived = `${pages.toString()} page${pages === 1 ? "" : "s"}, ${warnings.toString()} warning${warnings === 1 ? "" : "s"}`;
    return passed
        ? [
              `${colors.green("✓")} ${result.drill}: ${victim.expected.alert} arrived once for ${victim.place} (${arrived})`,
          ]
        : [
              `${colors.red("✗")} ${result.drill}: ${victim.place} (${arrived})`,
              ...failures.map((failure) => `  ${failure}`),
          ];
}

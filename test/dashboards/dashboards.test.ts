// Every query of every shipped dashboard against a real Prometheus that holds a series for each catalogued metric and runs the shipped
// rules: a panel that stays empty there would stay empty in Grafana. KILOGPU_RENDER=<folder> keeps a picture of each dashboard.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultKubernetesMinor } from "../../catalog/releases";
import { dashboardQueries, dashboards } from "../../components/monitoring/dashboards";
import type { Infrastructure } from "../../components/monitoring/infrastructure";
import { alertRules } from "../../components/monitoring/rules/build";
import { consoleProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import { exampleInfrastructures } from "../alerts/example-infrastructures";
import { drawDashboard, legendOf } from "./draw";
import type { DrawnPanel } from "./draw";
import { Prometheus } from "./prometheus";
import type { Series } from "./prometheus";
import { syntheticSeries } from "./synthetic-series";

interface RenderedPanel {
    type: string;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string; legendFormat?: string }[];
}
interface RenderedDashboard {
    title: string;
    templating: { list?: { name: string; query: string }[] };
    panels: RenderedPanel[];
}

/** Asks for everything that any of the others asks for: a case below says so. */
const infrastructure = exampleInfrastructures["efa"] as Infrastructure;
const built = alertRules(infrastructure);
const shipped = dashboards(infrastructure, built.vocabulary).map(({ name, json }) => ({
    name,
    dashboard: JSON.parse(json) as RenderedDashboard,
}));
const counts = { dashboards: 0, panels: 0, queries: 0, withData: 0 };
let prometheus: Prometheus;

beforeAll(async () => {
    const toolchain = await ensureTools([ToolName.Prometheus, ToolName.Promtool], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: consoleProgress(),
    });
    const { text, metrics, series } = syntheticSeries(Math.floor(Date.now() / 1000), 75);
    const started = Date.now();
    prometheus = await Prometheus.start(
        { prometheus: toolchain.path(ToolName.Prometheus), promtool: toolchain.path(ToolName.Promtool) },
        text,
        // Every five seconds instead of the shipped interval: the rules' history is short, not different.
        built.groups.map((group) => ({ ...group, interval: "5s" })),
    );
    console.log(
        `${metrics.toString()} metrics, ${series.toString()} series, Prometheus ${toolchain.version(ToolName.Prometheus)}`,
    );
    // Rules that read a recorded series of a minute ago have something once it is there.
    while ((await prometheus.instant("job:train_loss:robust_deviation30m")).length === 0) {
        expect(Date.now() - started, "the recording rules record nothing").toBeLessThan(300_000);
        await new Promise((resolve) => setTimeout(resolve, 2000));
    }
});

afterAll(async () => {
    await prometheus.stop();
    console.log(
        `${counts.dashboards.toString()} dashboards, ${counts.panels.toString()} panels, ${counts.queries.toString()} queries, ` +
            `${counts.withData.toString()} with data`,
    );
});

/** The query as Grafana would send it: each variable is the first value that its own query offers. */
async function chosen({ templating }: RenderedDashboard): Promise<(expr: string) => string> {
    const values: [string, string][] = [];
    for (const { name, query } of templating.list ?? []) {
        const [, metric = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
        const offered = await prometheus.labelValues(metric, label);
        expect(offered, `variable ${name}`).not.toEqual([]);
        values.push([name, offered[0] ?? ""]);
    }
    return (expr) => values.reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), expr);
}

function render(name: string, svg: string): void {
    const folder = process.env["KILOGPU_RENDER"];
    if (folder === undefined) {
        return;
    }
    mkdirSync(folder, { recursive: true });
    const fonts = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf", "DejaVuSans.ttf");
    const image = new Resvg(svg, { font: { fontFiles: [fonts], loadSystemFonts: false } }).render();
    writeFileSync(join(folder, `${name}.png`), image.asPng());
}

it.each(shipped.map(({ name, dashboard }) => [name, dashboard] as const))(
    "%s keeps its panels within 24 columns and apart",
    (_, { panels }) => {
        const overlaps = panels.flatMap((panel, index) =>
            panels
                .slice(index + 1)
                .filter(
                    ({ gridPos: { x, y, w, h } }) =>
                        x < panel.gridPos.x + panel.gridPos.w &&
                        panel.gridPos.x < x + w &&
                        y < panel.gridPos.y + panel.gridPos.h &&
                        panel.gridPos.y < y + h,
                )
                .map((other) => `${panel.title} and ${other.title}`),
        );
        expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24).map((panel) => panel.title)).toEqual([]);
        expect(overlaps).toEqual([]);
    },
);

describe("dashboards on a real Prometheus", () => {
    it("evaluates every shipped rule without an error", async () => {
        expect(await prometheus.failedRules()).toEqual([]);
    });

    it.each(shipped.map(({ name, dashboard }) => [name, dashboard] as const))(
        "%s has data in every query",
        async (name, dashboard) => {
            const concrete = await chosen(dashboard);
            const empty: string[] = [];
            const drawn: DrawnPanel[] = [];
            for (const panel of dashboard.panels.filter((candidate) => (candidate.targets ?? []).length > 0)) {
                const answers: { legend: string; values: Series["values"] }[] = [];
                for (const target of panel.targets ?? []) {
                    const query = concrete(target.expr);
                    const now = await prometheus.instant(query);
                    const usable = now.filter(({ values }) => !Number.isNaN(Number(values[0]?.[1])));
                    counts.queries += 1;
                    counts.withData += usable.length > 0 ? 1 : 0;
                    if (usable.length === 0) {
                        empty.push(`${panel.title}: ${query}`);
                    }
                    const shown = panel.type === "timeseries" ? await prometheus.range(query, 20) : now;
                    answers.push(
                        ...shown.map(({ metric, values }) => ({
                            legend: legendOf(target.legendFormat, metric),
                            values,
                        })),
                    );
                }
                counts.panels += 1;
                drawn.push({ title: panel.title, type: panel.type, grid: panel.gridPos, series: answers });
            }
            counts.dashboards += 1;
            render(name, drawDashboard(dashboard.title, drawn));
            expect(empty).toEqual([]);
        },
    );

    it.each(Object.entries(exampleInfrastructures))("%s asks nothing that was not run", (_, other) => {
        const run = new Set(dashboardQueries(infrastructure, built.vocabulary));
        const asked = dashboardQueries(other, alertRules(other).vocabulary);
        expect(asked.filter((query) => !run.has(query))).toEqual([]);
    });
});

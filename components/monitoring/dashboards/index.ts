/** Dashboards as JSON, built by Grafana's own library; every query is checked like an alert's. */
import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
    DashboardBuilder,
    QueryVariableBuilder,
    RowBuilder,
    VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Infrastructure } from "../infrastructure";
import { DeadQueryError } from "../rules/build";
import type { Vocabulary } from "../rules/build";
import type { DashboardSource, Panel, PanelKind } from "./panel";
import { dashboardSources } from "./sources";

/** A dashboard as Grafana reads it. */
export interface Dashboard {
    name: string;
    json: string;
}

/** Grafana draws on 24 columns. */
const columns = 24;
const panelHeight = 8;
const datasource = { type: "prometheus", uid: "prometheus" };

type AnyPanelBuilder = TimeseriesBuilder | StatBuilder | TableBuilder | BarGaugeBuilder;
const builders: { [kind in PanelKind]: () => AnyPanelBuilder } = {
    timeseries: () => new TimeseriesBuilder(),
    stat: () => new StatBuilder(),
    table: () => new TableBuilder(),
    bargauge: () => new BarGaugeBuilder(),
};

/**
 * All dashboards of an infrastructure. Pure.
 *
 * @throws DeadQueryError for every panel that would stay empty.
 */
export function dashboards(infrastructure: Infrastructure, vocabulary: Vocabulary): Dashboard[] {
    const sources = declaredSources(infrastructure, vocabulary);
    const problems = sources.flatMap((source) => dashboardProblems(source, vocabulary));
    if (problems.length > 0) {
        throw new DeadQueryError(problems);
    }
    return sources.map((source) => ({
        name: source.name,
        json: JSON.stringify(render(source, vocabulary), undefined, 2),
    }));
}

/** Every query of the dashboards under its deployed names: for tests that run them. */
export function dashboardQueries(infrastructure: Infrastructure, vocabulary: Vocabulary): string[] {
    return declaredSources(infrastructure, vocabulary).flatMap((source) =>
        source.rows.flatMap((row) =>
            row.panels.flatMap((panel) => panel.queries.map((query) => vocabulary.deployed(query.expr))),
        ),
    );
}

/** The dashboards without queries that compare with something that was not declared. */
function declaredSources(infrastructure: Infrastructure, vocabulary: Vocabulary): DashboardSource[] {
    return dashboardSources(infrastructure).map((source) => ({
        ...source,
        rows: source.rows.map((row) => ({
            ...row,
            panels: row.panels
                .map((panel) => ({
                    ...panel,
                    queries: panel.queries.filter((query) => !vocabulary.undeclared(query.expr)),
                }))
                .filter((panel) => panel.queries.length > 0),
        })),
    }));
}

function dashboardProblems(source: DashboardSource, vocabulary: Vocabulary): string[] {
    return source.rows
        .flatMap((row) => row.panels)
        .flatMap((panel) =>
            panel.queries.flatMap((query) => {
                const result = vocabulary.check(query.expr);
                const shown = [...query.legend.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "");
                const absent = result.problems.length > 0 ? [] : shown.filter((label) => !result.labels.has(label));
                return [
                    ...result.problems.map((problem) => vocabulary.remedied(problem)),
                    ...absent.map((label) => `shows label ${label}, which its result does not have`),
                ].map((problem) => `panel "${panel.title}" of dashboard ${source.name} ${problem}`);
            }),
        );
}

function render(source: DashboardSource, vocabulary: Vocabulary): unknown {
    // Provisioning by the sidecar reads this schema; the newer one needs Grafana's own API server.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const builder = new DashboardBuilder(source.title)
        .uid(`kilogpu-${source.name}`)
        .tags(["kilogpu"])
        .refresh("30s")
        .time({ from: "now-6h", to: "now" })
        .readonly();
    for (const variable of source.variables ?? []) {
        builder.withVariable(
            new QueryVariableBuilder(variable.name)
                .datasource(datasource)
                .query(`label_values(${vocabulary.deployed(variable.metric)}, ${variable.label})`)
                .refresh(VariableRefresh.OnTimeRangeChanged),
        );
    }
    for (const row of source.rows) {
        builder.withRow(new RowBuilder(row.title));
        row.panels.forEach((panel) => builder.withPanel(renderPanel(panel, vocabulary)));
    }
    return builder.build();
}

function renderPanel(panel: Panel, vocabulary: Vocabulary): AnyPanelBuilder {
    const kind = panel.kind ?? "timeseries";
    const builder = builders[kind]()
        .title(panel.title)
        .datasource(datasource)
        .height(panelHeight)
        .span(Math.min(columns, panel.width ?? 8));
    if (panel.unit !== undefined) {
        builder.unit(panel.unit);
    }
    if (panel.help !== undefined) {
        builder.description(panel.help);
    }
    panel.queries.forEach((query, index) => {
        const target = new DataqueryBuilder()
            .expr(vocabulary.deployed(query.expr))
            .refId(String.fromCharCode(65 + index))
            .datasource(datasource);
        builder.withTarget(
            kind === "table" ? target.instant().format("table" as never) : target.legendFormat(query.legend),
        );
    });
    return builder;
}

/** What a dashboard is before Grafana's library builds it: rows of panels, each with queries that are checked. */

/** Kind of a panel. */
export type PanelKind = "timeseries" | "stat" | "table" | "bargauge";

/** One query and what its series are called. */
export interface Query {
    expr: string;
    /** Grafana's legend: `{{node}}`. */
    legend: string;
}

/** One panel. */
export interface Panel {
    title: string;
    kind?: PanelKind;
    /** Grafana's unit id, for example `percentunit`. */
    unit?: string;
    queries: Query[];
    /** Of 24 columns. Defaults to 8. */
    width?: number;
    /** What a person should see in it. */
    help?: string;
}

/** A row. */
export interface Row {
    title: string;
    panels: Panel[];
}

/** A variable at the top, filled from a label of a metric. */
export interface Variable {
    name: string;
    metric: string;
    label: string;
}

/** One dashboard. */
export interface DashboardSource {
    /** kebab-case; the uid is `kilogpu-<name>`. */
    name: string;
    title: string;
    variables?: Variable[];
    rows: Row[];
}

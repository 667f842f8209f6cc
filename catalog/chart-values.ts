/**
 * Values keys that the pinned charts really read. Helm ignores a key it does not know without a word, so that a renamed switch
 * turns into a default: this finds it before anything is installed.
 */
import data from "./data/chart-values.json";
import { nearest } from "./nearest";
import type { ChartValues } from "./types";

const charts = new Map(Object.entries(data as { [chart: string]: ChartValues }));

/** A key of Helm values that the chart does not read. */
export interface UnknownChartValue {
    /** Path with dots, for example `jobset.enabled`. */
    path: string;
    /** The nearest key that the chart reads, where one is near enough to have been meant. */
    suggestion?: string;
}

/** Values keys of a chart and where they were read; undefined for a chart whose keys the catalogue does not hold. */
export function chartValues(chart: string): ChartValues | undefined {
    return charts.get(chart);
}

/**
 * Keys of `values` that the pinned version of the chart does not read. Where the catalogue lists no key below a path (a subchart,
 * a free map such as `nodeSelector`, a list), anything goes below it. Empty too for a chart whose keys it does not hold.
 */
export function unknownChartValues(chart: string, values: { [key: string]: unknown }): UnknownChartValue[] {
    const keys = charts.get(chart)?.keys;
    return keys === undefined ? [] : unknownBelow("", values, keys);
}

function unknownBelow(
    prefix: string,
    values: { [key: string]: unknown },
    keys: readonly string[],
): UnknownChartValue[] {
    return Object.entries(values).flatMap(([key, value]) => {
        const path = prefix + key;
        if (!keys.includes(path)) {
            const siblings = keys.filter(
                (known) => known.startsWith(prefix) && !known.slice(prefix.length).includes("."),
            );
            const suggestion = nearest(path, siblings);
            return [suggestion === undefined ? { path } : { path, suggestion }];
        }
        const isOpen = !keys.some((known) => known.startsWith(`${path}.`));
        return isOpen || !isMap(value) ? [] : unknownBelow(`${path}.`, value, keys);
    });
}

function isMap(value: unknown): value is { [key: string]: unknown } {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Helm values: how a user's go on top of ours, and whether the chart knows them at all. */
import type { Release } from "../../catalog/types";
import { nearest } from "../../catalog/nearest";
import type { InputProblem } from "../input";
import { show } from "../input";

/** Helm values, or any part of them. */
export interface ChartValues {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Helm values have no common schema
    [key: string]: any;
}

/**
 * Ours with theirs on top: maps are merged key by key, everything else (lists too, as Helm does) is replaced. An explicit
 * `null` takes a key of ours away. Neither argument is changed.
 */
export function mergeValues(ours: ChartValues, theirs: ChartValues | undefined): ChartValues {
    const merged: ChartValues = { ...ours };
    for (const [key, value] of Object.entries(theirs ?? {})) {
        if (value === null) {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the key is the user's own
            delete merged[key];
        } else if (isMap(value) && isMap(merged[key])) {
            merged[key] = mergeValues(merged[key], value);
        } else {
            merged[key] = value as unknown;
        }
    }
    return merged;
}

/**
 * Problems for the keys that this version of the chart does not read. Helm ignores them in silence, so that a misspelt
 * `nfd.enable` would run two node-feature-discoveries. Only the levels that the release catalogue lists are checked.
 */
export function checkChartValues(path: string, pin: Release, values: ChartValues | undefined): InputProblem[] {
    const known = pin.inside?.valueKeys;
    if (known === undefined || values === undefined) {
        return [];
    }
    const legal = [...new Set(known.map((key) => key.split(".")[0] ?? key))];
    return Object.keys(values)
        .filter((key) => !legal.includes(key) && key !== "global")
        .map((key) => {
            const guess = nearest(key, legal);
            return {
                path: `${path}.${key}`,
                got: show(values[key]),
                legal: `chart ${pin.chart ?? pin.name} ${pin.version} reads ${legal.join(", ")}`,
                remedy: guess === undefined ? "Remove the key." : `Did you mean ${guess}?`,
            };
        });
}

function isMap(value: unknown): value is ChartValues {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Shapes of configuration values: which keys an object has and of which type their values are. Unknown keys are mistakes at any
 * depth, because a misspelt key would otherwise silently mean its default, and a wrong default costs GPU hours.
 */
import { nearest } from "../catalog/nearest";
import type { InputProblem } from "../components/input";
import { at, show } from "../components/input";

/** What a value must be. What it must be besides (ranges, names, relations) the components check. */
export type Shape =
    | { type: "string" | "number" | "boolean" }
    /** Helm values: an object whose keys the chart decides. */
    | { type: "values" }
    | { type: "list"; of: Shape }
    /** Keys are the user's own. */
    | { type: "map"; of: Shape }
    | { type: "object"; keys: { [key: string]: Shape }; required: string[] };

export const text: Shape = { type: "string" };
export const number: Shape = { type: "number" };
export const flag: Shape = { type: "boolean" };
export const anything: Shape = { type: "values" };

export function list(of: Shape): Shape {
    return { type: "list", of };
}

export function map(of: Shape): Shape {
    return { type: "map", of };
}

/** An object with these keys; a trailing `!` marks a key that must be there. */
export function object(keys: { [key: string]: Shape }): Shape {
    return {
        type: "object",
        keys: Object.fromEntries(Object.entries(keys).map(([key, shape]) => [key.replace("!", ""), shape])),
        required: Object.keys(keys)
            .filter((key) => key.endsWith("!"))
            .map((key) => key.slice(0, -1)),
    };
}

/** Mistakes of `value` against `shape`; their paths are relative to the value. */
export function checkShape(value: unknown, shape: Shape): InputProblem[] {
    switch (shape.type) {
        case "list":
            return Array.isArray(value)
                ? value.flatMap((item, index) => at(`[${String(index)}]`, checkShape(item, shape.of)))
                : [wrongType(value, "a list", "Start each item with a hyphen.")];
        case "values":
            return isObject(value) ? [] : [wrongType(value, "an object with the chart's keys", "Write key: value.")];
        case "map":
            return isObject(value)
                ? Object.entries(value).flatMap(([key, item]) => at(key, checkShape(item, shape.of)))
                : [wrongType(value, "a map of keys and values", "Write key: value.")];
        case "object":
            return isObject(value)
                ? checkKeys(value, shape.keys, shape.required)
                : [
                      wrongType(
                          value,
                          `an object with ${Object.keys(shape.keys).join(", ")}`,
                          "Write its keys on lines of their own.",
                      ),
                  ];
        default:
            return typeof value === shape.type
                ? []
                : [wrongType(value, `a ${shape.type}`, scalarRemedy(value, shape.type))];
    }
}

/** Names under which people write secrets. */
const SECRET = /key$|passw|passphrase|secret|token|credential/i;

/** Mistakes of an object's keys, and of what they hold. */
export function checkKeys(
    value: { [key: string]: unknown },
    keys: { [key: string]: Shape },
    required: string[],
): InputProblem[] {
    const unknown = Object.keys(value)
        .filter((key) => keys[key] === undefined)
        .map((key) => {
            const guess = nearest(key, Object.keys(keys));
            return {
                path: key,
                // Somebody's key or password must not stand in the log of whoever plans.
                got: SECRET.test(key) ? "a value" : show(value[key]),
                legal: `no such key; legal keys are ${Object.keys(keys).join(", ")}`,
                remedy: guess === undefined ? "Remove it." : `Did you mean ${guess}?`,
            };
        });
    const missing = required
        .filter((key) => value[key] === undefined || value[key] === null)
        .map((key) => ({
            path: key,
            got: "nothing",
            legal: `${key} is needed`,
            remedy: `Add ${key}.`,
        }));
    const nested = Object.entries(keys).flatMap(([key, shape]) =>
        value[key] === undefined || value[key] === null ? [] : at(key, checkShape(value[key], shape)),
    );
    return [...unknown, ...missing, ...nested];
}

function wrongType(value: unknown, wanted: string, remedy: string): InputProblem {
    return { path: "", got: show(value), legal: `${wanted} is legal`, remedy };
}

function scalarRemedy(value: unknown, type: string): string {
    if (type === "string") {
        return typeof value === "number" || typeof value === "boolean"
            ? `Put it in quotes: "${String(value)}".`
            : "Give one value.";
    }
    return typeof value === "string" ? "Write it without quotes." : `Give a ${type}.`;
}

function isObject(value: unknown): value is { [key: string]: unknown } {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

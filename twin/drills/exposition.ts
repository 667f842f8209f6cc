/**
 * Prometheus' text format, restricted to the metric catalogue: a simulated series that no real exporter has would make alerts pass that are dead in
 * life, so an unknown metric or label throws. Names are those of the deployed exporter versions.
 */
import { deployedVersions } from "../../catalog/metric-versions";
import { deployedName, metric, type Metric } from "../../catalog/metrics";

const versions = deployedVersions();
const known = new Map<string, { entry: Metric; name: string; labels: Set<string> }>();

function lookup(catalogueName: string): { entry: Metric; name: string; labels: Set<string> } {
    let found = known.get(catalogueName);
    if (found === undefined) {
        const entry = metric(catalogueName);
        found = { entry, name: deployedName(entry, versions[entry.exporter]), labels: new Set(entry.labels) };
        known.set(catalogueName, found);
    }
    return found;
}

export interface Labels {
    [label: string]: string;
}

function escape(value: string): string {
    return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

/** `a="1",b="2"` of labels, to be written many times. */
export function labelText(labels: Labels): string {
    return Object.entries(labels)
        .map(([name, value]) => `${name}="${escape(value)}"`)
        .join(",");
}

function number(value: number): string {
    return Number.isNaN(value) ? "NaN" : value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}

/** One target's answer, built line by line. */
export class Page {
    private readonly lines: string[] = [];

    /** A sample of a catalogue metric. `common` is the result of `labelText`, checked where it was made; `own` are checked here. */
    add(catalogueName: string, value: number, own: Labels = {}, common = ""): void {
        const { name, labels } = lookup(catalogueName);
        for (const label of Object.keys(own)) {
            if (!labels.has(label)) {
                throw new Error(`${catalogueName} has no label ${label} in the metric catalogue`);
            }
        }
        const text = labelText(own);
        const all = common === "" ? text : text === "" ? common : `${common},${text}`;
        this.lines.push(all === "" ? `${name} ${number(value)}` : `${name}{${all}} ${number(value)}`);
    }

    text(): string {
        return this.lines.length === 0 ? "" : `${this.lines.join("\n")}\n`;
    }
}

/** Steady noise between -1 and 1 that depends on nothing but its arguments. */
export function noise(key: string, tick: number): number {
    let hash = 2166136261 ^ Math.floor(tick);
    for (let at = 0; at < key.length; at++) {
        hash = Math.imul(hash ^ key.charCodeAt(at), 16777619);
    }
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 2246822507);
    hash ^= hash >>> 13;
    return ((hash >>> 0) / 2 ** 32) * 2 - 1;
}

/** Counters that grow at a given speed, which may change on the way. */
export class Counters {
    private readonly values = new Map<string, { value: number; at: number }>();

    /** The count at `now`, ms, having grown by `perSecond` since it was last asked for. A counter begins at a fixed, large count. */
    at(key: string, perSecond: number, now: number, start = 0): number {
        const before = this.values.get(key);
        const value = before === undefined ? start : before.value + (perSecond * Math.max(0, now - before.at)) / 1000;
        this.values.set(key, { value, at: now });
        return value;
    }
}

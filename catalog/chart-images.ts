/**
 * Where the pinned charts take their images from, value by value: what an image mirror has to replace. What a chart does not let
 * one replace is listed by name.
 */
import data from "./data/chart-images.json";
import type { ChartImages } from "./types";

const charts = new Map(Object.entries(data as { [chart: string]: ChartImages }));

/** The chart's image locations; undefined for a chart that the catalogue knows nothing of. */
export function chartImages(chart: string): ChartImages | undefined {
    return charts.get(chart);
}

/** Names of the charts whose image locations are known. */
export function chartsWithImages(): string[] {
    return [...charts.keys()];
}

/**
 * An image reference without its registry, which is its place in every mirror: `nvcr.io/nvidia/driver:1` becomes `nvidia/driver:1`. A short
 * name of Docker Hub has no registry; a registry alone becomes the empty string.
 */
export function withoutRegistry(reference: string): string {
    const slash = reference.indexOf("/");
    const first = slash < 0 ? reference : reference.slice(0, slash);
    const isRegistry = first === "localhost" || (/[.:]/.test(first) && (slash > 0 || !/:[^/]*$/.test(first)));
    return isRegistry ? reference.slice(first.length + 1) : reference;
}

/** The reference in a mirror: `registry.example.com/site` and `nvcr.io/nvidia/driver:1` give `registry.example.com/site/nvidia/driver:1`. */
export function inMirror(mirror: string, reference: string): string {
    const root = mirror.replace(/\/+$/, "");
    const rest = withoutRegistry(reference);
    return rest === "" ? root : `${root}/${rest}`;
}

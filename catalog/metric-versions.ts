/** Versions of the deployed exporters, read from the release catalogue: they decide names and presence of metrics. */
import { findRelease, release } from "./releases";

/** Exporter versions by exporter name of the metric catalogue; absent where the version changes nothing. */
export interface ExporterVersions {
    [exporter: string]: string | undefined;
}

/** Versions that the pinned releases deploy. DCGM's is the first half of the exporter image's tag, `4.6.0-4.8.3`. */
export function deployedVersions(): ExporterVersions {
    const images = release("gpu-operator").inside?.images ?? [];
    const tag = images
        .find((image) => image.includes("/dcgm-exporter:"))
        ?.split(":")
        .at(-1);
    return {
        dcgm: tag?.split("-")[0],
        node: findRelease("node-exporter")?.version.replace(/^v/, ""),
    };
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer; a leading `v` and what follows a dash do not count. */
export function compareReleaseVersions(a: string, b: string): number {
    const parts = (version: string): number[] =>
        (version.replace(/^v/, "").split("-")[0] ?? "").split(".").map((part) => Number(part));
    const [left, right] = [parts(a), parts(b)];
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
        const difference = (left[index] ?? 0) - (right[index] ?? 0);
        if (difference !== 0) {
            return difference;
        }
    }
    return 0;
}

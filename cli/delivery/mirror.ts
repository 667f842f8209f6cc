/** What an air-gapped site has to copy: every chart and image of an environment, with where it comes from. */
import { chartImages, findRelease, imageReference, releasesOf, withoutRegistry } from "../../catalog";
import type { Lock } from "../lock/lock";
import type { PlannedResource } from "../plan/contract";
import type { Json } from "../plan/values";

/** One thing to copy. */
export interface MirrorItem {
    /** `images-of`: images whose tags stand only inside the chart; the command lists them. */
    kind: "chart" | "image" | "images-of";
    /** What a client pulls. */
    from: string;
    /** Path below the mirror's root: `charts/<name>-<version>.tgz`, or the image's path without its registry. */
    to: string;
    digest?: string;
    /** A command that copies it, with `$MIRROR` for the mirror's registry. */
    command: string;
}

/** The chart's own place, also where the environment already takes it from a mirror. */
function upstream(chart: Lock["charts"][number]): { from: string; arguments: string } {
    const location = findRelease(chart.chart)?.location ?? chart.repository;
    if (location.startsWith("oci://")) {
        const from = `${location.replace(/\/$/, "")}/${chart.chart}`;
        return { from, arguments: `${from} --version ${chart.version}` };
    }
    return {
        from: `${location} ${chart.chart}`,
        arguments: `${chart.chart} --repo ${location} --version ${chart.version}`,
    };
}

type JsonMap = { [key: string]: Json };

/** The value with the one at `path` put back to where the chart itself takes its images from. */
function restored(values: JsonMap, path: string[], upstreamValue: string): JsonMap {
    const [key = "", ...rest] = path;
    const inner = values[key];
    if (rest.length === 0) {
        return inner === undefined ? values : { ...values, [key]: upstreamValue };
    }
    return typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? { ...values, [key]: restored(inner, rest, upstreamValue) }
        : values;
}

/** Values that the environment gives to a release. Where it takes images from a mirror already, those of the chart's own registries. */
function valuesOf(chart: Lock["charts"][number], lock: Lock, resources: readonly PlannedResource[]): JsonMap {
    const found = resources.find(
        ({ type, name, inputs }) =>
            type === "kubernetes:helm.sh/v3:Release" &&
            (inputs["name"] ?? name) === chart.release &&
            (inputs["namespace"] ?? "") === chart.namespace,
    );
    const values = (found?.inputs["values"] ?? {}) as JsonMap;
    return lock.imageMirror === undefined
        ? values
        : Object.entries(chartImages(chart.chart)?.values ?? {}).reduce(
              (all, [path, location]) => restored(all, path.split("."), location),
              values,
          );
}

function quoted(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

function chartItems(chart: Lock["charts"][number], lock: Lock, resources: readonly PlannedResource[]): MirrorItem[] {
    const source = upstream(chart);
    const file = `${chart.chart}-${chart.version.replace(/^v/, "")}.tgz`;
    const unlisted = chartImages(chart.chart)?.unlisted ?? [];
    return [
        {
            kind: "chart",
            from: `${source.from}:${chart.version}`,
            to: `charts/${file}`,
            command: `helm pull ${source.arguments} && helm push ${chart.chart}-*.tgz oci://$MIRROR/charts`,
        },
        ...(unlisted.length === 0
            ? []
            : [
                  {
                      kind: "images-of" as const,
                      from: `${source.from}:${chart.version}: ${unlisted.join(", ")}`,
                      to: "",
                      // With the environment's own values: what they switch on has images of its own.
                      command: `printf %s ${quoted(JSON.stringify(valuesOf(chart, lock, resources)))} | helm template ${chart.release} ${source.arguments} --namespace ${chart.namespace} --values - | sed -nE 's/^ *(- )?image: *"?([^" ]+)"?$/\\2/p' | sort -u | while read -r image; do crane copy "$image" "$MIRROR/\${image#*/}"; done`,
                  },
              ]),
    ];
}

function imageItem(image: Lock["images"][number], imageMirror: string | undefined): MirrorItem {
    const from = original(image.reference, imageMirror);
    const to = withoutRegistry(from);
    return {
        kind: "image",
        from,
        to,
        ...(image.digest === null ? {} : { digest: image.digest }),
        command: `crane copy ${from} $MIRROR/${to.split("@")[0] ?? to}`,
    };
}

/** The reference before the environment's own mirror moved it. */
function original(reference: string, imageMirror: string | undefined): string {
    if (imageMirror === undefined || !reference.startsWith(`${imageMirror}/`)) {
        return reference;
    }
    const rest = reference.slice(imageMirror.length + 1);
    return (
        releasesOf("image")
            .map((entry) => imageReference(entry.name))
            .find((candidate) => withoutRegistry(candidate) === rest) ?? reference
    );
}

/** Everything to copy, charts first, sorted and without repeats. `resources` are those of the plan that the lock was made from. */
export function mirrorItems(lock: Lock, resources: readonly PlannedResource[]): MirrorItem[] {
    const items = [
        ...lock.charts.flatMap((chart) => chartItems(chart, lock, resources)),
        ...lock.images.map((image) => imageItem(image, lock.imageMirror)),
    ];
    return [...new Map(items.map((item) => [`${item.kind} ${item.from}`, item])).values()].sort((a, b) =>
        `${a.kind} ${a.from}` < `${b.kind} ${b.from}` ? -1 : 1,
    );
}

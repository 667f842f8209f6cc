/** What an air-gapped site has to copy: every chart and image of an environment, with where it comes from. */
import { chartImages, findRelease, imageReference, releasesOf, withoutRegistry } from "../../catalog";
import type { Lock } from "../lock/lock";

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

function chartItems(chart: Lock["charts"][number]): MirrorItem[] {
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
                      command: `helm template ${chart.release} ${source.arguments} | sed -nE 's/^ *(- )?image: *"?([^" ]+)"?$/\\2/p' | sort -u | while read -r image; do crane copy "$image" "$MIRROR/\${image#*/}"; done`,
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

/** Everything to copy, charts first, sorted and without repeats. */
export function mirrorItems(lock: Lock): MirrorItem[] {
    const items = [
        ...lock.charts.flatMap(chartItems),
        ...lock.images.map((image) => imageItem(image, lock.imageMirror)),
    ];
    return [...new Map(items.map((item) => [`${item.kind} ${item.from}`, item])).values()].sort((a, b) =>
        `${a.kind} ${a.from}` < `${b.kind} ${b.from}` ? -1 : 1,
    );
}

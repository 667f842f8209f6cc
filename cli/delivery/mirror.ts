/** What an air-gapped site has to copy: every chart and image of an environment, with where it comes from. */
import { findRelease } from "../../catalog";
import type { Lock } from "../lock/lock";

/** One thing to copy. */
export interface MirrorItem {
    kind: "chart" | "image";
    /** What a client pulls. */
    from: string;
    /** Path below the mirror's root: `charts/<name>-<version>.tgz`, or the image's path without its registry. */
    to: string;
    digest?: string;
    /** A command that copies it, with `$MIRROR` for the mirror's registry. */
    command: string;
}

function chartItem(chart: Lock["charts"][number]): MirrorItem {
    const location = chart.repository || findRelease(chart.chart)?.location || "";
    const isOci = location.startsWith("oci://");
    const from = isOci ? `${location.replace(/\/$/, "")}/${chart.chart}` : `${location} ${chart.chart}`;
    const pull = isOci
        ? `helm pull ${from} --version ${chart.version}`
        : `helm pull ${chart.chart} --repo ${location} --version ${chart.version}`;
    const file = `${chart.chart}-${chart.version}.tgz`;
    return {
        kind: "chart",
        from: `${from}:${chart.version}`,
        to: `charts/${file}`,
        command: `${pull} && helm push ${file} oci://$MIRROR/charts`,
    };
}

/** `registry/path:tag` split at the registry; Docker Hub's short names have none. */
function withoutRegistry(reference: string): string {
    const slash = reference.indexOf("/");
    const first = reference.slice(0, slash);
    return slash > 0 && /[.:]|^localhost$/.test(first) ? reference.slice(slash + 1) : reference;
}

function imageItem(image: Lock["images"][number]): MirrorItem {
    const to = withoutRegistry(image.reference);
    return {
        kind: "image",
        from: image.reference,
        to,
        ...(image.digest === null ? {} : { digest: image.digest }),
        command: `crane copy ${image.reference} $MIRROR/${to.split("@")[0] ?? to}`,
    };
}

/** Everything to copy, charts first, sorted and without repeats. */
export function mirrorItems(lock: Lock): MirrorItem[] {
    const items = [...lock.charts.map(chartItem), ...lock.images.map(imageItem)];
    return [...new Map(items.map((item) => [`${item.kind} ${item.from}`, item])).values()].sort((a, b) =>
        `${a.kind} ${a.from}` < `${b.kind} ${b.from}` ? -1 : 1,
    );
}

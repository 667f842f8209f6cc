/** Images from a site's own registry: every location that a chart's values or our own pods name, moved by one rule. Pure. */
import { chartImages, inMirror } from "../../catalog/chart-images";
import { imageReference } from "../../catalog/releases";
import type { InputProblem } from "../input";
import { show } from "../input";
import type { ChartValues } from "./values";

/** Values that make a chart pull from the mirror; none without a mirror, or where the chart runs no image. */
export function mirroredValues(chart: string, imageMirror: string | undefined): ChartValues {
    const values: ChartValues = {};
    if (imageMirror === undefined) {
        return values;
    }
    for (const [path, location] of Object.entries(chartImages(chart)?.values ?? {})) {
        const keys = path.split(".");
        const last = keys.pop() ?? path;
        let target = values;
        for (const key of keys) {
            target[key] ??= {};
            target = target[key] as ChartValues;
        }
        target[last] = inMirror(imageMirror, location);
    }
    return values;
}

/** Reference of a catalogue image, from the mirror where there is one. */
export function imageFrom(imageMirror: string | undefined, name: string): string {
    const reference = imageReference(name);
    return imageMirror === undefined ? reference : inMirror(imageMirror, reference);
}

/** Problems of an `imageMirror`. */
export function checkImageMirror(mirror: string | undefined): InputProblem[] {
    if (
        mirror === undefined ||
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/.test(mirror)
    ) {
        return [];
    }
    return [
        {
            path: "imageMirror",
            got: show(mirror),
            legal: "a registry as in an image's name is legal: host, perhaps a port and a path, without scheme, tag or trailing slash",
            remedy: "Give for example registry.example.com/mirror.",
        },
    ];
}

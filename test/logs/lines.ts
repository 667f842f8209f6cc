/** Sets of labelled lines: the ones beside the alerts' tests, the ones that patterns are mended with, and the ones held out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { samples } from "../alerts/log-samples";
import type { Sample } from "../alerts/log-samples";

/** Where a claim comes from: `heldOut` alone was never looked at when a pattern was written. */
export const LineSet = { Samples: "samples", Development: "development", HeldOut: "heldOut" } as const;
export type LineSet = (typeof LineSet)[keyof typeof LineSet];

/** Lines of a set, in file order. */
export function linesOf(set: LineSet): Sample[] {
    return set === LineSet.Samples ? samples : read(set === LineSet.HeldOut ? "held-out.txt" : "development.txt");
}

function read(file: string): Sample[] {
    return readFileSync(join(__dirname, "lines", file), "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => {
            const [label, ...rest] = line.split(" | ");
            return { label: label ?? "", text: rest.join(" | ") };
        });
}

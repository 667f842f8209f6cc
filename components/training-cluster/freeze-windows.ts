/** Mistakes of freeze windows. Windows may overlap: each has its own reason. Pure. */
import { parseInstant } from "../gpu-node-pool/window";
import type { InputProblem } from "../input";
import { at, show } from "../input";
import type { FreezeWindowArgs } from "./training-cluster-args";

/** All mistakes of the windows. */
export function checkFreezeWindows(windows: FreezeWindowArgs[] | undefined): InputProblem[] {
    return (windows ?? []).flatMap((window, index) => at(`freezeWindows[${String(index)}]`, checkWindow(window)));
}

function checkWindow({ start, end }: FreezeWindowArgs): InputProblem[] {
    const [from, to] = [parseInstant(start), parseInstant(end)];
    const unreadable = (path: string, got: string): InputProblem => ({
        path,
        got: show(got),
        legal: "a time in UTC and whole minutes is legal",
        remedy: "Write it as 2026-12-20T00:00:00Z.",
    });
    if (from === undefined || to === undefined) {
        return [
            ...(from === undefined ? [unreadable("start", start)] : []),
            ...(to === undefined ? [unreadable("end", end)] : []),
        ];
    }
    return to > from
        ? []
        : [
              {
                  path: "end",
                  got: show(end),
                  legal: `a freeze ends after its start ${start}`,
                  remedy: "Give an end after the start.",
              },
          ];
}

/** The twin's own clock: it stands still until somebody sets it, so that nothing depends on when the twin is run. */
import { join } from "node:path";
import { writeWhole } from "../control-plane/layout";
import { twinHome } from "../places";
import { readStored } from "./stored";

function file(environment: string): string {
    return join(twinHome(environment), "clock.json");
}

/** Instant of the twin, ms. The machine's clock until the twin's was set. */
export function readClock(environment: string): number {
    const stored = readStored<{ now: string }>(file(environment));
    return stored === undefined ? Date.now() : Date.parse(stored.now);
}

/** Sets the clock. Groups read it when they or their schedules change. Throws on a text that is no instant. */
export function setClock(environment: string, now: string): void {
    const instant = Date.parse(now);
    if (Number.isNaN(instant)) {
        throw new Error(`clock: got ${now}; give an instant such as 2026-12-01T11:30:00Z`);
    }
    writeWhole(file(environment), JSON.stringify({ now: new Date(instant).toISOString() }));
}

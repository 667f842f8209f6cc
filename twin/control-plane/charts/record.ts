/** What is remembered of an installed chart: enough to mend it, to upgrade it and to remove it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ObjectRef } from "../api-client";
import { layoutOf, readJson } from "../layout";
import { ensureController, type StoredController } from "./start";

export interface ChartRecord {
    namespace: string;
    releaseName: string;
    controllers: StoredController[];
    /** In the order in which they were applied. */
    objects: ObjectRef[];
    /** Objects of the chart's own kinds. */
    late: ObjectRef[];
}

export function chartRecordPath(environment: string, chart: string): string {
    return join(layoutOf(environment).charts, `${chart}.json`);
}

/** Every installed chart, by its name. */
export function installedCharts(environment: string): Map<string, ChartRecord> {
    let files: string[] = [];
    try {
        files = readdirSync(layoutOf(environment).charts).filter((file) => file.endsWith(".json"));
    } catch {
        // No chart was ever installed.
    }
    const charts = new Map<string, ChartRecord>();
    for (const file of files.sort()) {
        const record = readJson(join(layoutOf(environment).charts, file)) as ChartRecord | undefined;
        if (record !== undefined) {
            charts.set(file.slice(0, -".json".length), record);
        }
    }
    return charts;
}

/** Starts the controllers of installed charts that do not run; returns their names. */
export async function reviveControllers(environment: string): Promise<string[]> {
    const stored = [...installedCharts(environment).values()].flatMap(({ controllers }) => controllers);
    const started = await Promise.all(
        stored.map(async (controller) => ((await ensureController(environment, controller)) ? [controller.name] : [])),
    );
    return started.flat();
}

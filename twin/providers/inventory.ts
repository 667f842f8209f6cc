/** What of a twin is real, what is simulated and what is only written down: said by the twin itself, so that nobody takes one for the other. */
import { CloudStore } from "./cloud-store";
import { chartName, fidelityOf, releaseType, textOf, valuesHash } from "./kubernetes/releases";
import { isObject } from "./runtime/values";

export type Fidelity = "real" | "simulated" | "recorded";

export interface InventoryLine {
    /** Resource type, or `chart <name>`. */
    what: string;
    count: number;
    fidelity: Fidelity;
    /** Version and hash of the values, for charts. */
    detail?: string;
}

/** One line a resource type and one a chart, in that order. */
export function twinInventory(environment: string): InventoryLine[] {
    const lines = new Map<string, InventoryLine>();
    const add = (what: string, fidelity: Fidelity, detail?: string): void => {
        const line = lines.get(`${what}|${detail ?? ""}`) ?? {
            what,
            count: 0,
            fidelity,
            ...(detail === undefined ? {} : { detail }),
        };
        lines.set(`${what}|${detail ?? ""}`, { ...line, count: line.count + 1 });
    };
    for (const { type } of new CloudStore(environment, "aws").all()) {
        add(type, "simulated");
    }
    const charts: (() => void)[] = [];
    for (const { type, urn, inputs } of new CloudStore(environment, "kubernetes").all()) {
        if (type !== releaseType) {
            add(type, "real");
            continue;
        }
        const chart = textOf(inputs["chart"]);
        const values = isObject(inputs["values"]) ? inputs["values"] : {};
        charts.push(() => {
            add(
                `chart ${chartName(chart)}`,
                fidelityOf(urn, chart, values),
                `version ${typeof inputs["version"] === "string" ? inputs["version"] : "unpinned"}, values ${valuesHash(inputs)}`,
            );
        });
    }
    charts.forEach((line) => {
        line();
    });
    return [...lines.values()];
}

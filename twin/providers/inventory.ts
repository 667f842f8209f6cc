/** What of a twin is real, what is simulated and what is only written down: said by the twin itself, so that nobody takes one for the other. */
import { readSite } from "../bare-metal/site";
import { CloudStore } from "./cloud-store";
import { recordedDefinition } from "./kubernetes/recorded-kinds";
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
    for (const { machineType } of readSite(environment)?.hosts ?? []) {
        add(
            `host ${machineType ?? "server"}`,
            "simulated",
            "SSH and the scripts' runs are real, hardware's answers are recorded",
        );
    }
    const charts: (() => void)[] = [];
    const objects = new CloudStore(environment, "kubernetes").all();
    const recorded = objects
        .filter(({ type, urn, inputs }) => {
            const values = isObject(inputs["values"]) ? inputs["values"] : {};
            return type === releaseType && fidelityOf(urn, textOf(inputs["chart"]), values) === "recorded";
        })
        .map(({ inputs }) => chartName(textOf(inputs["chart"])));
    for (const { type, urn, inputs } of objects) {
        if (type !== releaseType) {
            // The API server stores objects of a recorded chart's kind, but nothing acts on them and no schema judged them.
            const [, apiVersion = "", kind = ""] = type.split(":");
            add(type, recordedDefinition({ apiVersion, kind }, recorded) === undefined ? "real" : "recorded");
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

// The shipped rules of Loki's ruler, run by Loki's own query engine over labelled lines: what each rule counts is what the label says.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logClasses } from "../../catalog/log-classes";
import { defaultKubernetesMinor } from "../../catalog/releases";
import { classifyLines, earliestRoot } from "../../components/monitoring/logs/classify";
import { lokiRuleGroups } from "../../components/monitoring/logs/rules";
import { consoleProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import expected from "./expected.json";
import { brokenNode, fallenOffTheBus } from "./failure-sequence";
import { LineSet, linesOf } from "./lines";
import { Loki } from "./loki";
import { scores, scoreTable, wrong } from "./score";
import type { Prediction } from "./score";

interface ShippedRule {
    record: string;
    expr: string;
    labels?: { log_class: string; role: string };
}
const rules = (lokiRuleGroups() as unknown as { groups: { rules: ShippedRule[] }[] }).groups.flatMap(
    (group) => group.rules,
);
/** Rules that count lines, and rules that note when the first was written. */
const counting = rules.filter((rule) => rule.record !== "kilogpu_log_first_seconds");
const noting = rules.filter((rule) => rule.record === "kilogpu_log_first_seconds");
/** What a rule says of the lines that it counts. */
const verdict = (rule: ShippedRule): string => rule.labels?.log_class ?? "unclassified";
const names = [...logClasses.map((entry) => entry.name), "unclassified", "none"];
const sets = Object.values(LineSet);
const namespaceOf = (set: LineSet, index: number): string => `${set}-${index.toString()}`;

let loki: Loki;
let version = "";
const now = Date.now();
const sequence = fallenOffTheBus(now - 700_000);
/** Verdicts by namespace. */
const counted = new Map<string, string[]>();

beforeAll(async () => {
    const toolchain = await ensureTools([ToolName.Loki], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: consoleProgress(),
    });
    version = toolchain.version(ToolName.Loki);
    loki = await Loki.start(toolchain.path(ToolName.Loki));
    // A namespace for each line: the rule for unclassified lines keeps no other label.
    await loki.push(
        sets.flatMap((set) =>
            linesOf(set).map(({ text }, index) => ({
                labels: { training: "true", namespace: namespaceOf(set, index), pod: "line" },
                lines: [{ at: now - 60_000, text }],
            })),
        ),
    );
    for (const rule of counting) {
        for (const { metric, value } of await loki.instant(rule.expr, now)) {
            expect(Number(value[1])).toBe(1);
            const namespace = metric["namespace"] ?? "";
            counted.set(namespace, [...(counted.get(namespace) ?? []), verdict(rule)]);
        }
    }
});

afterAll(async () => {
    await loki.stop();
});

function predictions(set: LineSet): Prediction[] {
    return linesOf(set).map((line, index) => ({
        ...line,
        predicted: counted.get(namespaceOf(set, index)) ?? ["none"],
    }));
}

describe("Loki's query engine on the shipped rules", () => {
    it.each(sets)("counts lines of set %s as labelled", (set) => {
        const lines = predictions(set);
        const table = scores(lines, names);
        const classes = table.filter((row) => logClasses.some((entry) => entry.name === row.name));
        const floor = expected[set];
        const hidden = lines.filter((line) => line.label !== "none" && line.predicted[0] === "none").length;
        const noise = lines.filter((line) => line.label === "none" && line.predicted[0] !== "none").length;
        const unclassified = lines.filter((line) => line.predicted.includes("unclassified")).length;
        const meanRecall = classes.reduce((sum, row) => sum + row.recall, 0) / classes.length;
        console.log(
            `${scoreTable(`Loki ${version}, set ${set}`, table)}\n` +
                `  ${lines.length.toString()} lines, ${wrong(lines).length.toString()} not as labelled; ` +
                `${unclassified.toString()} counted as unclassified; errors called ordinary ${hidden.toString()}, ` +
                `ordinary lines called errors ${noise.toString()}; mean recall of the classes ${meanRecall.toFixed(2)}`,
        );
        for (const row of classes) {
            expect(row.precision, `precision of ${row.name}`).toBeGreaterThanOrEqual(floor.precision);
            expect(row.recall, `recall of ${row.name}`).toBeGreaterThanOrEqual(floor.recall);
        }
        expect(hidden).toBeLessThanOrEqual(floor.errorsCalledOrdinary);
        if ("meanRecall" in floor) {
            expect(meanRecall).toBeGreaterThanOrEqual(floor.meanRecall);
            expect(noise).toBeLessThanOrEqual(floor.ordinaryCalledErrors);
        }
        expect(lines.filter((line) => line.predicted.length > 1)).toEqual([]);
    });

    it("says of each line what the classifier in TypeScript says: RE2 and JavaScript read the patterns alike", () => {
        const differing = sets.flatMap((set) =>
            predictions(set).filter(({ text, predicted }) => {
                const [known] = classifyLines([{ at: 0, pod: "line", text }]);
                return predicted[0] !== (known === undefined ? "none" : (known.logClass ?? "unclassified"));
            }),
        );
        expect(differing).toEqual([]);
    });

    it("is what its ruler evaluates", async () => {
        const deadline = Date.now() + 120_000;
        let loaded = await loki.rules();
        while (loaded.some((rule) => rule.health === "unknown") || loaded.length === 0) {
            expect(Date.now(), "the ruler has not evaluated everything").toBeLessThan(deadline);
            await new Promise((resolve) => setTimeout(resolve, 2000));
            loaded = await loki.rules();
        }
        expect(loaded.map((rule) => rule.lastError ?? "").filter((error) => error !== "")).toEqual([]);
        expect(loaded.filter((rule) => rule.health !== "ok")).toEqual([]);
        expect(loaded.map((rule) => rule.labels?.["log_class"] ?? "unclassified").sort()).toEqual(
            rules.map(verdict).sort(),
        );
    });
});

describe("one node's GPU falls off the bus and 127 nodes time out", () => {
    const inNode = (pod: string): (typeof sequence)[number][] => sequence.filter((line) => line.pod === pod);

    beforeAll(async () => {
        await loki.push(
            [...new Set(sequence.map((line) => line.pod))].map((pod) => ({
                labels: { training: "true", namespace: "research", pod, node: pod },
                lines: inNode(pod)
                    .map(({ at, text }) => ({ at, text }))
                    .sort((a, b) => a.at - b.at),
            })),
        );
    });

    it("has its root in the first error of a root class, read back from Loki", async () => {
        const streams = await loki.lines('{namespace="research"}', now - 3_600_000, now);
        const lines = streams.flatMap(({ labels, lines: own }) =>
            own.map(({ at, text }) => ({ at, pod: labels["pod"] ?? "", text })),
        );
        expect(lines).toHaveLength(sequence.length);
        const root = earliestRoot(lines);
        expect(root).toMatchObject({ logClass: "xid", pod: brokenNode });
        const cascade = classifyLines(lines).filter((line) => line.pod !== brokenNode);
        expect(new Set(cascade.map((line) => line.pod)).size).toBe(127);
        console.log(
            `root: ${root?.logClass ?? ""} on ${root?.pod ?? ""}, of ${classifyLines(lines).length.toString()} error lines on 128 nodes`,
        );
    });

    it("is what the ruler notes as the earliest line of a root class, to the millisecond", async () => {
        const first = new Map<string, number>();
        for (const rule of noting) {
            for (let at = now - 720_000; at <= now; at += 60_000) {
                for (const { metric, value } of await loki.instant(rule.expr, at)) {
                    if (metric["namespace"] === "research") {
                        const key = `${rule.labels?.role ?? ""} ${rule.labels?.log_class ?? ""} ${metric["pod"] ?? ""} ${metric["node"] ?? ""}`;
                        first.set(key, Math.min(first.get(key) ?? Infinity, Number(value[1])));
                    }
                }
            }
        }
        const [key, seconds] = [...first]
            .filter(([name]) => name.startsWith("root "))
            .reduce((earliest, entry) => (entry[1] < earliest[1] ? entry : earliest));
        expect(key).toBe(`root xid ${brokenNode} ${brokenNode}`);
        expect(Math.round(seconds * 1000)).toBe(now - 700_000);
        // The neighbour's echo was written before it, and is noted as such.
        expect([...first].some(([name, at]) => name.startsWith("cascade nccl-remote") && at < seconds)).toBe(true);
    });

    it("is counted under role root on that node alone, and under role cascade on the others", async () => {
        const nodes: { [role: string]: Set<string> } = { root: new Set(), cascade: new Set() };
        for (const rule of counting.filter((entry) => entry.labels !== undefined)) {
            // The ruler looks every minute; so does this, over the length of the failure.
            for (let at = now - 720_000; at <= now; at += 60_000) {
                for (const { metric } of await loki.instant(rule.expr, at)) {
                    if (metric["namespace"] === "research") {
                        nodes[rule.labels?.role ?? ""]?.add(metric["pod"] ?? "");
                    }
                }
            }
        }
        expect([...(nodes["root"] ?? [])]).toEqual([brokenNode]);
        expect(nodes["cascade"]?.size).toBe(127);
        expect(nodes["cascade"]?.has(brokenNode)).toBe(false);
    });
});

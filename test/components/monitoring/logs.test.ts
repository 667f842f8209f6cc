import { describe, expect, it } from "vitest";
import { logClasses } from "../../../catalog/log-classes";
import { classify, classifyLines, earliestRoot } from "../../../components/monitoring/logs/classify";
import { lokiRuleGroups } from "../../../components/monitoring/logs/rules";
import { failures, samples } from "../../alerts/log-samples";
import type { Failure } from "../../alerts/log-samples";

const lines = (failure: Failure): { at: number; pod: string; text: string }[] =>
    failure.lines.map((line) => ({ ...line, at: line.at * 1000 }));

/** What the classifier says of a line, in the words of the labels. */
function said(text: string): string {
    const [line] = classifyLines([{ at: 0, pod: "p", text }]);
    return line === undefined ? "none" : (line.logClass ?? "unclassified");
}

describe("log classes", () => {
    it.each(logClasses.map((entry) => entry.name))("%s takes its own example", (name) => {
        const entry = logClasses.find((candidate) => candidate.name === name);
        expect(classify(entry?.example ?? "")?.name).toBe(name);
    });

    it("have precision and recall of one on the labelled lines, and every class has a line", () => {
        for (const label of [...logClasses.map((entry) => entry.name), "none", "unclassified"]) {
            const taken = samples.filter((sample) => said(sample.text) === label);
            const meant = samples.filter((sample) => sample.label === label);
            expect(meant.length, label).toBeGreaterThan(0);
            expect(
                taken.map((sample) => sample.text),
                label,
            ).toEqual(meant.map((sample) => sample.text));
        }
    });
});

describe("the root of a failure", () => {
    it.each(failures.map((failure) => failure.name))("%s", (name) => {
        const failure = failures.find((candidate) => candidate.name === name);
        const root = earliestRoot(failure === undefined ? [] : lines(failure));
        expect({ pod: root?.pod, logClass: root?.logClass }).toEqual(failure?.root);
    });

    it("does not depend on the order in which lines are collected", () => {
        for (const failure of failures) {
            expect(earliestRoot(lines(failure).reverse())).toEqual(earliestRoot(lines(failure)));
        }
    });
});

describe("what follows from the table", () => {
    it("gives Loki one recording for each class, each line counted once", () => {
        const text = JSON.stringify(lokiRuleGroups());
        for (const entry of logClasses) {
            expect(text).toContain(`"log_class":"${entry.name}"`);
        }
        expect(text).toContain("kilogpu_log_unclassified_lines");
        expect(logClasses.some((entry) => entry.pattern.includes("`"))).toBe(false);
    });
});

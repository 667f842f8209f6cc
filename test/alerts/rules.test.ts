// Everything that is shipped goes through promtool: syntax for each example infrastructure, then a firing and a silent case of
// every alert.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployedName, deployedSince, metricCatalog } from "../../catalog/metrics";
import type { MetricCatalog } from "../../catalog/metrics";
import { deployedVersions } from "../../catalog/metric-versions";
import { parse, selectors } from "../../components/monitoring/promql";
import { dashboards } from "../../components/monitoring/dashboards";
import { alertRules, DeadQueryError, defaultDeployment } from "../../components/monitoring/rules/build";
import type { Infrastructure } from "../../components/monitoring/infrastructure";
import type { RuleCase } from "./case";
import { ruleCases } from "./cases";
import { exampleInfrastructures } from "./example-infrastructures";
import { promtool } from "./promtool";
import { testFile } from "./render-tests";

const names = Object.keys(exampleInfrastructures);
const roce = (): Infrastructure => exampleInfrastructures["roce"] as Infrastructure;
const built = Object.fromEntries(
    Object.entries(exampleInfrastructures).map(([name, infrastructure]) => [name, alertRules(infrastructure)]),
);
const alerts = [...new Set(Object.values(built).flatMap((rules) => rules.alerts.map((alert) => alert.name)))];
const cases = Object.values(ruleCases).flat();
const firing = (alert: string): RuleCase[] =>
    cases.filter((entry) => entry.alert === alert && entry.fires !== undefined);
const silent = (alert: string): RuleCase[] =>
    cases.filter((entry) => entry.alert === alert && entry.silentAt !== undefined);
let folder = "";

beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "kilogpu-rules-"));
    for (const [name, rules] of Object.entries(built)) {
        for (const group of rules.groups) {
            writeFileSync(path.join(folder, `${name}.${group.name}.json`), JSON.stringify({ groups: [group] }));
        }
    }
});

afterAll(() => {
    rmSync(folder, { recursive: true });
    console.log(
        `${alerts.length.toString()} alerts in ${names.length.toString()} infrastructures; ` +
            `${cases.filter((entry) => entry.fires !== undefined).length.toString()} firing cases, ` +
            `${cases.filter((entry) => entry.silentAt !== undefined).length.toString()} silent cases; ` +
            `alerts without a firing case ${alerts.filter((alert) => firing(alert).length === 0).length.toString()}, ` +
            `without a silent case ${alerts.filter((alert) => silent(alert).length === 0).length.toString()}; ` +
            `dead metrics ${deadMetrics().length.toString()}`,
    );
});

/** Names in the rendered rules that no deployed exporter emits and no rule records: read from what is shipped, not from the sources. */
function deadMetrics(): string[] {
    const versions = deployedVersions();
    const exported = metricCatalog.metrics
        .filter((entry) => deployedSince(entry, versions[entry.exporter]))
        .map((entry) => deployedName(entry, versions[entry.exporter]));
    return Object.values(built).flatMap(({ groups }) => {
        const rules = groups.flatMap((group) => group.rules);
        const known = new Set([
            ...exported,
            ...rules.flatMap((rule) => (rule.record === undefined ? [] : [rule.record])),
        ]);
        return rules
            .flatMap((rule) => selectors(parse(rule.expr)).map((selector) => selector.metric))
            .filter((name) => !known.has(name));
    });
}

describe("promtool check rules", () => {
    it.each(names)("accepts everything shipped for %s", async (name) => {
        const files = (built[name]?.groups ?? []).map((group) => `${name}.${group.name}.json`);
        const result = await promtool(folder, "check", "rules", ...files);
        expect(result.text).toContain("SUCCESS");
        expect(result.ok, result.text).toBe(true);
    });
});

describe("promtool test rules", () => {
    it.concurrent.each(Object.keys(ruleCases))("%s", async (group) => {
        const files: string[] = [];
        for (const name of names) {
            const mine = (ruleCases[group] ?? []).filter((entry) => (entry.infrastructure ?? "efa") === name);
            const rules = built[name];
            if (mine.length === 0 || rules === undefined) {
                continue;
            }
            const wanted = rules.groups.filter(
                (candidate) =>
                    candidate.name === `kilogpu.${group}` || candidate.rules.some((rule) => rule.record !== undefined),
            );
            for (const interval of new Set(mine.map((entry) => entry.interval ?? "1m"))) {
                const file = `test.${group}.${name}.${interval}.json`;
                const test = testFile(
                    wanted.map((candidate) => `${name}.${candidate.name}.json`),
                    wanted.map((candidate) => candidate.name),
                    mine.filter((entry) => (entry.interval ?? "1m") === interval),
                    rules,
                );
                writeFileSync(path.join(folder, file), JSON.stringify({ ...test, evaluation_interval: interval }));
                files.push(file);
            }
        }
        const result = await promtool(folder, "test", "rules", ...files);
        expect(result.ok, result.text).toBe(true);
    });

    it("has a firing and a silent case for every alert, and cases for no other", () => {
        expect(alerts.filter((alert) => firing(alert).length === 0)).toEqual([]);
        expect(alerts.filter((alert) => silent(alert).length === 0)).toEqual([]);
        expect(cases.map((entry) => entry.alert).filter((alert) => !alerts.includes(alert))).toEqual([]);
    });
});

it("ships no rule on a metric that nobody emits", () => {
    expect(deadMetrics()).toEqual([]);
});

describe("a metric that nobody exports", () => {
    /** Every example network, and RoCE with each lossless priority: what can be declared asks for every metric. */
    const declared = [
        ...Object.values(exampleInfrastructures),
        ...Array.from({ length: 8 }, (_, losslessPriority) => ({ ...roce(), losslessPriority })),
    ];
    /** Rules and dashboards from a catalogue; what is wrong with the first that cannot be built. */
    function build(catalog: MetricCatalog): string[] {
        for (const infrastructure of declared) {
            try {
                const rules = alertRules(infrastructure, { ...defaultDeployment(), catalog });
                dashboards(infrastructure, rules.vocabulary);
            } catch (error) {
                return error instanceof DeadQueryError ? [...error.problems] : [String(error)];
            }
        }
        return [];
    }

    it("is built from the whole catalogue", () => {
        expect(build(metricCatalog)).toEqual([]);
    });

    it.each(metricCatalog.metrics.map((entry) => entry.name))("breaks the build by name: %s", (name) => {
        const problems = build({
            ...metricCatalog,
            metrics: metricCatalog.metrics.filter((entry) => entry.name !== name),
        });
        const byName = `uses ${name}, which no deployed exporter exports; add it to catalog/data/metrics.json`;
        expect(
            problems.some((problem) => problem.includes(byName)),
            problems.join("\n") || "it was built: nothing reads this metric",
        ).toBe(true);
    });

    it("breaks the build by exporter and version where it is only too old", () => {
        const { versions, ...rest } = defaultDeployment();
        const old = { ...rest, versions: { ...versions, node: "1.10.2" } };
        expect(() => alertRules(roce(), old)).toThrow(
            "uses node_infiniband_roce_slow_restart_total, which no deployed exporter exports; deploy node 1.11.0 or later",
        );
    });
});

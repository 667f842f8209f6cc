import { describe, expect, it } from "vitest";
import { metricCatalog } from "../../../catalog/metrics";
import { deployedVersions } from "../../../catalog/metric-versions";
import { dashboardQueries, dashboards } from "../../../components/monitoring/dashboards";
import { dcgmCounters } from "../../../components/monitoring/exporters/dcgm";
import { ethtoolMetric, nodeExporterArguments } from "../../../components/monitoring/exporters/node";
import { metricLabelsAllowlist } from "../../../components/monitoring/exporters/kube-state-metrics";
import { inferLabels, parse, selectors } from "../../../components/monitoring/promql";
import { DeadQueryError, Vocabulary, alertRules, defaultDeployment } from "../../../components/monitoring/rules/build";
import { instance, instanceTypes, supportsEfa } from "../../../catalog/instances";
import { FabricKind, fabricProfile, instanceMachine } from "../../../components/fabric";
import { groupFacts } from "../../../components/monitoring/infrastructure";
import { exampleInfrastructures, pool } from "../../alerts/example-infrastructures";

const known = { labelsOf: (name: string) => ({ a: ["x", "y"], b: ["x", "z"], h: ["x", "le"] })[name] };
const infer = (text: string): { labels: string[]; problems: string[] } => {
    const result = inferLabels(parse(text), known);
    return { labels: [...result.labels].sort(), problems: result.problems };
};
const efa = exampleInfrastructures["efa"];
if (efa === undefined) {
    throw new Error("the example is gone");
}

describe("labels of a result", () => {
    it.each<[string, string[]]>([
        ["a", ["x", "y"]],
        ["sum by (x) (rate(a[5m])) > 3", ["x"]],
        ["sum(a) by (y)", ["y"]],
        ["sum without (y) (a)", ["x"]],
        ["topk(3, a)", ["x", "y"]],
        ["a * on (x) group_left (z) b", ["x", "y", "z"]],
        ["a and on (x) b", ["x", "y"]],
        ["a > on (x) b", ["x"]],
        ["a == ignoring (y) a", ["x"]],
        ["histogram_quantile(0.9, sum by (x, le) (rate(h[5m])))", ["x"]],
        ["max_over_time((sum by (x) (a) > 0)[1h:5m])", ["x"]],
        ["predict_linear(a[1h] offset -5m, 3600) < -1e9 ^ 2", ["x", "y"]],
        ['absent(a{x="1"})', ["x"]],
        ["time() - 5", []],
        ["a{x=~`1|2`,y!='3'} or vector(0)", ["x", "y"]],
    ])("%s", (text, labels) => {
        expect(infer(text)).toEqual({ labels, problems: [] });
    });

    it.each<[string, RegExp]>([
        ["nowhere", /uses nowhere, which no deployed exporter exports/],
        ["sum by (z) (a)", /label z, which is not there \(x, y\)/],
        ['a{z="1"}', /asks a for label z/],
        ["a / b", /without on/],
        ["a > on (y) b", /right side of > on for label y/],
        ["a * on (x) group_left (q) b", /group_left for label q/],
        ["a < 0.5 * on (x) b", /matches labels with a number/],
        ["histogram_quantile(0.9, a)", /label le/],
    ])("%s is refused", (text, problem) => {
        expect(infer(text).problems.join("\n")).toMatch(problem);
    });

    it.each(["a b", "sum by (x", "rate(a[5m)", "a{x=1}", "a >", "(a", "a[5m:", "topk(a)", "a % % b"])(
        "%s does not parse",
        (text) => {
            expect(() => parse(text)).toThrow();
        },
    );
});

describe("deployed names", () => {
    const at = (dcgm: string): Vocabulary =>
        new Vocabulary({ ...defaultDeployment(), versions: { dcgm, node: "1.12.1" } });
    const text = 'rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER{gpu="0"}[5m]) * 60 > DCGM_FI_DEV_GPU_TEMP';

    it("change with DCGM 4.6, in rules and in the counters file alike", () => {
        expect(at("4.5.3").deployed(text)).toBe(text);
        expect(at("4.6.0").deployed(text)).toBe(
            'rate(DCGM_FI_DEV_PCIE_REPLAY_TOTAL{gpu="0"}[5m]) * 60 > DCGM_FI_DEV_GPU_TEMP_CELSIUS',
        );
        expect(dcgmCounters("4.5.3")).toContain("\nDCGM_FI_DEV_GPU_TEMP, gauge,");
        expect(dcgmCounters("4.6.0")).toContain("\nDCGM_FI_DEV_GPU_TEMP_CELSIUS, gauge,");
    });

    it("are all in the counters file", () => {
        const version = deployedVersions().dcgm;
        const inFile = dcgmCounters(version)
            .split("\n")
            .map((line) => line.split(",")[0] ?? "");
        const used = Object.values(exampleInfrastructures).flatMap((infrastructure) => {
            const built = alertRules(infrastructure);
            const rules = built.groups.flatMap((group) => group.rules.map((rule) => rule.expr));
            return [...rules, ...dashboardQueries(infrastructure, built.vocabulary)].flatMap((expr) =>
                selectors(parse(expr)).map((selector) => selector.metric),
            );
        });
        const dcgm = [...new Set(used.filter((name) => name.startsWith("DCGM_")))];
        expect(dcgm.length).toBeGreaterThan(20);
        expect(dcgm.filter((name) => !inFile.includes(name))).toEqual([]);
    });
});

describe("exporters", () => {
    it("are told every ethtool statistic that a metric needs, and the metric's name follows from it", () => {
        const ethtool = metricCatalog.metrics.filter((entry) => entry.enable.statistic !== undefined);
        expect(ethtool.map((entry) => ethtoolMetric(entry.enable.statistic ?? ""))).toEqual(
            ethtool.map((entry) => entry.name),
        );
        const include = nodeExporterArguments("/host").find((flag) => flag.includes("metrics-include")) ?? "";
        const pattern = new RegExp(include.slice(include.indexOf("=") + 1));
        expect(ethtool.every((entry) => pattern.test(entry.enable.statistic ?? ""))).toBe(true);
        expect(nodeExporterArguments("/host")).toContain("--collector.ethtool");
    });

    it("allow the labels that expectations are joined on", () => {
        expect(metricLabelsAllowlist()).toEqual([
            "nodes=[kilogpu.dev/capacity-group,node.kubernetes.io/instance-type]",
        ]);
    });

    it("know that an old node exporter has no RoCE counters: the alert cannot be built", () => {
        const old = { ...defaultDeployment(), versions: { dcgm: "4.6.0", node: "1.10.2" } };
        const build = (): unknown => alertRules(exampleInfrastructures["roce"] ?? efa, old);
        expect(build).toThrow(
            /alert RdmaOutOfSequence uses node_infiniband_out_of_sequence_packets_received_total, .*deploy node 1\.11\.0 or later/,
        );
    });
});

describe("a metric that is taken out of the catalogue", () => {
    const whole = Object.values(exampleInfrastructures).map((infrastructure) => {
        const built = alertRules(infrastructure);
        const rules = built.groups.flatMap((group) => group.rules.map((rule) => rule.expr));
        const read = new Set(rules.flatMap((rule) => selectors(parse(rule)).map((selector) => selector.metric)));
        return { infrastructure, built, read };
    });

    it.each(metricCatalog.metrics.map((entry) => entry.name))("%s breaks whoever reads it, and nobody else", (name) => {
        const catalog = { ...metricCatalog, metrics: metricCatalog.metrics.filter((entry) => entry.name !== name) };
        for (const { infrastructure, built, read } of whole) {
            const build = (): unknown => alertRules(infrastructure, { ...defaultDeployment(), catalog });
            if (read.has(built.vocabulary.deployed(name))) {
                expect(build).toThrow(DeadQueryError);
                expect(build).toThrow(name);
            } else {
                expect(build).not.toThrow();
            }
        }
    });
});

describe("any GPU instance of the catalogue", () => {
    it.each(instanceTypes())("%s: rules and dashboards can be built", (type) => {
        const fabric = supportsEfa(instance(type)) ? FabricKind.Efa : FabricKind.Tcp;
        const profile = fabricProfile(instanceMachine(instance(type)), fabric);
        const groups = groupFacts([pool("group", type, fabric, 3)], { group: profile });
        const built = alertRules({ ...efa, groups });
        expect(built.alerts.length).toBeGreaterThan(70);
        expect(dashboards({ ...efa, groups }, built.vocabulary)).toHaveLength(7);
    });
});

describe("dashboards", () => {
    it.each(Object.keys(exampleInfrastructures))("of %s have no query that stays empty", (name) => {
        const infrastructure = exampleInfrastructures[name] ?? efa;
        expect(dashboards(infrastructure, alertRules(infrastructure).vocabulary)).toHaveLength(7);
    });

    it("break by name where a panel's metric is gone", () => {
        const catalog = {
            ...metricCatalog,
            metrics: metricCatalog.metrics.filter((entry) => entry.name !== "train_mfu_ratio"),
        };
        const built = alertRules(efa, { ...defaultDeployment(), catalog });
        expect(() => dashboards(efa, built.vocabulary)).toThrow(
            'panel "Model FLOPs utilisation" of dashboard job uses train_mfu_ratio',
        );
    });
});

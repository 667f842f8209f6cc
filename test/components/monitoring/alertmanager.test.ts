import { describe, expect, it } from "vitest";
import { alertmanagerConfig } from "../../../components/monitoring/values/alertmanager";

interface Rule {
    source_matchers: string[];
    target_matchers: string[];
    equal?: string[];
}

/** Alertmanager's own semantics of a matcher, for the forms that the configuration uses. */
function matches(matchers: string[], labels: { [label: string]: string }): boolean {
    return matchers.every((matcher) => {
        const [, label = "", op = "", value = ""] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(matcher) ?? [];
        const got = labels[label] ?? "";
        const whole = new RegExp(`^(?:${value})$`).test(got);
        return op === "=" ? got === value : op === "!=" ? got !== value : op === "=~" ? whole : !whole;
    });
}

const rules = alertmanagerConfig({ page: true, warning: true, remediation: true })["inhibit_rules"] as Rule[];

/** Whether `source` keeps `target` quiet. */
function inhibits(source: { [label: string]: string }, target: { [label: string]: string }): boolean {
    return rules.some(
        (rule) =>
            matches(rule.source_matchers, source) &&
            matches(rule.target_matchers, target) &&
            (rule.equal ?? []).every((label) => (source[label] ?? "") === (target[label] ?? "")),
    );
}

const alert = (alertname: string, labels: { [label: string]: string }): { [label: string]: string } => ({
    alertname,
    kilogpu_group: "x",
    ...labels,
});

describe("inhibition", () => {
    it("makes one page of a dead node", () => {
        const dead = alert("GpuNodeNotReady", { node: "n1" });
        for (const name of [
            "GpuMissing",
            "RdmaPortsMissing",
            "EfaInterfacesMissing",
            "NodeExporterMissing",
            "GpuTelemetryMissing",
        ]) {
            expect(inhibits(dead, alert(name, { node: "n1" })), name).toBe(true);
            expect(inhibits(dead, alert(name, { node: "n2" })), name).toBe(false);
        }
        expect(inhibits(dead, dead)).toBe(false);
    });

    it("does not page again when a node goes down for the restart that its XID asks for", () => {
        for (const name of ["GpuXidFallenOffBus", "GpuXidRestartMachine"]) {
            const fallen = alert(name, { node: "n1", gpu: "3", UUID: "GPU-3", xid: "79" });
            expect(inhibits(fallen, alert("GpuNodeNotReady", { node: "n1" }))).toBe(true);
            expect(inhibits(fallen, alert("GpuMissing", { node: "n1" }))).toBe(true);
            expect(inhibits(alert("GpuNodeNotReady", { node: "n1" }), fallen)).toBe(false);
            expect(inhibits(fallen, alert("GpuNodeNotReady", { node: "n2" }))).toBe(false);
        }
    });

    it("makes one page of a memory error that is seen twice, and keeps those of other GPUs", () => {
        const xid = alert("GpuXidMemory", { node: "n1", gpu: "3", xid: "48" });
        expect(inhibits(xid, alert("GpuEccDoubleBit", { node: "n1", gpu: "3" }))).toBe(true);
        expect(inhibits(xid, alert("GpuEccDoubleBit", { node: "n1", gpu: "4" }))).toBe(false);
    });

    it("never silences another job for the loss of one", () => {
        const spike = alert("TrainingLossSpike", { namespace: "research", job_name: "a" });
        expect(inhibits(spike, alert("TrainingLossAnomaly", { namespace: "research", job_name: "a" }))).toBe(true);
        expect(inhibits(spike, alert("TrainingLossAnomaly", { namespace: "research", job_name: "b" }))).toBe(false);
    });

    it("has no two alerts that silence each other, so that somebody always speaks", () => {
        const names = [
            "GpuNodeNotReady",
            "GpuXidFallenOffBus",
            "GpuXidRestartMachine",
            "GpuXidMemory",
            "GpuEccDoubleBit",
            "GpuMissing",
            "RdmaPortDown",
            "RdmaPortsMissing",
            "TrainingLossSpike",
            "TrainingStalled",
            "NcclHang",
            "KubeStateMetricsMissing",
        ];
        const labels = { node: "n1", gpu: "3", namespace: "n", job_name: "j", pod: "p" };
        for (const a of names) {
            for (const b of names) {
                expect(
                    inhibits(alert(a, labels), alert(b, labels)) && inhibits(alert(b, labels), alert(a, labels)),
                    `${a} and ${b}`,
                ).toBe(false);
            }
        }
    });
});

describe("routes", () => {
    it("name only receivers that there are", () => {
        for (const page of [true, false]) {
            for (const remediation of [true, false]) {
                const config = alertmanagerConfig({ page, warning: false, remediation }) as {
                    route: { receiver: string; routes: { receiver: string }[] };
                    receivers: { name: string }[];
                };
                const names = config.receivers.map((receiver) => receiver.name);
                expect(
                    [config.route.receiver, ...config.route.routes.map((route) => route.receiver)].filter(
                        (name) => !names.includes(name),
                    ),
                ).toEqual([]);
            }
        }
    });
});

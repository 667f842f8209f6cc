/** When a drill has failed, and what Alertmanager is told. Each way to fail is tried. */
import { describe, expect, it } from "vitest";
import { drills, findDrill } from "../../../twin/drills/drills";
import { judge } from "../../../twin/drills/judgement";
import type { Notification } from "../../../twin/drills/notifications";
import { routingFor, scaleGroups } from "../../../twin/drills/shipped";
import { alertRules } from "../../../components/monitoring";
import { FabricKind } from "../../../components/fabric/profile";

const victim = {
    expected: { alert: "GpuXidFallenOffBus", severity: "critical" as const },
    job: { key: "team/job" },
    node: { name: "n1" },
};

function notification(alertname: string, labels: { [label: string]: string } = {}, receiver = "page"): Notification {
    return {
        receiver,
        at: 0,
        status: "firing",
        groupKey: "",
        alerts: [
            { status: "firing", labels: { alertname, severity: "critical", ...labels }, annotations: {}, startsAt: "" },
        ],
    };
}

const right = notification("GpuXidFallenOffBus", { node: "n1" });
const of = (notifications: Notification[], whole?: boolean): string[] =>
    judge({ names: "node" }, victim, notifications, { added: [] }, whole).failures;

describe("a drill", () => {
    it("passes with one page that names the node, and self-healing's copy beside it", () => {
        expect(of([right, notification("GpuXidFallenOffBus", { node: "n1" }, "remediation")])).toEqual([]);
    });

    it.each([
        ["nothing arrived", [], /0 times/],
        ["it arrived twice", [right, right], /2 times/],
        ["another node is named", [notification("GpuXidFallenOffBus", { node: "n2" })], /does not name node n1/],
        ["something else critical arrived", [right, notification("GpuMissing", { node: "n1" })], /GpuMissing/],
        [
            "it came with another severity",
            [notification("GpuXidFallenOffBus", { node: "n1", severity: "warning" })],
            /came as warning/,
        ],
    ])("fails where %s", (_, notifications, failure) => {
        expect(of(notifications).join()).toMatch(failure);
    });

    it("counts a warning once although its group is sent again when another joins", () => {
        const warning = { ...victim, expected: { alert: "GpuThermalThrottle", severity: "warning" as const } };
        const first = notification("GpuThermalThrottle", { node: "n1", severity: "warning" }, "warning");
        const other = notification("GpuHotterThanPeers", { node: "n1", severity: "warning" }, "warning");
        const again = { ...first, alerts: [...first.alerts, ...other.alerts] };
        expect(judge({ names: "node" }, warning, [first, again], { added: [] }, undefined).failures).toEqual([]);
        const later = { ...first, alerts: first.alerts.map((each) => ({ ...each, startsAt: "later" })) };
        expect(judge({ names: "node" }, warning, [first, later], { added: [] }, undefined).failures.join()).toMatch(
            /2 times/,
        );
    });

    it("fails where the job is not whole again, and says nothing of a job that was not touched", () => {
        expect(of([right], false).join()).toMatch(/not whole/);
        expect(of([right], true)).toEqual([]);
        expect(of([right], undefined)).toEqual([]);
    });
});

describe("the drills", () => {
    const infrastructure = {
        groups: [
            {
                name: "g",
                label: "kilogpu.dev/capacity-group",
                labelValue: "v",
                nodes: 2,
                gpusPerNode: 8,
                schedulableGpusPerNode: 8,
                gpuPowerWatts: 700,
                pcieGeneration: 5,
                fabric: FabricKind.Infiniband,
                rdmaPorts: 8,
                portGbps: 400,
                efaPerNode: 16,
                busBandwidthFloorGBs: 300,
                usdPerHour: 0,
            },
        ],
        losslessPriority: 3,
        queues: [],
        runbookBase: "https://runbooks.example.com/",
        plannedSeries: 1,
        checkpointSeconds: 60,
    };

    it("expect alerts that the library has, with the severity that it gives them", () => {
        const { alerts } = alertRules(infrastructure);
        for (const { name, expect: expected } of drills) {
            for (const each of "alert" in expected ? [expected] : [expected.efa, expected.rdma]) {
                expect(alerts.find((alert) => alert.name === each.alert)?.severity, name).toBe(each.severity);
            }
        }
    });

    it("are found by name, once each", () => {
        expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length);
        expect(findDrill("xid-79")?.names).toBe("node");
        expect(findDrill("xid")).toBeUndefined();
    });

    it("run on every shipped rule with no duration of life left", () => {
        for (const { interval, rules } of scaleGroups(alertRules(infrastructure).groups, {
            factor: 30,
            scrapeSeconds: 2,
        })) {
            expect(interval).toMatch(/^\d+ms$/);
            for (const rule of rules) {
                expect(rule.expr).not.toMatch(/\[\d+[smhd](?!s)/);
                expect(`${rule.for ?? "1ms"}${rule.keep_firing_for ?? "1ms"}`).toMatch(/^\d+ms\d+ms$/);
            }
        }
    });
});

describe("routingFor", () => {
    const recorder = "http://127.0.0.1:1";

    it("listens where the environment tells nobody", () => {
        const { added, config } = routingFor({}, recorder, 30);
        expect(added).toEqual(["drill-critical", "drill-warning"]);
        expect(config.route?.routes).toContainEqual({ receiver: "drill-critical", matchers: ['severity="critical"'] });
        expect(config.route).toMatchObject({ group_wait: "1000ms", group_interval: "10000ms" });
    });

    it("keeps routes, inhibitions and names, and sends every webhook to the recorder", () => {
        const shipped = {
            route: {
                receiver: "nobody",
                group_wait: "30s",
                routes: [
                    { receiver: "page", matchers: ['severity="critical"'], repeat_interval: "4h" },
                    { receiver: "mail", matchers: ['severity = "warning"'] },
                ],
            },
            inhibit_rules: [{ equal: ["node"] }],
            receivers: [
                { name: "nobody" },
                { name: "page", webhook_configs: [{ url_file: "/x" }] },
                { name: "mail", email_configs: [] },
            ],
        };
        const { added, config } = routingFor(shipped, recorder, 30);
        expect(added).toEqual([]);
        expect(config.inhibit_rules).toEqual(shipped.inhibit_rules);
        expect(config.receivers?.map((receiver) => JSON.stringify(receiver))).toEqual([
            '{"name":"nobody"}',
            '{"name":"page","webhook_configs":[{"url":"http://127.0.0.1:1/notify/page","send_resolved":true}]}',
            '{"name":"mail","webhook_configs":[{"url":"http://127.0.0.1:1/notify/mail","send_resolved":true}]}',
        ]);
        expect(config.route?.routes?.[0]?.["repeat_interval"]).toBe("480000ms");
    });
});

// Alertmanager's own tool on its configuration: of every environment as planned, and of every choice of receivers; then where each
// shipped alert would be delivered.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultKubernetesMinor } from "../../catalog/releases";
import { alertRules } from "../../components/monitoring/rules/build";
import { alertmanagerConfig } from "../../components/monitoring/values/alertmanager";
import type { Receivers } from "../../components/monitoring/values/alertmanager";
import { consoleProgress } from "../../twin/progress";
import { ensureTools, ToolName } from "../../twin/toolchain";
import { exampleInfrastructures } from "../alerts/example-infrastructures";
import { names, releasesIn } from "../truth/planned";

/** Environments that declare monitoring. */
const monitored = names.filter((name) =>
    /^ *(kilogpu:)?monitoring:/m.test(
        readFileSync(join(__dirname, "..", "..", "stacks", `Pulumi.${name}.yaml`), "utf8"),
    ),
);

let amtool = "";
let folder = "";
let routed = 0;

beforeAll(async () => {
    const toolchain = await ensureTools([ToolName.Amtool], {
        kubernetesVersion: defaultKubernetesMinor,
        progress: consoleProgress(),
    });
    amtool = toolchain.path(ToolName.Amtool);
    folder = mkdtempSync(join(tmpdir(), "kilogpu-amtool-"));
});

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    console.log(`amtool: ${monitored.join(", ")} checked, ${routed.toString()} deliveries`);
});

function written(name: string, config: unknown): string {
    const file = join(folder, `${name}.yaml`);
    // YAML reads JSON.
    writeFileSync(file, JSON.stringify(config));
    return file;
}

/** Receivers of an alert, in the order of the routes. */
function deliveredTo(file: string, labels: { [label: string]: string }): string[] {
    routed += 1;
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return execFileSync(amtool, ["config", "routes", "test", `--config.file=${file}`, ...pairs], { encoding: "utf8" })
        .trim()
        .split(",");
}

const choices: Receivers[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    page: (bits & 1) > 0,
    warning: (bits & 2) > 0,
    remediation: (bits & 4) > 0,
}));
const nameOf = (receivers: Receivers): string =>
    Object.entries(receivers)
        .filter(([, wanted]) => wanted === true)
        .map(([name]) => name)
        .join("-") || "nobody";

/** Label sets of all shipped alerts. */
const alerts = Object.values(exampleInfrastructures)
    .flatMap((infrastructure) => alertRules(infrastructure).groups)
    .flatMap((group) => group.rules)
    .filter((rule) => rule.alert !== undefined)
    .map((rule) => ({ alertname: rule.alert ?? "", ...rule.labels, node: "gpu-017" }));
const distinct = [...new Map(alerts.map((labels) => [labels.alertname, labels])).values()];

describe("amtool check-config", () => {
    it.each(monitored)("accepts what environment %s plans", async (environment) => {
        const values = (await releasesIn(environment))
            .map((release) => release.inputs["values"])
            .find((candidate) => typeof candidate === "object" && candidate !== null && "alertmanager" in candidate) as
            { alertmanager: { config: { receivers: { name: string }[] } } } | undefined;
        const config = values?.alertmanager.config;
        expect(config, "no Helm release with an Alertmanager is planned").toBeDefined();
        const text = execFileSync(amtool, ["check-config", written(`environment-${environment}`, config)], {
            encoding: "utf8",
        });
        expect(text).toContain("SUCCESS");
        expect(text).toContain(`- ${config?.receivers.length.toString() ?? ""} receivers`);
    });

    it.each(choices.map((choice) => [nameOf(choice), choice] as const))("accepts receivers %s", (name, choice) => {
        const text = execFileSync(amtool, ["check-config", written(name, alertmanagerConfig(choice))], {
            encoding: "utf8",
        });
        expect(text).toContain("SUCCESS");
    });

    it("refuses a route to a receiver that is not there", () => {
        const config = alertmanagerConfig({ page: true, warning: true, remediation: true });
        const broken = written("broken", { ...config, receivers: [{ name: "nobody" }] });
        const run = spawnSync(amtool, ["check-config", broken], { encoding: "utf8" });
        expect(run.status).not.toBe(0);
        expect(run.stdout + run.stderr).toMatch(/undefined receiver/);
    });
});

describe("amtool config routes test", () => {
    const all: Receivers = { page: true, warning: true, remediation: true };

    it("delivers each shipped alert to remediation, and to a person by its severity", () => {
        const file = written("all", alertmanagerConfig(all));
        for (const labels of distinct) {
            const person: { [severity: string]: string[] } = { critical: ["page"], warning: ["warning"], info: [] };
            expect(deliveredTo(file, labels), labels.alertname).toEqual([
                "remediation",
                ...(person[labels["severity" as keyof typeof labels]] ?? ["no such severity"]),
            ]);
        }
        expect(distinct.length).toBeGreaterThan(100);
    });

    it.each(choices.map((choice) => [nameOf(choice), choice] as const))(
        "leaves out who is not declared: %s",
        (name, choice) => {
            const file = written(name, alertmanagerConfig(choice));
            for (const severity of ["critical", "warning", "info"]) {
                const expected = [
                    ...(choice.remediation ? ["remediation"] : []),
                    ...(choice.page && severity === "critical" ? ["page"] : []),
                    ...(choice.warning && severity === "warning" ? ["warning"] : []),
                ];
                expect(deliveredTo(file, { alertname: "Any", severity, kilogpu_group: "gpu" })).toEqual(
                    expected.length === 0 ? ["nobody"] : expected,
                );
            }
        },
    );

    it("wakes nobody for the watchdog, and hands alerts of others to a person but not to remediation", () => {
        const file = written("all", alertmanagerConfig(all));
        expect(deliveredTo(file, { alertname: "Watchdog", severity: "none" })).toEqual(["nobody"]);
        expect(deliveredTo(file, { alertname: "KubeAPIDown", severity: "critical" })).toEqual(["page"]);
    });
});

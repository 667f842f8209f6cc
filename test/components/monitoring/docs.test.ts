import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { alertsPage, documentedAlerts, runbookPage } from "../../alerts/alert-docs";

const docs = path.join(__dirname, "../../../docs");
const runbooks = path.join(docs, "runbooks");
const pages = new Map(
    documentedAlerts().flatMap((group) =>
        group.alerts.map((alert) => [`${alert.name}.md`, runbookPage(alert, group.title)]),
    ),
);

if (process.env["KILOGPU_UPDATE_DOCS"] === "1") {
    rmSync(runbooks, { recursive: true, force: true });
    mkdirSync(runbooks, { recursive: true });
    pages.forEach((text, file) => {
        writeFileSync(path.join(runbooks, file), text);
    });
    writeFileSync(path.join(docs, "alerts.md"), alertsPage());
}

describe("the generated pages", () => {
    it("are one for each alert, and current", () => {
        expect(readdirSync(runbooks).sort()).toEqual([...pages.keys()].sort());
        for (const [file, text] of pages) {
            expect(readFileSync(path.join(runbooks, file), "utf8"), file).toBe(text);
        }
        expect(readFileSync(path.join(docs, "alerts.md"), "utf8")).toBe(alertsPage());
    });

    it("have no template mark left, and each says what to look at and what to do", () => {
        for (const group of documentedAlerts()) {
            for (const alert of group.alerts) {
                const text = pages.get(`${alert.name}.md`) ?? "";
                expect(text.replace(/```promql[^]*?```/, ""), alert.name).not.toMatch(/\{\{/);
                expect(alert.runbook.look.length * alert.runbook.act.length, alert.name).toBeGreaterThan(0);
            }
        }
    });
});

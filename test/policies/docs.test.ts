// docs/policies.md is what the rules say. `UPDATE_DOCS=1 npx vitest run test/policies/docs.test.ts` writes it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { rules } from "../../policies/rules";
import * as components from "../../components";
import { cisCoverage } from "./coverage-cis";
import { nagCoverage } from "./coverage-nag";
import { policiesPage } from "./generate-docs";

const file = join(__dirname, "../../docs/policies.md");

it("is up to date (npm run docs writes it)", async () => {
    const page = await format(policiesPage(), { ...(await resolveConfig(file)), filepath: file });
    if (process.env["UPDATE_DOCS"] !== undefined) {
        writeFileSync(file, page);
    }
    expect(readFileSync(file, "utf8")).toBe(page);
});

const coverage = [...cisCoverage, ...nagCoverage];

it("names only rules that exist as an answer to a recommendation", () => {
    const names = rules.map(({ name }) => name);
    const named = coverage.flatMap(({ answer }) => (answer.by === "rule" ? answer.rules : []));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
});

it("names only components that exist as an answer by construction", () => {
    const named = coverage.flatMap(({ answer }) => (answer.by === "by construction" ? answer.components : []));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in components))).toEqual([]);
});

it("says why, wherever a recommendation has neither rule nor component", () => {
    const silent = coverage.filter(({ answer, note }) => answer.by.startsWith("not") && (note ?? "").length < 20);
    expect(silent.map(({ ids }) => ids)).toEqual([]);
});

// docs/policies.md is what the rules say. `UPDATE_DOCS=1 npx vitest run test/policies/docs.test.ts` writes it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { coverage } from "./coverage";
import { policiesPage } from "./generate-docs";

const file = join(__dirname, "../../docs/policies.md");

it("is up to date (npm run docs writes it)", async () => {
    const page = await format(policiesPage(), { ...(await resolveConfig(file)), filepath: file });
    if (process.env["UPDATE_DOCS"] !== undefined) {
        writeFileSync(file, page);
    }
    expect(readFileSync(file, "utf8")).toBe(page);
});

it("names only rules that exist as an answer to a recommendation", () => {
    const names = rules.map(({ name }) => name);
    const named = coverage
        .filter(({ answer }) => answer === "rule")
        .flatMap(({ where }) => where.replace(/ with .*/, "").split(", "));
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
});

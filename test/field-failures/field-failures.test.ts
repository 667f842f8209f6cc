// Failures that people reported, each caught before anything is created, by the rule or input check that the report names.
import { describe, expect, it } from "vitest";
import { rules } from "../../policies/rules";
import { newViolations } from "../mutants/kill";
import { failures } from "./failures";

describe("failures of the field", () => {
    it("are at least 25, each from its own report", () => {
        expect(failures.length).toBeGreaterThanOrEqual(25);
        expect(new Set(failures.map(({ link }) => link)).size).toBe(failures.length);
    });

    it.each(failures)("$link: $story", async ({ edits, check, program = "prod", caughtBy }) => {
        if (check !== undefined) {
            expect(check().map(({ path }) => path)).toContain(caughtBy);
            return;
        }
        expect(rules.map(({ name }) => name)).toContain(caughtBy);
        expect(await newViolations(program, edits ?? [])).toContain(caughtBy);
    });
});

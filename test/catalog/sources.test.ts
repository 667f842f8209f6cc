/** Every source says when it was read, or that it was not; docs/catalogue.md says the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogueDocument, facts } from "./catalogue-doc";

const document = join(__dirname, "../../docs/catalogue.md");

describe("sources of the catalogue", () => {
    it("have a date of reading, or say that nobody re-read the figure, and never both", () => {
        for (const { topic, entries, source } of facts()) {
            const label = `${topic} of ${entries.join(", ")}`;
            expect(source.read === undefined, label).toBe(source.verified === false);
            expect(source.where.includes("not re-read"), label).toBe(source.verified === false);
        }
    });

    it("stand in docs/catalogue.md as they stand in the data", async () => {
        await expect(catalogueDocument()).toMatchFileSnapshot(document);
    });

    it("that were not re-read are listed there before all others, with their entries", () => {
        const [open = ""] = readFileSync(document, "utf8").split("\n## Read\n");
        const unverified = facts().filter(({ source }) => source.verified === false);
        expect(unverified.length).toBeGreaterThan(0);
        for (const { source } of unverified) {
            expect(open).toContain(source.where);
        }
        expect(open).not.toMatch(/\| \d{4}-\d{2}-\d{2} \|/);
    });
});

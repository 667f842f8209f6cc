/** The house rule on imports, by ESLint itself: an import that goes up the list is an error, one that goes down is none. */
import { ESLint } from "eslint";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "../../..");
// The one rule needs no types: without a program the whole suite takes no longer than its parsing.
const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => ruleId === "no-restricted-imports",
    overrideConfig: { languageOptions: { parserOptions: { project: false } } },
});

async function refused(file: string, from: string): Promise<boolean> {
    const [result] = await eslint.lintText(`import "${from}";\n`, { filePath: join(root, file) });
    expect(
        result?.messages.filter(({ fatal }) => fatal),
        file,
    ).toEqual([]);
    return result?.messages.some(({ ruleId }) => ruleId === "no-restricted-imports") ?? false;
}

describe("imports", () => {
    it.each([
        ["catalog/nearest.ts", "../components/input"],
        ["components/input/problem.ts", "../../stacks/config"],
        ["components/input/problem.ts", "../../policies/rule"],
        ["components/input/problem.ts", "../../twin/places"],
        ["policies/rule.ts", "../twin/places"],
        ["stacks/config.ts", "../policies/rules"],
        ["twin/places.ts", "../components/input"],
        ["cli/table.ts", "../test/support/mocks"],
    ])("of %s may not name %s", async (file, from) => {
        expect(await refused(file, from)).toBe(true);
    });

    it.each([
        ["components/input/problem.ts", "../../catalog/nearest"],
        ["policies/rule.ts", "../components/input"],
        ["stacks/config.ts", "../components"],
        ["twin/places.ts", "../catalog"],
        ["cli/table.ts", "../twin/places"],
    ])("of %s may name %s", async (file, from) => {
        expect(await refused(file, from)).toBe(false);
    });
});

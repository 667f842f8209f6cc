import { describe, expect, it } from "vitest";
import { configOf, refusal } from "./environment";
import type { EnvironmentConfig } from "./environment";
import { firstMistakes } from "./mistakes/first";
import type { Mistake } from "./mistakes/mistake";
import { secondMistakes } from "./mistakes/second";

const mistakes: Mistake[] = [...firstMistakes, ...secondMistakes];

/** The environment's configuration with values put at paths. */
function changed(environment: string, set: { [path: string]: unknown }): EnvironmentConfig {
    const config = configOf(environment);
    for (const [path, value] of Object.entries(set)) {
        const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
        const [first = "", ...rest] = path.includes(":") ? [path] : steps;
        const keys = [first.includes(":") ? first : `kilogpu:${first}`, ...rest];
        const last = keys.pop() ?? "";
        let target = config;
        for (const key of keys) {
            target[key] ??= {};
            target = target[key] as { [key: string]: unknown };
        }
        if (value === undefined) {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- keys of a test's own copy
            delete target[last];
        } else {
            target[last] = value;
        }
    }
    return config;
}

describe("wrong input", () => {
    it.each(mistakes)(
        "$title is told before anything is created",
        async ({ environment, set, path, got, legal, remedy }) => {
            const name = environment ?? "prod";
            const { problems, registered } = await refusal(name, changed(name, set));
            const problem = problems.find((each) => each.path === path);
            expect(problem, `problems at ${problems.map((each) => each.path).join(", ")}`).toBeDefined();
            expect(problem?.got).toBe(got);
            expect(problem?.legal).toMatch(legal);
            expect(problem?.remedy).toContain(remedy);
            expect(problem?.remedy).not.toBe("");
            expect(registered).toBe(0);
        },
    );

    it("tells all mistakes at once", async () => {
        const { problems } = await refusal(
            "prod",
            changed("prod", { "kubernetes.version": "1.25", "pools[0].nodes": 0, "budget.hourlyUsd": -1 }),
        );
        expect(problems.map((problem) => problem.path)).toEqual(
            expect.arrayContaining(["kubernetes.version", "pools[0].nodes", "budget.hourlyUsd"]),
        );
    });

    it("accepts every environment as it is", async () => {
        await expect(refusal("prod", configOf("prod"))).rejects.toThrow("no InputError");
    });
});

/** Where the time of `kilogpu twin up prod` goes with the toolchain cached, and the memory of all its processes: shares and ratios, no verdict. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSandbox, type Sandbox } from "../support/twin";

let sandbox: Sandbox;

beforeAll(() => {
    sandbox = makeSandbox("bench");
});

afterAll(() => {
    sandbox.kilogpu("twin", "down", "prod");
    sandbox.remove();
});

/** Steps of the progress with their seconds. */
function phases(progress: string): [string, number][] {
    return [...progress.matchAll(/✓ ([^:\n]+)[^\n]*\((\d+\.\d) s\)/g)].map(([, title = "", seconds = "0"]) => [
        title,
        Number(seconds),
    ]);
}

describe("twin up prod", () => {
    it("prints its phases, first and again, and its memory", () => {
        const first = sandbox.kilogpu("twin", "up", "prod");
        expect(first.code, first.stderr).toBe(0);
        const again = sandbox.kilogpu("twin", "up", "prod");
        expect(again.code, again.stderr).toBe(0);
        for (const [name, run] of [
            ["first up", first],
            ["second up, nothing to change", again],
        ] as const) {
            const steps = phases(run.stderr);
            const total = steps.reduce((sum, [, seconds]) => sum + seconds, 0);
            expect(steps.length).toBeGreaterThan(2);
            console.log(
                `${name}: ${total.toFixed(1)} s\n${steps.map(([title, seconds]) => `  ${title.padEnd(28)} ${seconds.toFixed(1).padStart(6)} s  ${((100 * seconds) / total).toFixed(0).padStart(3)} %`).join("\n")}`,
            );
        }
        const memory = /\(([\d,]+) MiB\)/.exec(first.stdout)?.[1];
        expect(memory).toBeDefined();
        console.log(`memory of all processes: ${memory ?? ""} MiB of 2,048`);
        expect(Number(memory?.replace(",", ""))).toBeLessThan(2048);
    });
});

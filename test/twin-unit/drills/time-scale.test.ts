/** Rules in drill time: every duration divided, everything else as it was. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs, scaleDuration, scaleExpression } from "../../../twin/drills/time-scale";

describe("scaleExpression", () => {
    it.each([
        ["rate(x[5m])", "rate(x[10000ms])"],
        ["x offset 30m", "x offset 60000ms"],
        ["count_over_time((x > 0)[24h:5m]) >= 5", "count_over_time((x > 0)[2880000ms:10000ms]) >= 5"],
        ['predict_linear(x{pod!=""}[1h], 7200) > y', 'predict_linear(x{pod!=""}[120000ms], 240) > y'],
        ["deriv(x[2h]) * 3600 > 0.02 * x", "deriv(x[240000ms]) * 120 > 0.02 * x"],
        ['(time() - max by (node) (boot{a="1"}) < 600)', '(time() - max by (node) (boot{a="1"}) < 20)'],
        ["time() - max(last) > 3 * max(interval)", "time() - max(last) > 3 * max(interval)"],
        ["x and on (a) (time() - start > 5400)", "x and on (a) (time() - start > 180)"],
        ["time() - a and b > 600", "time() - a and b > 600"],
        ["rate(x[5m]) * 60 > 5", "rate(x[10000ms]) * 60 > 5"],
        ['x{message_size="5m"} > 600', 'x{message_size="5m"} > 600'],
    ])("%s", (life, drill) => {
        expect(scaleExpression(life, 30)).toBe(drill);
    });

    it("changes nothing at factor one but the way durations are written", () => {
        expect(scaleExpression("predict_linear(x[1h], 7200) < 0 and time() - y > 600", 1)).toBe(
            "predict_linear(x[3600000ms], 7200) < 0 and time() - y > 600",
        );
    });
});

describe("scaleDuration", () => {
    it("divides, and never gives nothing", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 100_000 }),
                fc.constantFrom("ms", "s", "m", "h", "d"),
                fc.integer({ min: 1, max: 100 }),
                (amount, unit, factor) => {
                    const scaled = durationMs(scaleDuration(`${amount.toString()}${unit}`, factor));
                    expect(scaled).toBe(Math.max(1, Math.round(durationMs(`${amount.toString()}${unit}`) / factor)));
                },
            ),
        );
    });

    it("reads compound durations", () => {
        expect(durationMs("1h30m")).toBe(5_400_000);
    });
});

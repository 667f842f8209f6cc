// The schedules of a capacity block, minute by minute, against a cron matcher that shares no code with what it checks.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
    DRAIN_MINUTES,
    capacityWindow,
    coverWithCron,
    parseInstant,
    windowSchedules,
} from "../../../components/gpu-node-pool/window";

const MINUTE = 60_000;
const at = (text: string) => parseInstant(text) as number;

/** Values that one field of a cron expression allows. */
function field(text: string, low: number, high: number): Set<number> {
    const values = new Set<number>();
    for (const item of text.split(",")) {
        const [span = "", step = "1"] = item.split("/");
        const [first, last] = span === "*" ? [low, high] : span.split("-").map(Number);
        for (let value = first ?? 0; value <= (last ?? first ?? 0); value += Number(step)) {
            values.add(value);
        }
    }
    return values;
}

/** A predicate for the minutes at which an expression fires. */
function firing(cron: string): (minute: number) => boolean {
    const [minutes = "", hours = "", days = "", months = "", weekdays] = cron.split(" ");
    const sets = [field(minutes, 0, 59), field(hours, 0, 23), field(days, 1, 31), field(months, 1, 12)] as const;
    if (weekdays !== "*") {
        throw new Error("a weekday beside a day of the month means either, not both");
    }
    return (minute) => {
        const date = new Date(minute);
        return (
            sets[0].has(date.getUTCMinutes()) &&
            sets[1].has(date.getUTCHours()) &&
            sets[2].has(date.getUTCDate()) &&
            sets[3].has(date.getUTCMonth() + 1)
        );
    };
}

const windows = fc
    .record({
        start: fc.integer({ min: 0, max: 3 * 366 * 1440 }),
        minutes: fc.oneof(fc.integer({ min: 60, max: 3 * 1440 }), fc.integer({ min: 1440, max: 182 * 1440 })),
    })
    .map(({ start, minutes }) => {
        const from = Date.UTC(2026, 0, 1) + start * MINUTE;
        return capacityWindow(from, from + minutes * MINUTE);
    });

describe("schedules of a capacity block", () => {
    it("are readable for a block of two weeks", () => {
        const schedules = windowSchedules(capacityWindow(at("2026-12-01T11:30:00Z"), at("2026-12-15T11:30:00Z")));
        expect(schedules).toEqual([
            { action: "up", cron: "30,40,50 11 1 12 *" },
            { action: "up", cron: "*/10 12-23 1 12 *" },
            { action: "up", cron: "*/10 * 2-14 12 *" },
            { action: "up", cron: "*/10 0-10 15 12 *" },
            { action: "down", cron: "0,10,20 11 15 12 *" },
        ]);
    });

    it("join the months between the first and the last, also over New Year", () => {
        expect(coverWithCron(at("2026-11-20T00:00Z"), at("2027-03-05T00:00Z"))).toEqual([
            "0,10,20,30,40,50 0 20 11 *",
            "*/10 1-23 20 11 *",
            "*/10 * 21-31 11 *",
            "*/10 * * 12,1,2 *",
            "*/10 * 1-4 3 *",
        ]);
    });

    it("hold the nodes at every minute of the window, release them in the drain, and never fire outside", () => {
        fc.assert(
            fc.property(windows, (window) => {
                const schedules = windowSchedules(window).map(({ action, cron }) => ({ action, fires: firing(cron) }));
                let last = "none";
                const from = window.start - 2 * 1440 * MINUTE;
                for (let minute = from; minute < window.end + 2 * 1440 * MINUTE; minute += MINUTE) {
                    const fired = schedules.filter((schedule) => schedule.fires(minute)).map(({ action }) => action);
                    // AWS refuses two actions of one group at the same time.
                    if (fired.length > 1) {
                        return false;
                    }
                    last = fired[0] ?? last;
                    const expected =
                        minute < window.start
                            ? "none"
                            : minute < window.drain
                              ? "up"
                              : minute < window.end
                                ? "down"
                                : last;
                    if (last !== expected || (fired.length > 0 && minute >= window.end)) {
                        return false;
                    }
                }
                return last === "down";
            }),
            { numRuns: 25 },
        );
    });

    it("fire nowhere in the rest of the year", () => {
        fc.assert(
            fc.property(windows, fc.integer({ min: 0, max: 180 * 1440 }), (window, offset) => {
                const fires = windowSchedules(window).map(({ cron }) => firing(cron));
                const outside = [window.end + offset * MINUTE, window.start - MINUTE - offset * MINUTE];
                return outside.every((minute) => fires.every((fire) => !fire(minute)));
            }),
            { numRuns: 2000 },
        );
    });

    it("fill the pool within ten minutes of an update inside the window", () => {
        fc.assert(
            fc.property(windows, fc.double({ min: 0, max: 1, noNaN: true }), (window, share) => {
                const ups = windowSchedules(window).filter(({ action }) => action === "up");
                const fires = ups.map(({ cron }) => firing(cron));
                const span = (window.drain - window.start) / MINUTE - 10;
                const updated = window.start + Math.floor(share * Math.max(0, span)) * MINUTE;
                const next = Array.from({ length: 10 }, (_, index) => updated + index * MINUTE);
                return span < 0 || next.some((minute) => fires.some((fire) => fire(minute)));
            }),
            { numRuns: 500 },
        );
    });

    it("stay few enough for the 125 actions that a group may have", () => {
        fc.assert(fc.property(windows, (window) => windowSchedules(window).length <= 14));
    });

    it("keep half an hour for the drain", () => {
        const window = capacityWindow(at("2026-12-01T11:30:00Z"), at("2026-12-02T11:30:00Z"));
        expect((window.end - window.drain) / MINUTE).toBe(DRAIN_MINUTES);
    });
});

describe("instants", () => {
    it.each([
        ["2026-12-01T11:30:00Z", Date.UTC(2026, 11, 1, 11, 30)],
        ["2026-12-01T11:30Z", Date.UTC(2026, 11, 1, 11, 30)],
        ["2026-12-01T11:30:00.000Z", Date.UTC(2026, 11, 1, 11, 30)],
    ])("reads %s", (text, expected) => {
        expect(parseInstant(text)).toBe(expected);
    });

    it.each([
        "2026-12-01",
        "2026-12-01T11:30:00",
        "2026-12-01T11:30:00+01:00",
        "2026-12-01T11:30:15Z",
        "2026-11-31T00:00Z",
        "",
    ])("refuses %s", (text) => {
        expect(parseInstant(text)).toBeUndefined();
    });
});

/** Edit distance and "did you mean". */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "../../catalog";

const word = fc.string({ minLength: 0, maxLength: 12 });
const lower = fc.stringMatching(/^[a-z0-9.-]{3,16}$/);

describe("editDistance", () => {
    it("is zero for equal words alone, and symmetric", () => {
        fc.assert(
            fc.property(word, word, (a, b) => {
                expect(editDistance(a, b)).toBe(editDistance(b, a));
                expect(editDistance(a, b) === 0).toBe(a === b);
            }),
        );
    });

    it("lies between the difference of the lengths and the longer length", () => {
        fc.assert(
            fc.property(word, word, (a, b) => {
                const distance = editDistance(a, b);
                expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
                expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
            }),
        );
    });

    it("counts one slip of the keyboard as one", () => {
        expect(editDistance("zones", "zoens")).toBe(1);
        expect(editDistance("zones", "zone")).toBe(1);
        expect(editDistance("zones", "zonees")).toBe(1);
        expect(editDistance("zones", "zomes")).toBe(1);
        expect(editDistance("kitten", "sitting")).toBe(3);
    });

    it("never grows by more than one with one more letter", () => {
        fc.assert(
            fc.property(word, word, fc.string({ minLength: 1, maxLength: 1 }), (a, b, letter) => {
                expect(Math.abs(editDistance(a + letter, b) - editDistance(a, b))).toBeLessThanOrEqual(1);
            }),
        );
    });
});

describe("nearest", () => {
    it("finds a candidate itself", () => {
        fc.assert(
            fc.property(fc.uniqueArray(lower, { minLength: 1, maxLength: 8 }), fc.nat(), (candidates, pick) => {
                const meant = candidates[pick % candidates.length];
                expect(nearest(meant ?? "", candidates)).toBe(meant);
            }),
        );
    });

    it("finds what was meant behind one wrong letter, or something as near", () => {
        fc.assert(
            fc.property(fc.uniqueArray(lower, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (list, pick, at) => {
                const meant = list[pick % list.length] ?? "";
                const cut = at % meant.length;
                const typed = meant.slice(0, cut) + "_" + meant.slice(cut + 1);
                const found = nearest(typed, list);
                expect(found).toBeDefined();
                expect(editDistance(typed, found ?? "")).toBeLessThanOrEqual(editDistance(typed, meant));
            }),
        );
    });

    it("answers from the candidates or not at all", () => {
        fc.assert(
            fc.property(word, fc.array(word), (typed, candidates) => {
                const found = nearest(typed, candidates);
                expect(found === undefined || candidates.includes(found)).toBe(true);
            }),
        );
    });

    it("does not guess from a third of the letters or less", () => {
        expect(nearest("banana", ["p5.48xlarge", "g6.xlarge"])).toBeUndefined();
        expect(nearest("x", [])).toBeUndefined();
    });
});

/** What a user's mistake looks like, whatever the check that found it. */
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, InputError, oneOf, refuse, requirePlain, sentence, show, wholeNumber } from "../../../components/input";

const problem = { path: "nodes", got: "72", legal: "64 or fewer are legal", remedy: "Ask for 64." };

describe("a problem", () => {
    it("reads as one line: path, what was given, what is legal, what to do", () => {
        expect(sentence(problem)).toBe("nodes: got 72; 64 or fewer are legal. Ask for 64.");
    });

    it.each([
        ["", "capacity"],
        ["start", "capacity.start"],
        ["[1].nodes", "capacity[1].nodes"],
    ])("at path '%s' below capacity stands at %s", (path, whole) => {
        expect(at("capacity", [{ ...problem, path }])).toEqual([{ ...problem, path: whole }]);
    });

    it.each([
        [undefined, "nothing"],
        ["p5", '"p5"'],
        [3, "3"],
        [null, "null"],
        [["a", 1], '["a",1]'],
        [Symbol("x"), "symbol"],
    ])("shows %j as a person would have typed it", (value, text) => {
        expect(show(value)).toBe(text);
    });
});

describe("all problems of a subject", () => {
    it("come in one error that Pulumi prints without a stack", () => {
        const problems = [problem, { ...problem, path: "zone" }];
        const thrown = (() => {
            try {
                refuse('GpuNodePool "h200"', problems);
            } catch (error) {
                return error;
            }
            return undefined;
        })();
        expect(thrown).toBeInstanceOf(InputError);
        expect(thrown).toMatchObject({ subject: 'GpuNodePool "h200"', problems, __pulumiRunError: true });
        expect((thrown as InputError).message.split("\n")).toEqual(
            problems.map((one) => `GpuNodePool "h200": ${sentence(one)}`),
        );
    });

    it("do nothing where there are none", () => {
        expect(() => {
            refuse("anything", []);
        }).not.toThrow();
    });
});

describe("a value of a list", () => {
    it("is legal as it stands there, and else gets the nearest", () => {
        expect(oneOf("fabric", "efa", ["tcp", "efa"])).toEqual([]);
        expect(oneOf("fabric", "efaa", ["tcp", "efa"])).toEqual([
            { path: "fabric", got: '"efaa"', legal: "legal values are tcp, efa", remedy: "Did you mean efa?" },
        ]);
        expect(oneOf("fabric", "something else", ["tcp", "efa"])[0]?.remedy).toBe("Give one of these.");
    });
});

describe("a whole number within bounds", () => {
    it("is exactly what passes", () => {
        fc.assert(
            fc.property(
                fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(undefined)),
                fc.integer({ min: -100, max: 100 }),
                fc.nat(200),
                (got, min, span) => {
                    const legal = typeof got === "number" && Number.isInteger(got) && got >= min && got <= min + span;
                    expect(wholeNumber("nodes", got, { min, max: min + span })).toHaveLength(legal ? 0 : 1);
                },
            ),
        );
    });
});

describe("values that decide what exists", () => {
    it("may be neither Outputs nor promises, and each one is named", () => {
        const problems = requirePlain({
            nodes: pulumi.output(3),
            zone: Promise.resolve("a"),
            secret: pulumi.secret("x"),
            name: "h200",
            none: undefined,
        });
        expect(problems.map(({ path }) => path)).toEqual(["nodes", "zone", "secret"]);
        expect(problems.every(({ got }) => got === "an Output")).toBe(true);
    });
});

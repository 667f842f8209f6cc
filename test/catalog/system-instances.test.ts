/** Instance types without GPU, and the shape of any node. */
import { describe, expect, it } from "vitest";
import { findNodeShape, findSystemInstance, instanceTypes, systemInstance, systemInstanceTypes } from "../../catalog";

describe("system instance types", () => {
    it.each(systemInstanceTypes().map((type) => systemInstance(type)))(
        "$type is consistent and has its sources",
        (entry) => {
            expect(entry.type.startsWith(`${entry.family}.`)).toBe(true);
            expect([2, 4, 8]).toContain(entry.memoryGib / entry.vcpus);
            // Graviton families end in g, after the generation.
            expect(entry.cpuArchitecture === "arm64").toBe(/^[a-z]+\dg/.test(entry.family));
            expect(entry.maximumInterfaces * (entry.ipv4PerInterface - 1)).toBeGreaterThan(10);
            expect(Object.keys(entry.sources)).toEqual(["shape", "interfaces"]);
        },
    );

    it("hold none that the GPU catalogue holds", () => {
        expect(systemInstanceTypes().filter((type) => instanceTypes().includes(type))).toEqual([]);
    });

    it("tell what was meant", () => {
        expect(() => systemInstance("m7i.2xlrge")).toThrow(
            "unknown system instance type m7i.2xlrge, did you mean m7i.2xlarge?",
        );
        expect(findSystemInstance("p5.48xlarge")).toBeUndefined();
    });
});

describe("node shape", () => {
    it("comes from whichever catalogue holds the type", () => {
        expect(findNodeShape("m7i.2xlarge")).toEqual({
            type: "m7i.2xlarge",
            vcpus: 8,
            memoryGib: 32,
            cpuArchitecture: "x86_64",
            gpus: 0,
            efaInterfaces: 0,
        });
        expect(findNodeShape("p5en.48xlarge")).toMatchObject({ vcpus: 192, gpus: 8, efaInterfaces: 16 });
        expect(findNodeShape("m7i.huge")).toBeUndefined();
    });
});

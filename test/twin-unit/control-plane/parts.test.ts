import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { heartbeatFor } from "../../../twin/control-plane/components";
import { inParallel } from "../../../twin/control-plane/parallel";
import { packageFile } from "../../../twin/places";

describe("inParallel", () => {
    it("keeps the order, does each once, and never exceeds the bound", async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.array(fc.nat(3), { maxLength: 40 }),
                fc.integer({ min: 1, max: 8 }),
                async (delays, limit) => {
                    let running = 0;
                    let most = 0;
                    const results = await inParallel(delays, limit, async (delay, index) => {
                        most = Math.max(most, ++running);
                        for (let i = 0; i < delay; i++) {
                            await Promise.resolve();
                        }
                        running--;
                        return index;
                    });
                    expect(results).toEqual(delays.map((_, index) => index));
                    expect(most).toBeLessThanOrEqual(limit);
                },
            ),
        );
    });

    it("starts nothing after the first error", async () => {
        const started: number[] = [];
        const work = inParallel([0, 1, 2, 3, 4, 5], 2, (item) => {
            started.push(item);
            return item === 1 ? Promise.reject(new Error("no")) : new Promise((resolve) => setTimeout(resolve, 5));
        });
        await expect(work).rejects.toThrow("no");
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(started).toEqual([0, 1]);
    });
});

describe("heartbeats", () => {
    it("leave room for one that is lost, at any number of nodes, and cost at most 150 writes a second at 4,000", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 4000 }), (nodes) => {
                const { lease, grace } = heartbeatFor(nodes);
                expect(grace).toBeGreaterThan(2 * (lease / 4));
                expect(nodes / (lease / 4)).toBeLessThan(150);
            }),
        );
    });
});

describe("the stages of kwok", () => {
    interface Stage {
        kind: string;
        metadata: { name: string };
        spec: { selector: { matchExpressions: { key: string; operator: string; values?: string[] }[] } };
    }
    const text = readFileSync(packageFile("twin", "control-plane", "stages", "stages.yaml"), "utf8");
    const stages = parseAllDocuments(text)
        .map((document) => document.toJS() as Stage)
        .filter(({ kind }) => kind === "Stage");
    const keysOf = (name: string): string =>
        JSON.stringify(stages.find((stage) => stage.metadata.name === name)?.spec.selector.matchExpressions);

    it("complete a pod only when it says after how long", () => {
        expect(keysOf("pod-complete")).toContain("kilogpu.dev/completes-after");
    });

    it("let a deleted pod fail before it goes, and only then", () => {
        const phases = (name: string): string[] =>
            stages
                .find((stage) => stage.metadata.name === name)
                ?.spec.selector.matchExpressions.find(({ key }) => key === ".status.phase")?.values ?? [];
        expect([...phases("pod-terminate"), ...phases("pod-delete")].sort()).toEqual([
            "Failed",
            "Pending",
            "Running",
            "Succeeded",
        ]);
    });

    it("leave a node alone that a drill holds NotReady", () => {
        for (const name of ["node-initialize", "node-heartbeat"]) {
            expect(keysOf(name)).toContain("kilogpu.dev/not-ready");
        }
    });
});

/** `plan --against` beside the engine's own preview, on `prod` as it runs in the twin: the same resources created, updated, replaced and deleted. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanDifference } from "../../cli/plan/compare";
import { changes } from "../support/changes";
import { makeSandbox, type Sandbox } from "../support/twin";

let sandbox: Sandbox;
let saved: string;

/** What the engine would do to each custom resource, by URN. */
function previewed(): { [urn: string]: string } {
    // The shell's `pulumi` reads the YAML as it is now.
    const { steps } = JSON.parse(sandbox.inTwin("prod", "pulumi preview --json 2>/dev/null")) as {
        steps: { op: string; urn: string; newState?: { custom?: boolean }; oldState?: { custom?: boolean } }[];
    };
    return Object.fromEntries(
        steps
            .filter(({ op, urn, newState, oldState }) => {
                // Components change with their inputs, providers with what they connect to: neither is an object of the cloud.
                const custom = (newState ?? oldState)?.custom === true;
                return op !== "same" && custom && !urn.includes("::pulumi:");
            })
            .map(({ op, urn }) => [urn, /replace/.test(op) ? "replace" : op]),
    );
}

beforeAll(() => {
    sandbox = makeSandbox("against-engine");
    const up = sandbox.kilogpu("twin", "up", "prod");
    expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
    saved = join(sandbox.home, "saved.json");
    writeFileSync(saved, sandbox.kilogpu("plan", "prod", "--json").stdout);
});

afterAll(() => {
    sandbox.kilogpu("twin", "down", "prod");
    sandbox.remove();
});

describe("plan --against says of each resource what the engine's preview says", () => {
    it.each(["instanceType", "shrink", "chart", "queue", "largerFileSystem"] as const)("%s", (name) => {
        const { file, edit } = changes[name];
        const path = join(sandbox.project, file);
        const before = readFileSync(path, "utf8");
        writeFileSync(path, edit(before));
        try {
            const difference = JSON.parse(
                sandbox.kilogpu("plan", "prod", "--against", saved, "--json").stdout,
            ) as PlanDifference;
            const customs = difference.resources.filter(
                ({ type }) => !type.startsWith("kilogpu:") && !type.startsWith("pulumi:"),
            );
            const ours = Object.fromEntries(customs.map(({ urn, change }) => [urn, change]));
            console.log(`${name}: ${customs.length} resources change`);
            expect(customs.length).toBeGreaterThan(0);
            expect(ours).toEqual(previewed());
        } finally {
            writeFileSync(path, before);
        }
    });
});

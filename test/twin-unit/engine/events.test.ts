/** What the engine's event log and a stack's file are read as. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EventReader, EventSplitter } from "../../../twin/engine/events";
import { twinStackFile } from "../../../twin/engine/stack-config";

const urn = "urn:pulumi:dev::p::aws:ec2/vpc:Vpc::net";
const pretty = (event: unknown): string => `${JSON.stringify(event, undefined, 4)}\n`;

describe("the event log", () => {
    it("comes out whole however it is cut", () => {
        const events = [{ a: { b: "}" } }, { c: ["{", "}"] }, { d: "x\n}\ny" }];
        const log = events.map(pretty).join("");
        fc.assert(
            fc.property(fc.array(fc.nat(log.length), { maxLength: 8 }), (cuts) => {
                const splitter = new EventSplitter();
                const ends = [...cuts.sort((a, b) => a - b), log.length];
                const found = ends.flatMap((end, index) => splitter.push(log.slice(ends[index - 1] ?? 0, end)));
                expect(found.map((text) => JSON.parse(text) as unknown)).toEqual(events);
            }),
        );
    });

    it("counts what is finished, providers left out", () => {
        const reader = new EventReader(7);
        const done = (type: string, name: string): unknown => ({
            resOutputsEvent: { metadata: { op: "create", urn: `urn:pulumi:dev::p::${type}::${name}`, type } },
        });
        expect(reader.read(JSON.stringify(done("pulumi:providers:aws", "default")))[0]).toMatchObject({ finished: 0 });
        expect(reader.read(JSON.stringify(done("aws:ec2/vpc:Vpc", "net")))[0]).toMatchObject({
            finished: 1,
            total: 7,
            name: "net",
            phase: "done",
        });
    });

    it("takes colours out of diagnostics and drops debug messages, which hold secrets", () => {
        const diagnostic = (severity: string): string =>
            JSON.stringify({ diagnosticEvent: { severity, urn, message: "<{%fg 1%}>no<{%reset%}>\n" } });
        expect(new EventReader().read(diagnostic("error"))).toEqual([
            { kind: "diagnostic", severity: "error", urn, message: "no" },
        ]);
        expect(new EventReader().read(diagnostic("debug"))).toEqual([]);
    });
});

describe("the twin's copy of a stack's file", () => {
    const source =
        "secretsprovider: awskms://k\nencryptedkey: x\nconfig:\n  p:a: 1\n  p:b:\n    secure: zzz\n  p:c:\n    deep:\n      - secure: yyy\n";

    it("keeps the settings, leaves out somebody else's encryption, and names what it can't read", () => {
        const { yaml, secrets } = twinStackFile(source, "v1:salt");
        expect(parse(yaml)).toEqual({ config: { "p:a": 1 }, encryptionsalt: "v1:salt" });
        expect(secrets).toEqual(["p:b", "p:c"]);
    });
});

/** The engine's copy of a stack's YAML: what it leaves out, what it keeps, and whose edit wins. */
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { copyStackFile, refreshStackFile, twinStackFile } from "../../../twin/engine/stack-config";

let folder: string;
let user: string;
let copy: string;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kilogpu-stack-"));
    user = join(folder, "Pulumi.dev.yaml");
    copy = join(folder, "copy.yaml");
});

afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
});

/** Writes a file as of some seconds after the test's own zero. */
function at(second: number, file: string, content?: string): void {
    if (content !== undefined) {
        writeFileSync(file, content);
    }
    utimesSync(file, 1_800_000_000 + second, 1_800_000_000 + second);
}

const nodes = (file: string): unknown =>
    (parse(readFileSync(file, "utf8")) as { config: { [key: string]: unknown } }).config["kilogpu:nodes"];

describe("twinStackFile", () => {
    it("leaves out the user's encryption and what is encrypted with it, and names the keys", () => {
        const { yaml, secrets } = twinStackFile(
            "encryptionsalt: v1:users\nsecretsprovider: awskms://x\nconfig:\n  a:plain: 1\n  a:key: { secure: v1:abc }\n  a:list: [{ token: { secure: v1:def } }]\n",
            "v1:twins",
        );
        expect(secrets).toEqual(["a:key", "a:list"]);
        expect(parse(yaml)).toEqual({ encryptionsalt: "v1:twins", config: { "a:plain": 1 } });
    });

    it("keeps a quoted date a text for the engine, which reads YAML 1.1", () => {
        const { yaml } = twinStackFile('config:\n  a:start: "2026-12-01T11:30:00Z"\n', undefined);
        expect(parse(yaml, { version: "1.1" })).toEqual({ config: { "a:start": "2026-12-01T11:30:00Z" } });
    });
});

describe("the copy in a shell of the twin", () => {
    beforeEach(() => {
        at(0, user, "config: { kilogpu:nodes: 2 }\n");
        copyStackFile(user, copy);
        at(1, copy);
    });

    it("follows an edit of the user's file, and keeps the salt that the state is encrypted with", () => {
        at(1, copy, "config: { kilogpu:nodes: 2 }\nencryptionsalt: v1:twins\n");
        at(2, user, "config: { kilogpu:nodes: 3 }\n");
        refreshStackFile(user, copy);
        expect(nodes(copy)).toBe(3);
        expect(readFileSync(copy, "utf8")).toContain("v1:twins");
    });

    it("keeps what `pulumi config set` has written since", () => {
        at(2, copy, "config: { kilogpu:nodes: 4 }\n");
        refreshStackFile(user, copy);
        expect(nodes(copy)).toBe(4);
    });

    it("stays as it is where the user's file is gone", () => {
        rmSync(user);
        refreshStackFile(user, copy);
        expect(nodes(copy)).toBe(2);
    });
});

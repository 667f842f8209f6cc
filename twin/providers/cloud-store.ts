/**
 * What exists in a simulated cloud, one small file a resource: several plugin processes may write at once (each to its own resources),
 * a write is whole or not at all, and a SIGKILL loses nothing that was answered.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../control-plane/layout";
import { twinHome } from "../places";
import { readStored } from "./stored";
import type { Values } from "./runtime/values";

export interface CloudRecord {
    urn: string;
    type: string;
    id: string;
    inputs: Values;
    outputs: Values;
    /** Order of creation. */
    sequence: number;
    /** True once a finished `up` had it in its state: creating its URN again is then a replacement, not a repetition. */
    settled: boolean;
}

/** Six to forty hexadecimal digits that depend on nothing but the text, so that a repeated run makes the same names and ids. */
export function digest(text: string, length: number): string {
    return createHash("sha1").update(text).digest("hex").slice(0, length);
}

/** Records of one simulated cloud. */
export class CloudStore {
    private records = new Map<string, CloudRecord>();
    private readonly folder: string;
    private sequence = Date.now() * 1000;

    constructor(environment: string, cloud: string) {
        this.folder = join(twinHome(environment), "cloud", cloud);
        mkdirSync(this.folder, { recursive: true });
        this.refresh();
    }

    /** Reads what other processes wrote. */
    refresh(): void {
        const found = new Map<string, CloudRecord>();
        for (const file of readdirSync(this.folder)) {
            const record = file.endsWith(".json") ? readStored<CloudRecord>(join(this.folder, file)) : undefined;
            if (record !== undefined) {
                found.set(this.key(record.type, record.id), record);
            }
        }
        this.records = found;
    }

    all(): CloudRecord[] {
        return [...this.records.values()].sort((left, right) => left.sequence - right.sequence);
    }

    ofType(type: string): CloudRecord[] {
        return this.all().filter((record) => record.type === type);
    }

    ofUrn(urn: string): CloudRecord[] {
        return this.all().filter((record) => record.urn === urn);
    }

    find(type: string, id: string): CloudRecord | undefined {
        const found = this.records.get(this.key(type, id));
        if (found === undefined) {
            this.refresh();
        }
        return this.records.get(this.key(type, id));
    }

    /** Writes a record; a new one gets its place in the order. */
    put(record: Omit<CloudRecord, "sequence" | "settled"> & Partial<CloudRecord>): CloudRecord {
        const before = this.records.get(this.key(record.type, record.id));
        const whole: CloudRecord = {
            ...record,
            sequence: record.sequence ?? before?.sequence ?? this.sequence++,
            settled: record.settled ?? before?.settled ?? false,
        };
        this.records.set(this.key(record.type, record.id), whole);
        writeWhole(this.path(record.type, record.id), JSON.stringify(whole));
        return whole;
    }

    remove(type: string, id: string): void {
        this.records.delete(this.key(type, id));
        rmSync(this.path(type, id), { force: true });
    }

    private key(type: string, id: string): string {
        return `${type}|${id}`;
    }

    private path(type: string, id: string): string {
        return join(this.folder, `${digest(this.key(type, id), 40)}.json`);
    }
}

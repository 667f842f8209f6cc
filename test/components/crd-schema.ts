/**
 * Validates custom resources against the CRDs that the pinned Go modules ship, as an API server with strict field validation would:
 * unknown fields, types, enums, patterns, bounds, required fields. (CEL rules and webhooks are the twin's to prove.)
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { release } from "../../catalog/releases";

/** The part of OpenAPI v3 that CRDs use. */
interface Schema {
    type?: string;
    properties?: { [name: string]: Schema };
    additionalProperties?: Schema | boolean;
    items?: Schema;
    required?: string[];
    enum?: unknown[];
    pattern?: string;
    minimum?: number;
    maximum?: number;
    minLength?: number;
    maxLength?: number;
    minItems?: number;
    maxItems?: number;
    "x-kubernetes-int-or-string"?: boolean;
    "x-kubernetes-preserve-unknown-fields"?: boolean;
}

interface Crd {
    spec: {
        group: string;
        names: { kind: string };
        versions: { name: string; served: boolean; schema: { openAPIV3Schema: Schema } }[];
    };
}

/** Folder of a pinned Go module in the module cache, or undefined where Go never fetched it. */
export function moduleFolder(name: string): string | undefined {
    const pin = release(name);
    const escaped = pin.location.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
    const folder = path.join(moduleCache(), `${escaped}@${pin.version}`);
    return existsSync(folder) ? folder : undefined;
}

/** Schemas of a folder of CRDs by `group/version/Kind`. */
export function schemasIn(folder: string): Map<string, Schema> {
    const schemas = new Map<string, Schema>();
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")) {
        const crd = parse(readFileSync(path.join(folder, file), "utf8")) as Crd;
        for (const version of crd.spec.versions) {
            const id = `${crd.spec.group}/${version.name}/${crd.spec.names.kind}`;
            schemas.set(id, version.schema.openAPIV3Schema);
        }
    }
    return schemas;
}

/** What is wrong with `value`, one line for each mistake. */
export function violations(value: unknown, schema: Schema, at = ""): string[] {
    if (schema["x-kubernetes-int-or-string"] === true) {
        return typeof value === "string" || typeof value === "number" ? [] : [`${at}: not an integer or a string`];
    }
    switch (schema.type) {
        case "object":
            return ofObject(value, schema, at);
        case "array":
            return Array.isArray(value)
                ? [
                      ...bounds(value.length, schema.minItems, schema.maxItems, `${at}: items`),
                      ...value.flatMap((item, index) =>
                          violations(item, schema.items ?? {}, `${at}[${String(index)}]`),
                      ),
                  ]
                : [`${at}: not a list`];
        case "string":
            return typeof value === "string"
                ? [
                      ...(schema.enum === undefined || schema.enum.includes(value)
                          ? []
                          : [`${at}: "${value}" is not legal`]),
                      ...(schema.pattern === undefined || new RegExp(schema.pattern).test(value)
                          ? []
                          : [`${at}: "${value}" does not match`]),
                      ...bounds(value.length, schema.minLength, schema.maxLength, `${at}: length`),
                  ]
                : [`${at}: not a string`];
        case "integer":
            return Number.isInteger(value)
                ? bounds(value as number, schema.minimum, schema.maximum, at)
                : [`${at}: not an integer`];
        case "boolean":
            return typeof value === "boolean" ? [] : [`${at}: not a boolean`];
        default:
            return [];
    }
}

function ofObject(value: unknown, schema: Schema, at: string): string[] {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return [`${at}: not an object`];
    }
    const missing = (schema.required ?? []).filter((key) => !(key in value)).map((key) => `${at}.${key}: missing`);
    const { properties, additionalProperties } = schema;
    const open = schema["x-kubernetes-preserve-unknown-fields"] === true || properties === undefined;
    const fields = Object.entries(value).flatMap(([key, item]) => {
        const known = properties?.[key];
        if (known !== undefined) {
            return violations(item, known, `${at}.${key}`);
        }
        if (typeof additionalProperties === "object") {
            return violations(item, additionalProperties, `${at}.${key}`);
        }
        return open ? [] : [`${at}.${key}: unknown field`];
    });
    return [...missing, ...fields];
}

function bounds(value: number, least: number | undefined, most: number | undefined, at: string): string[] {
    return value < (least ?? -Infinity) || value > (most ?? Infinity)
        ? [`${at}: ${String(value)} is out of bounds`]
        : [];
}

function moduleCache(): string {
    try {
        return execFileSync("go", ["env", "GOMODCACHE"], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
        }).trim();
    } catch {
        return process.env["GOMODCACHE"] ?? path.join(homedir(), "go", "pkg", "mod");
    }
}

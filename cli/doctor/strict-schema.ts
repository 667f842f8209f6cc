/**
 * Validates objects against OpenAPI schemas as an API server with strict field validation does: unknown fields, types, enums, patterns,
 * bounds, required fields. CEL rules, defaulting and webhooks are the twin's to prove. A value that only a cloud knows fits everything.
 */
import { readFileSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** The part of OpenAPI that CRDs and Kubernetes' own specification use. */
export interface Schema {
    $ref?: string;
    allOf?: Schema[];
    oneOf?: Schema[];
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
    minProperties?: number;
    maxProperties?: number;
    nullable?: boolean;
    "x-kubernetes-int-or-string"?: boolean;
    "x-kubernetes-preserve-unknown-fields"?: boolean;
    "x-kubernetes-embedded-resource"?: boolean;
    "x-kubernetes-list-type"?: string;
    "x-kubernetes-list-map-keys"?: string[];
}

/** Schemas by `apiVersion/Kind`, and what their references point to. */
export class SchemaSet {
    readonly kinds = new Map<string, Schema>();
    readonly definitions = new Map<string, Schema>();

    constructor(
        /** Sentinel of values that are not known; it fits every schema. */
        readonly unknown: string,
    ) {}

    /** Adds the CRDs of a folder, or of one file that may hold several. Only served versions count. */
    addCrds(place: string): this {
        const files = place.endsWith(".yaml")
            ? [place]
            : readdirSync(place)
                  .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
                  .map((name) => path.join(place, name));
        return files.reduce((set, file) => set.addCrdText(readFileSync(file, "utf8")), this);
    }

    /** Adds the CRDs of a text that may hold several. */
    addCrdText(text: string): this {
        for (const document of text.split(/^---$/m)) {
            const crd = parse(document) as Crd | null;
            if (crd?.kind !== "CustomResourceDefinition") {
                continue;
            }
            for (const version of crd.spec.versions.filter((each) => each.served)) {
                this.kinds.set(
                    `${crd.spec.group}/${version.name}/${crd.spec.names.kind}`,
                    version.schema.openAPIV3Schema,
                );
            }
        }
        return this;
    }

    /** Adds Kubernetes' own kinds from the `api/openapi-spec/v3` folder of its module. */
    addKubernetes(folder: string): this {
        for (const name of readdirSync(folder).filter((each) =>
            /^api(s__[a-z0-9.]+)?__v[a-z0-9]+_openapi\.json$/.test(each),
        )) {
            const specification = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as {
                components: { schemas: { [name: string]: KubernetesSchema } };
            };
            for (const [key, schema] of Object.entries(specification.components.schemas)) {
                this.definitions.set(`#/components/schemas/${key}`, schema);
                const kind = schema["x-kubernetes-group-version-kind"]?.[0];
                if (schema["x-kubernetes-group-version-kind"]?.length === 1 && kind !== undefined) {
                    this.kinds.set(`${kind.group === "" ? "" : `${kind.group}/`}${kind.version}/${kind.kind}`, schema);
                }
            }
        }
        return this;
    }

    /** What is wrong with an object, one line for each mistake; a kind without schema is one. */
    violations(object: { apiVersion?: unknown; kind?: unknown; [field: string]: unknown }, at: string): string[] {
        const id = `${String(object.apiVersion)}/${String(object.kind)}`;
        const schema = this.kinds.get(id);
        if (schema === undefined) {
            return [`${at}: no schema of ${id}`];
        }
        const withMetadata: Schema = {
            ...schema,
            type: "object",
            properties: {
                ...schema.properties,
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: this.definitions.get(OBJECT_META) ?? {},
            },
        };
        return this.check(object, withMetadata, at);
    }

    /** What is wrong with a value under a schema. */
    check(value: unknown, schema: Schema, at: string): string[] {
        if (value === this.unknown || (value === null && schema.nullable === true)) {
            return [];
        }
        if (schema.$ref !== undefined) {
            const target = this.definitions.get(schema.$ref);
            return target === undefined ? [`${at}: no definition ${schema.$ref}`] : this.check(value, target, at);
        }
        if (schema["x-kubernetes-int-or-string"] === true) {
            const fits = typeof value === "string" || Number.isInteger(value);
            return !fits
                ? [`${at}: not an integer or a string`]
                : typeof value === "string" && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)
                  ? [`${at}: "${value}" does not match`]
                  : [];
        }
        if (schema.oneOf !== undefined && schema.type === undefined) {
            const results = schema.oneOf.map((each) => this.check(value, each, at));
            return results.some((result) => result.length === 0) ? [] : (results[0] ?? []);
        }
        const inherited = (schema.allOf ?? []).flatMap((each) =>
            each.$ref === undefined ? [] : this.check(value, each, at),
        );
        return [...inherited, ...this.ofType(value, schema, at), ...ofEnum(value, schema, at)];
    }

    private ofType(value: unknown, schema: Schema, at: string): string[] {
        switch (schema.type) {
            case "object":
                return this.ofObject(value, schema, at);
            case "array":
                return this.ofArray(value, schema, at);
            case "string":
                return typeof value === "string"
                    ? [
                          ...bounds(value.length, schema.minLength, schema.maxLength, `${at}: length`),
                          ...(schema.pattern === undefined || new RegExp(schema.pattern).test(value)
                              ? []
                              : [`${at}: "${value}" does not match ${schema.pattern}`]),
                      ]
                    : [`${at}: not a string`];
            case "integer":
                return Number.isInteger(value)
                    ? bounds(value as number, schema.minimum, schema.maximum, at)
                    : [`${at}: not an integer`];
            case "number":
                return typeof value === "number"
                    ? bounds(value, schema.minimum, schema.maximum, at)
                    : [`${at}: not a number`];
            case "boolean":
                return typeof value === "boolean" ? [] : [`${at}: not a boolean`];
            default:
                return [];
        }
    }

    private ofArray(value: unknown, schema: Schema, at: string): string[] {
        if (!Array.isArray(value)) {
            return [`${at}: not a list`];
        }
        const keys = schema["x-kubernetes-list-type"] === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [];
        const identities =
            keys.length === 0
                ? []
                : value.map((item) =>
                      JSON.stringify(keys.map((key) => (item as { [key: string]: unknown } | null)?.[key])),
                  );
        return [
            ...bounds(value.length, schema.minItems, schema.maxItems, `${at}: items`),
            ...(new Set(identities).size < identities.length
                ? [`${at}: two items of the same ${keys.join(", ")}`]
                : []),
            ...value.flatMap((item, index) => this.check(item, schema.items ?? {}, `${at}[${String(index)}]`)),
        ];
    }

    private ofObject(value: unknown, schema: Schema, at: string): string[] {
        if (typeof value !== "object" || value === null || Array.isArray(value)) {
            return [`${at}: not an object`];
        }
        const { properties, additionalProperties } = schema;
        const open =
            schema["x-kubernetes-preserve-unknown-fields"] === true ||
            additionalProperties === true ||
            (properties === undefined && additionalProperties === undefined);
        const present = Object.entries(value).filter(([, item]) => item !== undefined);
        return [
            ...(schema.required ?? [])
                .filter((key) => !present.some(([name]) => name === key))
                .map((key) => `${at}.${key}: missing`),
            ...bounds(present.length, schema.minProperties, schema.maxProperties, `${at}: properties`),
            ...present.flatMap(([key, item]) => {
                const known = properties?.[key];
                if (known !== undefined) {
                    return this.check(item, known, `${at}.${key}`);
                }
                if (typeof additionalProperties === "object") {
                    return this.check(item, additionalProperties, `${at}.${key}`);
                }
                const embedded =
                    schema["x-kubernetes-embedded-resource"] === true &&
                    ["apiVersion", "kind", "metadata"].includes(key);
                return open || embedded ? [] : [`${at}.${key}: unknown field`];
            }),
        ];
    }
}

interface Crd {
    kind: string;
    spec: {
        group: string;
        names: { kind: string };
        versions: { name: string; served: boolean; schema: { openAPIV3Schema: Schema } }[];
    };
}

interface KubernetesSchema extends Schema {
    "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

/** A CRD says nothing of metadata: it is Kubernetes' own. */
const OBJECT_META = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

function ofEnum(value: unknown, schema: Schema, at: string): string[] {
    return schema.enum === undefined || schema.enum.includes(value)
        ? []
        : [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`];
}

function bounds(value: number, least: number | undefined, most: number | undefined, at: string): string[] {
    return value < (least ?? -Infinity) || value > (most ?? Infinity)
        ? [`${at}: ${String(value)} is out of bounds`]
        : [];
}

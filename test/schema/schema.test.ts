/** The checked-in multi-language schema is that of the components; `npm run schema` writes it anew. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { componentNames, generateSchema, root, schemaFile, type PackageSchema, type PropertySchema } from "./generate";

describe("the multi-language schema", () => {
    let text: string;
    let schema: PackageSchema;
    beforeAll(async () => {
        text = await generateSchema();
        schema = JSON.parse(text) as PackageSchema;
        if (process.env["KILOGPU_UPDATE"] === "schema") {
            mkdirSync(path.dirname(schemaFile), { recursive: true });
            writeFileSync(schemaFile, text);
        }
    });

    it("is the one that is checked in (npm run schema)", () => {
        expect(readFileSync(schemaFile, "utf8") === text, "schema/kilogpu.json is stale: run npm run schema").toBe(
            true,
        );
    });

    it("has every exported component", () => {
        expect(Object.keys(schema.resources).sort()).toEqual(componentNames().map((name) => `kilogpu:index:${name}`));
        expect(schema.resources).toHaveProperty(["kilogpu:index:TrainingCluster"]);
    });

    it("gives TrainingCluster plain inputs only, so that every language can use it from literals", () => {
        const inputs = Object.entries(schema.resources["kilogpu:index:TrainingCluster"]?.inputProperties ?? {});
        expect(inputs.length).toBeGreaterThan(8);
        expect(inputs.filter(([, property]) => property.plain !== true).map(([name]) => name)).toEqual([]);
    });

    it("refers only to types that it has", () => {
        const references = [...text.matchAll(/"\$ref": "#\/types\/([^"]+)"/g)].map((match) => match[1] ?? "");
        expect(references.length).toBeGreaterThan(50);
        expect([...new Set(references)].filter((reference) => schema.types[reference] === undefined)).toEqual([]);
    });

    it("describes every input, without text that only TypeScript's tools read", () => {
        const inputs = Object.entries(schema.resources).flatMap(([token, resource]) =>
            Object.entries(resource.inputProperties).map(([name, property]): [string, PropertySchema] => [
                `${token}.${name}`,
                property,
            ]),
        );
        expect(
            inputs
                .filter(([, property]) => property.description === undefined && property.$ref === undefined)
                .map(([name]) => name),
        ).toEqual([]);
        expect(text).not.toMatch(/\[object Object\]|@default|\{@link/);
    });

    it("goes by the package's name and version, from a folder that the CLI takes for a plugin", () => {
        const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
            version: string;
            scripts: { prepare?: string };
        };
        expect(schema).toMatchObject({ name: "kilogpu", version: manifest.version });
        expect(readFileSync(path.join(root, "PulumiPlugin.yaml"), "utf8")).toContain("runtime: nodejs");
        // The host requires package.json's main, which exists only after a build.
        expect(manifest.scripts.prepare).toContain("build");
    });
});

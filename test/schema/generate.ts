/** The schema that other languages' SDKs are generated from: what `pulumi package get-schema` gets from this package, without a CLI. */
import * as path from "node:path";
import { ComponentProvider, getPulumiComponents } from "@pulumi/pulumi/provider/experimental/provider";
import * as library from "../../components";

/** Repository root, which is the folder of the plugin. */
export const root = path.join(__dirname, "..", "..");

/** Where the schema is checked in. */
export const schemaFile = path.join(root, "schema", "kilogpu.json");

/** The part of a package schema that the tests read. */
export interface PackageSchema {
    name: string;
    version: string;
    resources: {
        [token: string]: ObjectSchema & {
            inputProperties: { [name: string]: PropertySchema };
            requiredInputs?: string[];
        };
    };
    types: { [token: string]: ObjectSchema & { enum?: { value: string }[] } };
}

/** A type of a package schema. */
export interface ObjectSchema {
    type: string;
    description?: string;
    properties?: { [name: string]: PropertySchema };
}

/** A property of a package schema. */
export interface PropertySchema {
    type?: string;
    $ref?: string;
    plain?: boolean;
    description?: string;
}

/** Names of the component classes, as the host finds them: whatever the entry module exports. */
export function componentNames(): string[] {
    return getPulumiComponents(library)
        .map((component) => component.name)
        .sort();
}

/** The schema of the components as they are, laid out for review. */
export async function generateSchema(): Promise<string> {
    const provider = new ComponentProvider({
        components: getPulumiComponents(library),
        dirname: root,
        name: "kilogpu",
    });
    const schema = JSON.parse(await provider.getSchema()) as unknown;
    return `${JSON.stringify(schema, null, 1)}\n`;
}

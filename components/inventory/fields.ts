/**
 * Fields of the inventory, once: the JSON Schema for editors and the check of a parsed file are both made from this table.
 */
import { machineTypes } from "../../catalog/machines";
import { nearest } from "../../catalog/nearest";
import { at, oneOf, show } from "../input";
import type { InputProblem } from "../input";

/** One field: a string with a pattern, a whole number, or a list of objects. */
interface Field {
    kind: "string" | "number" | "list";
    what: string;
    required?: boolean;
    pattern?: string;
    /** Example of the pattern, for messages. */
    example?: string;
    oneOf?: string[];
    min?: number;
    max?: number;
    items?: Fields;
}

/** Fields of an object by name. */
export interface Fields {
    [name: string]: Field;
}

const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IPV4 = { pattern: `^${OCTET}(\\.${OCTET}){3}$`, example: "10.0.0.11" };
const NAME = { pattern: "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", example: "gpu-001" };
const LABEL = { pattern: "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$", example: "r01" };

const nicFields: Fields = {
    device: { kind: "string", what: "RDMA device", required: true, pattern: "^[a-z][a-z0-9_]*$", example: "mlx5_0" },
    netdev: { kind: "string", what: "network interface", pattern: "^[A-Za-z0-9_.-]{1,15}$", example: "ens1f0np0" },
    rail: { kind: "number", what: "rail, counted from 0", required: true, min: 0, max: 71 },
    leaf: {
        kind: "string",
        what: "leaf switch that the cable ends at",
        required: true,
        ...LABEL,
        example: "leaf-u1-r1",
    },
    leafPort: { kind: "number", what: "port of the leaf", min: 1, max: 1024 },
    leafInterface: {
        kind: "string",
        what: "name of the leaf's port in its configuration",
        pattern: "^[A-Za-z][A-Za-z0-9/_.-]{0,31}$",
        example: "swp1s0",
    },
    model: { kind: "string", what: "NIC model, defaults to the machine's compute NIC" },
    hardwareAddress: {
        kind: "string",
        what: "port GUID or MAC",
        pattern: "^(0x[0-9a-f]{16}|[0-9a-f]{2}(:[0-9a-f]{2}){5})$",
        example: "0x0002c903000e0b72",
    },
    address: { kind: "string", what: "IPv4 address on the rail's network (RoCE)", ...IPV4 },
};

const hostFields: Fields = {
    name: { kind: "string", what: "host name, which is also the node's", required: true, ...NAME },
    address: { kind: "string", what: "IPv4 address that SSH reaches", required: true, ...IPV4 },
    bmc: { kind: "string", what: "IPv4 address of the BMC", ...IPV4 },
    hostKey: {
        kind: "string",
        what: "public SSH host key, to which connections are pinned",
        pattern: "^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,3}( .*)?$",
        example: "ssh-ed25519 AAAA…",
    },
    rack: { kind: "string", what: "rack", required: true, ...LABEL },
    pod: { kind: "string", what: "pod or spine block", ...LABEL, example: "p1" },
    nvlinkDomain: { kind: "string", what: "NVLink domain where it spans hosts", ...LABEL },
    machineType: { kind: "string", what: "machine type, defaults to the inventory's", oneOf: machineTypes() },
    nics: { kind: "list", what: "RDMA ports", required: true, items: nicFields },
};

/** Fields of the whole file. */
export const inventoryFields: Fields = {
    name: { kind: "string", what: "name of the site", required: true, ...LABEL, example: "dc1" },
    machineType: { kind: "string", what: "machine type of hosts that name none", oneOf: machineTypes() },
    hosts: { kind: "list", what: "hosts", required: true, items: hostFields },
};

/** The JSON Schema (draft 7) for editors: `# yaml-language-server: $schema=…`. */
export function inventorySchema(): { [key: string]: unknown } {
    return {
        $schema: "http://json-schema.org/draft-07/schema#",
        title: "kilogpu inventory",
        ...objectSchema(inventoryFields),
    };
}

function objectSchema(fields: Fields): { [key: string]: unknown } {
    return {
        type: "object",
        additionalProperties: false,
        required: Object.keys(fields).filter((name) => fields[name]?.required === true),
        properties: Object.fromEntries(
            Object.entries(fields).map(([name, field]) => {
                const schema: { [key: string]: unknown } = { description: field.what };
                if (field.kind === "list") {
                    return [name, { ...schema, type: "array", items: objectSchema(field.items ?? {}) }];
                }
                schema["type"] = field.kind === "number" ? "integer" : "string";
                if (field.pattern !== undefined) {
                    schema["pattern"] = field.pattern;
                }
                if (field.oneOf !== undefined) {
                    schema["enum"] = field.oneOf;
                }
                if (field.min !== undefined) {
                    schema["minimum"] = field.min;
                }
                if (field.max !== undefined) {
                    schema["maximum"] = field.max;
                }
                return [name, schema];
            }),
        ),
    };
}

/** Mistakes of a parsed value against the fields: unknown keys (with the nearest), missing ones, wrong kinds and patterns. */
export function checkShape(value: unknown, fields: Fields = inventoryFields): InputProblem[] {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return [
            {
                path: "",
                got: show(value),
                legal: `an object with ${Object.keys(fields).join(", ")}`,
                remedy: "Write key: value lines.",
            },
        ];
    }
    const given = value as { [key: string]: unknown };
    const unknown = Object.keys(given)
        .filter((key) => !(key in fields))
        .map((key): InputProblem => {
            const guess = nearest(key, Object.keys(fields));
            return {
                path: key,
                got: show(given[key]),
                legal: `keys are ${Object.keys(fields).join(", ")}`,
                remedy: guess === undefined ? "Remove it." : `Did you mean ${guess}?`,
            };
        });
    return [...unknown, ...Object.entries(fields).flatMap(([name, field]) => checkField(name, field, given[name]))];
}

function checkField(path: string, field: Field, value: unknown): InputProblem[] {
    if (value === undefined || value === null) {
        return field.required === true
            ? [{ path, got: "nothing", legal: `${field.what} is needed`, remedy: `Give ${field.example ?? "one"}.` }]
            : [];
    }
    switch (field.kind) {
        case "list":
            return Array.isArray(value)
                ? value.flatMap((item, index) => at(`${path}[${String(index)}]`, checkShape(item, field.items)))
                : [{ path, got: show(value), legal: `${field.what} are a list`, remedy: "Begin each with a dash." }];
        case "number": {
            const legal =
                typeof value === "number" &&
                Number.isInteger(value) &&
                value >= (field.min ?? 0) &&
                value <= (field.max ?? Infinity);
            return legal
                ? []
                : [
                      {
                          path,
                          got: show(value),
                          legal: `${field.what}: a whole number from ${String(field.min ?? 0)} to ${String(field.max ?? "any")}`,
                          remedy: "Give a number in that range.",
                      },
                  ];
        }
        default:
            if (typeof value !== "string" || (field.pattern !== undefined && !new RegExp(field.pattern).test(value))) {
                return [
                    { path, got: show(value), legal: field.what, remedy: `Write it like ${field.example ?? "text"}.` },
                ];
            }
            return field.oneOf === undefined ? [] : oneOf(path, value, field.oneOf);
    }
}

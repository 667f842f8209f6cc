/** Property values as they travel between engine and provider: plain JSON with two marks, one for secrets and one for what is not known yet. */

export type Value = null | boolean | number | string | Value[] | Values;

export interface Values {
    [key: string]: Value | undefined;
}

/** Key and value by which the engine marks a special object; with this value it is a secret. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Stands for a value that only the real operation will give. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Other sentinels that the engine uses for typed unknowns (boolean, number, array, asset, archive, object). */
const unknowns = new Set([
    unknown,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isObject(value: unknown): value is { [key: string]: unknown } {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isUnknown(value: unknown): boolean {
    return typeof value === "string" && unknowns.has(value);
}

/** Whether a value is, or holds, something unknown. */
export function holdsUnknown(value: unknown): boolean {
    if (Array.isArray(value)) {
        return value.some(holdsUnknown);
    }
    return isObject(value) ? Object.values(value).some(holdsUnknown) : isUnknown(value);
}

function isSecret(value: unknown): value is { value: Value } {
    return isObject(value) && value[signatureKey] === secretSignature;
}

/** Whether a value is, or holds, a secret. */
export function holdsSecret(value: unknown): boolean {
    if (Array.isArray(value)) {
        return value.some(holdsSecret);
    }
    return isSecret(value) || (isObject(value) && Object.values(value).some(holdsSecret));
}

/** The value without its secret marks. */
export function plain(value: unknown): Value | undefined {
    if (Array.isArray(value)) {
        return value.map((item) => plain(item) ?? null);
    }
    if (isSecret(value)) {
        return plain(value.value);
    }
    if (isObject(value)) {
        return plainObject(value);
    }
    return value as Value | undefined;
}

export function plainObject(object: { [key: string]: unknown }): Values {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, plain(value)]));
}

export function secret(value: Value): Values {
    return { [signatureKey]: secretSignature, value };
}

/** Top-level keys that hold a secret anywhere below. */
export function secretKeys(object: { [key: string]: unknown }): Set<string> {
    return new Set(Object.keys(object).filter((key) => holdsSecret(object[key])));
}

/** Marks the given top-level keys as secret. */
export function withSecrets(values: Values, keys: Set<string>): Values {
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
            key,
            value !== undefined && keys.has(key) ? secret(value) : value,
        ]),
    );
}

/** The value without undefined, which a protobuf Struct can't carry. */
export function compact(value: unknown): Value {
    if (Array.isArray(value)) {
        return value.map(compact);
    }
    if (isObject(value)) {
        return Object.fromEntries(
            Object.entries(value)
                .filter(([, item]) => item !== undefined)
                .map(([key, item]) => [key, compact(item)]),
        );
    }
    return (value ?? null) as Value;
}

export function deepEqual(left: unknown, right: unknown): boolean {
    if (left === right || (left ?? undefined) === (right ?? undefined)) {
        return true;
    }
    if (Array.isArray(left) && Array.isArray(right)) {
        return left.length === right.length && left.every((item, index) => deepEqual(item, right[index]));
    }
    if (isObject(left) && isObject(right)) {
        return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) =>
            deepEqual(left[key], right[key]),
        );
    }
    return false;
}

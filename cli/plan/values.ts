/**
 * Property values as the SDK sends them: secrets wrapped, unknowns as a sentinel. The plan keeps both marks, shows them as
 * `"<secret>"` and `"<computed>"`, and gives policies the bare values.
 */

/** The SDK's mark of a special object (sdk/go/common/resource/sig). */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** What the SDK sends for a value that is known only after the update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Whether a value is the sentinel of something known only after the update. */
export function isUnknown(value: unknown): boolean {
    return value === UNKNOWN;
}

function signatureOf(value: { [key: string]: unknown }): unknown {
    return value[SIGNATURE_KEY];
}

/** Rebuilds a value, with `secret` and `unknown` deciding what stands for each mark. */
function rebuild(value: unknown, secret: (inner: Json) => Json, unknown: Json): Json {
    if (value === UNKNOWN) {
        return unknown;
    }
    if (Array.isArray(value)) {
        return value.map((item) => rebuild(item, secret, unknown));
    }
    if (typeof value === "object" && value !== null) {
        const fields = value as { [key: string]: unknown };
        const signature = signatureOf(fields);
        if (signature === SECRET_SIGNATURE) {
            return secret(rebuild(fields["value"], secret, unknown));
        }
        if (signature === RESOURCE_SIGNATURE) {
            return rebuild(fields["urn"], secret, unknown);
        }
        return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, rebuild(item, secret, unknown)]));
    }
    return (value ?? null) as Json;
}

/** For people and for `--json`: `"<secret>"`, `"<computed>"`. */
export function forDisplay(value: unknown): Json {
    return rebuild(value, () => "<secret>", "<computed>");
}

/** Paths of a displayed value at which something is known only after the update. */
export function computedPaths(value: Json | undefined, path: string): string[] {
    if (value === "<computed>") {
        return [path];
    }
    if (Array.isArray(value)) {
        return value.flatMap((item, index) => computedPaths(item, `${path}[${index}]`));
    }
    return typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, item]) => computedPaths(item, `${path}.${key}`))
        : [];
}

/** For policies: secrets bare, unknowns as the SDK's sentinel. */
export function forPolicies(value: unknown): Json {
    return rebuild(value, (inner) => inner, UNKNOWN);
}

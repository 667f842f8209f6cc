/**
 * What a rule may know of a resource: its inputs with a mark where a value is known only after the update. The policy SDK throws
 * when such a value is read and then turns the whole rule into an advisory; reading through `Facts` keeps a mandatory rule mandatory
 * on everything that is known.
 */

/** Stands for a value that only the update can tell. */
export const UNKNOWN: unique symbol = Symbol("unknown until the update");

/** The sentinels by which the engine marks unknown values, one for each kind (sdk: pulumi-policy proxy.ts, plugin/rpc.go). */
const SENTINELS = new Set([
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A plain copy of a value; unknown parts become `UNKNOWN`. Works on the SDK's throwing proxies and on plain values. */
export function snapshot(value: unknown): unknown {
    if (typeof value === "string") {
        return SENTINELS.has(value) ? UNKNOWN : value;
    }
    if (Array.isArray(value)) {
        return Array.from({ length: value.length }, (_, index) => snapshotOf(() => (value as unknown[])[index]));
    }
    if (typeof value === "object" && value !== null) {
        const fields = value as { [key: string]: unknown };
        return Object.fromEntries(Object.keys(fields).map((key) => [key, snapshotOf(() => fields[key])]));
    }
    return value;
}

function snapshotOf(read: () => unknown): unknown {
    let value: unknown;
    try {
        value = read();
    } catch {
        // The SDK's proxy throws only for unknown values.
        return UNKNOWN;
    }
    return snapshot(value);
}

/** Typed, forgiving access to one value and what lies below it. A path is `a.b[0].c`; a missing step gives an absent value. */
export class Facts {
    private constructor(private readonly value: unknown) {}

    /** Facts of a resource's properties. */
    static of(props: unknown): Facts {
        return new Facts(snapshot(props));
    }

    at(path: string): Facts {
        let current = this.value;
        for (const step of path.split(/[.[\]]+/).filter((part) => part !== "")) {
            if (current === UNKNOWN) {
                return new Facts(UNKNOWN);
            }
            current =
                typeof current === "object" && current !== null
                    ? (current as { [key: string]: unknown })[step]
                    : undefined;
        }
        return new Facts(current);
    }

    /** The value under one key, which may itself contain dots: `nvidia.com/gpu`. */
    key(name: string): Facts {
        if (this.value === UNKNOWN) {
            return new Facts(UNKNOWN);
        }
        return new Facts(
            typeof this.value === "object" && this.value !== null
                ? (this.value as { [key: string]: unknown })[name]
                : undefined,
        );
    }

    /** Whether there is a value, known or not. */
    get present(): boolean {
        return this.value !== undefined && this.value !== null;
    }

    get unknown(): boolean {
        return this.value === UNKNOWN;
    }

    /** The value where it is known, as it is. */
    get known(): unknown {
        return this.value === UNKNOWN ? undefined : this.value;
    }

    text(path = ""): string | undefined {
        const value = this.at(path).value;
        return typeof value === "string" ? value : undefined;
    }

    /** A number; YAML and Kubernetes often carry numbers as text, which counts. */
    number(path = ""): number | undefined {
        const value = this.at(path).value;
        if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) {
            return Number(value);
        }
        return typeof value === "number" ? value : undefined;
    }

    flag(path = ""): boolean | undefined {
        const value = this.at(path).value;
        return value === "true" ? true : value === "false" ? false : typeof value === "boolean" ? value : undefined;
    }

    /** Elements of a list; none where it is absent or unknown. */
    list(path = ""): Facts[] {
        const value = this.at(path).value;
        return Array.isArray(value) ? value.map((item) => new Facts(item)) : [];
    }

    /** Texts of a list, unknown elements left out. */
    texts(path = ""): string[] {
        return this.list(path)
            .map((item) => item.text())
            .filter((item): item is string => item !== undefined);
    }

    /** Entries of a map; none where it is absent or unknown. */
    entries(path = ""): [string, Facts][] {
        const value = this.at(path).value;
        return typeof value === "object" && value !== null && !Array.isArray(value)
            ? Object.entries(value).map(([key, item]) => [key, new Facts(item)])
            : [];
    }

    /** Every text anywhere below, with its path: for rules that look for a pattern wherever it hides. */
    allTexts(prefix = ""): [string, string][] {
        const join = (key: string): string => (prefix === "" ? key : `${prefix}.${key}`);
        if (typeof this.value === "string") {
            return [[prefix, this.value]];
        }
        if (Array.isArray(this.value)) {
            return this.list().flatMap((item, index) => item.allTexts(`${prefix}[${index}]`));
        }
        return this.entries().flatMap(([key, item]) => item.allTexts(join(key)));
    }
}

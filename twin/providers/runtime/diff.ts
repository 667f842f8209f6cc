/** Differences between two sets of inputs, property by property, as the engine shows them. */
import { deepEqual, isObject, isUnknown } from "./values";

export type ChangeKind = "add" | "delete" | "update";

export interface PropertyChange {
    /** For example `spec.template.containers[0].image`. */
    path: string;
    kind: ChangeKind;
    replace: boolean;
}

/** Whether a changed path lies at or below one of the given paths; `[*]` in them stands for any index. */
export function coveredBy(path: string, patterns: string[]): boolean {
    const shape = path.replace(/\[\d+\]/g, "[*]");
    return patterns.some(
        (pattern) => shape === pattern || shape.startsWith(`${pattern}.`) || shape.startsWith(`${pattern}[`),
    );
}

function join(path: string, key: string): string {
    const plainKey = /^[A-Za-z_$][\w$]*$/.test(key);
    return plainKey ? (path === "" ? key : `${path}.${key}`) : `${path}["${key.replaceAll('"', '\\"')}"]`;
}

/** All leaf changes. What is unknown counts as an update: only the real operation can tell. */
export function changes(before: unknown, after: unknown, replaceOn: string[] = [], path = ""): PropertyChange[] {
    if (deepEqual(before, after)) {
        return [];
    }
    const own = (kind: ChangeKind): PropertyChange[] => [{ path, kind, replace: coveredBy(path, replaceOn) }];
    if (before === undefined || before === null) {
        return own("add");
    }
    if (after === undefined || after === null) {
        return own("delete");
    }
    if (isUnknown(after)) {
        return own("update");
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
            changes(before[index], after[index], replaceOn, `${path}[${index}]`),
        ).flat();
    }
    if (isObject(before) && isObject(after)) {
        const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
        // A key that itself must replace is one change, not its leaves.
        return keys.flatMap((key) => {
            return changes(before[key], after[key], replaceOn, join(path, key));
        });
    }
    return own("update");
}

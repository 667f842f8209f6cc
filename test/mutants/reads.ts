/** What a rule reads of a program: a change that no rule minds counts as a near-miss only where the rule looked at it. */
import { isDeepStrictEqual } from "node:util";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { Facts, snapshot } from "../../policies/facts";
import { matchesType, type Rule, type Subject } from "../../policies/rule";

// A fact over a value as it is: `Facts.of` would copy the value, and read all of it.
const FactsOver = Facts as unknown as new (value: unknown) => Facts;

type Path = readonly string[];

/** One place of one resource. */
export function place(urn: string, path: Path): string {
    return JSON.stringify([urn, ...path]);
}

/** The value, noting each place below it that is read. */
function watched(value: unknown, path: Path, note: (path: Path) => void): unknown {
    if (typeof value !== "object" || value === null) {
        return value;
    }
    return new Proxy(value, {
        get(target, key): unknown {
            const below: unknown = Reflect.get(target, key);
            if (typeof key === "symbol" || (Array.isArray(target) && !/^\d+$/.test(key))) {
                return below;
            }
            note([...path, key]);
            return watched(below, [...path, key], note);
        },
    });
}

/** Places that a rule reads while it judges the resources; a setting is a place of the resource "". */
export function reads(
    resources: readonly RegisteredResource[],
    rule: Rule,
    settings: { [key: string]: unknown },
): Set<string> {
    const seen = new Set<string>();
    const subjects = resources.map((resource): Subject => {
        const note = (path: Path): void => {
            seen.add(place(resource.urn, []));
            seen.add(place(resource.urn, path));
        };
        return {
            type: resource.type,
            name: resource.name,
            urn: resource.urn,
            ...(resource.parent === "" ? {} : { parent: resource.parent }),
            get props() {
                note([]);
                return new FactsOver(watched(snapshot(resource.inputs), ["inputs"], note));
            },
            get protect() {
                note(["protect"]);
                return resource.protect;
            },
            get dependencies() {
                note(["dependencies"]);
                return resource.dependencies;
            },
            get propertyDependencies() {
                note([]);
                return watched(resource.propertyDependencies, ["propertyDependencies"], note) as {
                    [property: string]: string[];
                };
            },
        };
    });
    const config = watched(settings, [], (path) => seen.add(place("", path))) as { [key: string]: unknown };
    if ("appliesTo" in rule) {
        for (const subject of subjects.filter(({ type }) => matchesType(type, rule.appliesTo))) {
            rule.check(subject, { config });
        }
    } else {
        rule.check(subjects, { config });
    }
    return seen;
}

/** Paths at which two values differ: the outermost where one of them is absent, the leaves elsewhere. */
function differences(before: unknown, after: unknown, path: Path): Path[] {
    if (isDeepStrictEqual(before, after)) {
        return [];
    }
    // An empty map or list is a value of its own: `{}` says something else than a map of labels.
    const isBranch = (value: unknown): value is object =>
        typeof value === "object" && value !== null && Object.keys(value).length > 0;
    if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
        return [path];
    }
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
        differences((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key], [...path, key]),
    );
}

/** Places that changed, by the resource that they belong to; a resource that came or went is one place as a whole. */
export function changed(
    before: readonly RegisteredResource[],
    after: readonly RegisteredResource[],
): { urn: string; place: string }[] {
    const [old, next] = [before, after].map((list) => new Map(list.map((resource) => [resource.urn, resource])));
    return [...new Set([...before, ...after].map(({ urn }) => urn))].flatMap((urn) => {
        const [was, is] = [old?.get(urn), next?.get(urn)];
        if (was === undefined || is === undefined) {
            return [{ urn, place: place(urn, []) }];
        }
        return (["inputs", "protect", "dependencies", "propertyDependencies"] as const)
            .flatMap((part) => differences(was[part], is[part], [part]))
            .map((path) => ({ urn, place: place(urn, path) }));
    });
}

/** The form of a near-miss: a change that lies just on the legal side of one rule. */
import type { Rule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { byCheck } from "../policies/paths";
import { apply, program, type Edit, type Program } from "../policies/program";
import { changed, place, reads } from "./reads";

export interface NearMiss {
    rule: string;
    /** What somebody did, in a few words. */
    change: string;
    edits: Edit[];
    /** Defaults to prod. */
    program?: Program;
    settings?: { [key: string]: unknown };
    /** Why the rule looks at the resource and leaves the change alone: then it need not read the place that changed. */
    outOfScope?: string;
}

/** A near-miss in a line. */
export function near(rule: string, change: string, edits: Edit[], more: Partial<NearMiss> = {}): NearMiss {
    return { rule, change, edits, ...more };
}

function ruleOf({ rule: name }: NearMiss): Rule {
    const rule = rules.find((each) => each.name === name);
    if (rule === undefined) {
        throw new Error(`no rule ${name}`);
    }
    return rule;
}

/** All that the rule says of the changed program, what it said before included. */
export async function judgedAlone(nearMiss: NearMiss): Promise<string[]> {
    const { rule, program: base = "prod", edits, settings = {} } = nearMiss;
    const resources = apply(await program(base), edits);
    return byCheck(resources, settings, [ruleOf(nearMiss)], { [rule]: { settings } }).map(({ message }) => message);
}

/**
 * Whether the rule's judgement depends on what the near-miss changes: it reads a place that changed, or a setting that is given.
 * Out of its scope, it reads at least something of the resource that changed.
 */
export async function isNoticed(nearMiss: NearMiss): Promise<boolean> {
    const { program: base = "prod", edits, settings = {}, outOfScope } = nearMiss;
    const rule = ruleOf(nearMiss);
    const before = await program(base);
    const after = apply(before, edits);
    const read = new Set([...reads(before, rule, settings), ...reads(after, rule, settings)]);
    const places = changed(before, after);
    return outOfScope === undefined
        ? places.some((each) => read.has(each.place)) || Object.keys(settings).some((key) => read.has(place("", [key])))
        : places.some(({ urn }) => read.has(place(urn, [])));
}

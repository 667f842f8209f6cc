/** Runs mutants: which rules speak about the changed program that were silent before. */
import { rules } from "../../policies/rules";
import { apply, program, type Edit, type Program } from "../policies/program";
import { byCheck, type Violation } from "../policies/paths";

/** Names of the rules that a change makes speak. */
export async function newViolations(
    name: Program,
    edits: readonly Edit[],
    settings: { [key: string]: unknown } = {},
    rule?: string,
): Promise<string[]> {
    const resources = await program(name);
    // The time of the plan is for all rules, other settings are for the one.
    const { at, ...own } = settings;
    const extra = at === undefined ? {} : { at };
    const configuration = rule === undefined ? {} : { [rule]: { settings: own } };
    const key = (found: Violation): string => `${found.policy} ${found.urn} ${found.message}`;
    // Settings are part of the change: what was fine under the defaults counts as silent.
    const before = new Set(byCheck(resources).map(key));
    const after = byCheck(apply(resources, edits), extra, rules, configuration);
    return [...new Set(after.filter((found) => !before.has(key(found))).map(({ policy }) => policy))];
}

/** The form of a mutant: a small change to a compliant program, and the one rule that must notice it. */
import type { Edit, Program } from "../policies/program";

export interface Mutant {
    rule: string;
    /** What somebody did, in a few words. */
    change: string;
    edits: Edit[];
    /** Defaults to prod. */
    program?: Program;
    settings?: { [key: string]: unknown };
    /** Rules that rightly speak too, each with the reason. */
    alsoTrips?: { [rule: string]: string };
}

/** A change that no rule may mind. */
export interface Harmless {
    change: string;
    edits: Edit[];
    program?: Program;
    settings?: { [key: string]: unknown };
}

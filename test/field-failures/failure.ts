/** A failure that somebody had and reported, as a change to a working environment, and who says so before anything is created. */
import type { InputProblem } from "../../components/input";
import type { Edit, Program } from "../policies/program";

export interface FieldFailure {
    /** Where it was reported. */
    link: string;
    /** What happened, in one sentence. */
    story: string;
    /** The program that had the failure: a change to one of ours, or a component's arguments with what its check says. */
    program?: Program;
    edits?: Edit[];
    check?: () => InputProblem[];
    /** Name of the rule, or path of the input problem. */
    caughtBy: string;
}

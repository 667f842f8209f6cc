/** What the CIS EKS Benchmark and cdk-nag ask for, and who answers it here; test/truth/catalogues.test.ts holds both lists to their packages. */

/** By a rule of the pack, by what a component makes (its tests hold it), or not at all, and why. */
export type Answer =
    | { by: "rule"; rules: string[] }
    | { by: "by construction"; components: string[] }
    | { by: "not applicable" | "not covered" };

export interface Coverage {
    catalogue: "CIS EKS" | "cdk-nag";
    /** Ids of the catalogue: numbers of recommendations, names of rules. */
    ids: string[];
    /** What is asked for; cdk-nag's names say it themselves. */
    asked?: string;
    answer: Answer;
    /** How it is answered, or why not. */
    note?: string;
}

export const rule = (...rules: string[]): Answer => ({ by: "rule", rules });
export const built = (...components: string[]): Answer => ({ by: "by construction", components });
export const notApplicable: Answer = { by: "not applicable" };
export const notCovered: Answer = { by: "not covered" };

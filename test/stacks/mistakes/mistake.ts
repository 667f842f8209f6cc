/** The form of a mistake in an environment, and of what a person is told. */
/** One mistake in an environment's YAML, and every part of the sentence that it gets. */
export interface Mistake {
    title: string;
    /** Environment whose YAML is changed. Defaults to prod. */
    environment?: string;
    /** Path in the YAML without `kilogpu:`, and the value put there; undefined removes the key. */
    set: { [path: string]: unknown };
    path: string;
    got: string;
    legal: RegExp;
    remedy: string;
}

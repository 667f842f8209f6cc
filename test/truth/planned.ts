/** What the environments ask of Kubernetes, evaluated offline once for all files of this folder that need it. */
import * as path from "node:path";
import { evaluate } from "../../cli/plan/evaluate";
import { environments, readProject, readStack } from "../../cli/plan/project";
import { forPolicies, type Json } from "../../cli/plan/values";

/** The repository's own project. */
export const project = readProject(path.join(__dirname, "..", ".."));

/** Every environment, by its YAML. */
export const names = environments(project);

/** One Kubernetes object or Helm release. */
export interface Planned {
    environment: string;
    name: string;
    type: string;
    inputs: { [key: string]: Json };
}

const evaluated = new Map<string, Promise<Planned[]>>();

/** Objects and releases of an environment; what is not known before an update is the SDK's sentinel. */
export function planned(environment: string): Promise<Planned[]> {
    const known = evaluated.get(environment);
    if (known !== undefined) {
        return known;
    }
    const started = evaluate(project, environment, readStack(project, environment)).then((evaluation) =>
        evaluation.resources
            .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
            .map(({ name, type, inputs }) => ({
                environment,
                name,
                type,
                inputs: forPolicies(inputs) as { [key: string]: Json },
            })),
    );
    evaluated.set(environment, started);
    return started;
}

/** Helm releases of an environment. */
export async function releasesIn(environment: string): Promise<Planned[]> {
    return (await planned(environment)).filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
}

/** Plain objects of an environment, with apiVersion and kind. */
export async function objectsIn(environment: string): Promise<Planned[]> {
    return (await planned(environment)).filter(({ type }) => !type.startsWith("kubernetes:helm.sh/"));
}

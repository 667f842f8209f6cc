/**
 * Which versions fit each other. A misfit of Kueue, JobSet and Trainer fails silently: the Workload says Admitted, the pods exist,
 * and none gets a node selector (Kueue before 0.17 writes a TrainJob field that Trainer 2.2 prunes).
 */
import * as semver from "semver";
import { release, releaseNames, supportsKubernetes, versionFor } from "./releases";

/** Two pieces of software that do not fit. */
export interface Incompatibility {
    /** The release whose requirement is broken. */
    release: string;
    /** What it needs, for example `kubeflow-trainer >=2.2.0 <2.3.0`. */
    needs: string;
    /** What there is. */
    got: string;
    /** One sentence for a person. */
    message: string;
}

/**
 * What of a set of releases does not fit: each other by the `requires` tables, and the Kubernetes minor by each release's range.
 * Empty when all fits.
 *
 * @param versions version of each release by name; those left out have the catalogue's pin. Give only what is installed.
 * @param minor Kubernetes minor; without, ranges of Kubernetes are not checked.
 */
export function compatible(versions: { [release: string]: string }, minor?: string): Incompatibility[] {
    const found: Incompatibility[] = [];
    for (const [name, version] of Object.entries(versions)) {
        const entry = release(name);
        for (const [other, range] of Object.entries(entry.requires ?? {})) {
            const got = versions[other];
            if (got !== undefined && !satisfies(got, range)) {
                found.push({
                    release: name,
                    needs: `${other} ${range}`,
                    got,
                    message: `${name} ${version} needs ${other} ${range}, got ${got}`,
                });
            }
        }
        if (minor !== undefined && !supportsKubernetes(entry, minor)) {
            const range = (entry.kubernetes ?? []).join(" to ");
            found.push({
                release: name,
                needs: `kubernetes ${range}`,
                got: minor,
                message: `${name} ${version} supports Kubernetes ${range}, got ${minor}`,
            });
        }
    }
    return found;
}

/** The catalogue's own pins of the named releases (all of them by default), as `compatible` takes them. */
export function pinnedVersions(
    minor: string,
    names: readonly string[] = releaseNames(),
): { [release: string]: string } {
    return Object.fromEntries(names.map((name) => [name, versionFor(name, minor)]));
}

function satisfies(version: string, range: string): boolean {
    const parsed = semver.coerce(version);
    return parsed !== null && semver.satisfies(parsed, range);
}

/** Reader of the release catalogue: every chart, image, module, add-on, driver and tool that kilogpu pins. */
import data from "./data/releases.json";
import { chartValues } from "./chart-values";
import type { Release } from "./types";
import { unknownName } from "./unknown-name";

interface ReleaseFile {
    /** Kubernetes minor of a cluster that names none. */
    defaultKubernetes: string;
    releases: Release[];
}

const file = data as unknown as ReleaseFile;
const all = file.releases.map(withValueKeys);
const releases = new Map(all.map((entry) => [entry.name, entry]));

/** Kubernetes minor of a cluster that names none, for example `1.35`. */
export const defaultKubernetesMinor = file.defaultKubernetes;

/** Names of every release in the catalogue, in the order of the file. */
export function releaseNames(): string[] {
    return [...releases.keys()];
}

/** Every release of a kind, in the order of the file. */
export function releasesOf(kind: Release["kind"]): Release[] {
    return all.filter((entry) => entry.kind === kind);
}

/** The release, or undefined when the catalogue does not hold it. */
export function findRelease(name: string): Release | undefined {
    return releases.get(name);
}

/**
 * The release.
 *
 * @throws UnknownNameError `unknown release gpu-operatr, did you mean gpu-operator?`
 */
export function release(name: string): Release {
    const entry = releases.get(name);
    if (entry === undefined) {
        throw unknownName("release", name, releaseNames());
    }
    return entry;
}

/** Kubernetes minors that EKS clusters and twins can be declared with, oldest first. */
export function kubernetesMinors(): string[] {
    return Object.keys(release("kubernetes").versions ?? {});
}

/**
 * The version of a release on a Kubernetes minor: the one pinned for that minor where the release follows the cluster's minor
 * (Kubernetes itself, EKS add-ons), else its only version.
 *
 * @throws Error when the release follows the minor and holds none for this one.
 */
export function versionFor(name: string, minor: string): string {
    const entry = release(name);
    if (entry.versions === undefined) {
        return entry.version;
    }
    const version = entry.versions[minor];
    if (version === undefined) {
        throw new Error(
            `${name} has no version for Kubernetes ${minor}; it has versions for ${Object.keys(entry.versions).join(", ")}`,
        );
    }
    return version;
}

/** Version of the `k8s.io/*` staging modules that belong to a minor's Kubernetes: `v0.35.4` for 1.35. */
export function stagingVersion(minor: string): string {
    return versionFor("kubernetes", minor).replace(/^v1\./, "v0.");
}

/** Whether a release supports a Kubernetes minor. A release that declares no range supports every one. */
export function supportsKubernetes(entry: Release, minor: string): boolean {
    if (entry.kubernetes === undefined) {
        return true;
    }
    const [oldest, newest] = entry.kubernetes;
    return compareMinors(oldest, minor) <= 0 && compareMinors(minor, newest) <= 0;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer: `1.9` is older than `1.35`. */
export function compareMinors(a: string, b: string): number {
    const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
    const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
    return aMajor - bMajor || aMinor - bMinor;
}

/** Image reference of a release of kind `image`: `location:version`, or `location@digest` where the digest is known. */
export function imageReference(name: string): string {
    const entry = release(name);
    if (entry.kind !== "image") {
        throw new Error(`${name} is a ${entry.kind}, not an image`);
    }
    return entry.digest === undefined
        ? `${entry.location}:${entry.version}`
        : `${entry.location}:${entry.version}@${entry.digest}`;
}

/** The long lists of values keys stand in a file of their own; a reader finds them with the rest of the chart. */
function withValueKeys(entry: Release): Release {
    const valueKeys = chartValues(entry.name)?.keys;
    return valueKeys === undefined ? entry : { ...entry, inside: { ...entry.inside, valueKeys } };
}

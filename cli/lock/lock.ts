/**
 * The lock of an environment: every version that decides how it behaves, in one file to review, promote and compare. The same program gives
 * the same lock: no time of day, keys and lists sorted.
 */
import { compatible, findInstance, findRelease, release, releasesOf, type Incompatibility } from "../../catalog";
import type { Plan } from "../plan/contract";
import type { Json } from "../plan/values";

/** One Helm release. */
export interface LockedChart {
    release: string;
    namespace: string;
    chart: string;
    repository: string;
    version: string;
    appVersion?: string;
}

/** One EKS add-on. */
export interface LockedAddon {
    name: string;
    version: string;
}

/** One container image that the environment names itself or a chart is known to run. */
export interface LockedImage {
    reference: string;
    /** Content digest; null where the catalogue knows none. */
    digest: string | null;
    /** Who asks for it: a resource's name or a chart. */
    usedBy: string[];
}

/** A time in which nothing may be upgraded. */
export interface FreezeWindow {
    start: string;
    end: string;
    reason?: string;
}

/** `kilogpu.<environment>.lock.json`. */
export interface Lock {
    lockVersion: 1;
    environment: string;
    kubernetes: string;
    instanceTypes: string[];
    /** AMI types of the node groups: the driver's owner where no operator installs one. */
    amiTypes: string[];
    charts: LockedChart[];
    addons: LockedAddon[];
    images: LockedImage[];
    /** Driver, EFA installer, NCCL and CUDA versions that the catalogue pins. */
    drivers: { [name: string]: string };
    freezes: FreezeWindow[];
    /** Registry that the environment takes images from, where it has one. */
    imageMirror?: string;
    /** What does not fit; empty in a lock that may be used. */
    incompatibilities: Incompatibility[];
}

function text(value: Json | undefined): string {
    return typeof value === "string" ? value : "";
}

function field(inputs: { [key: string]: Json }, ...path: string[]): Json | undefined {
    let current: Json | undefined = inputs;
    for (const step of path) {
        current =
            typeof current === "object" && current !== null && !Array.isArray(current) ? current[step] : undefined;
    }
    return current;
}

/** Every `image: "…"` below a value. */
function imagesIn(value: Json): string[] {
    if (Array.isArray(value)) {
        return value.flatMap(imagesIn);
    }
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value).flatMap(([key, item]) =>
        key === "image" && typeof item === "string" && /[/:]/.test(item) ? [item] : imagesIn(item),
    );
}

function by<T>(key: (item: T) => string): (a: T, b: T) => number {
    return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function chartsOf(plan: Plan): LockedChart[] {
    return plan.resources
        .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
        .map(({ name, inputs }): LockedChart => {
            const chart = text(inputs["chart"]);
            const short = chart.split("/").pop() ?? chart;
            const appVersion = findRelease(short)?.appVersion;
            return {
                release: text(inputs["name"]) || name,
                namespace: text(inputs["namespace"]),
                chart: short,
                repository:
                    text(field(inputs, "repositoryOpts", "repo")) ||
                    chart.slice(0, Math.max(0, chart.length - short.length - 1)),
                version: text(inputs["version"]),
                ...(appVersion === undefined ? {} : { appVersion }),
            };
        })
        .sort(by((chart) => `${chart.namespace}/${chart.release}`));
}

function imagesOf(plan: Plan, charts: readonly LockedChart[]): LockedImage[] {
    const users = new Map<string, Set<string>>();
    const use = (reference: string, user: string): void => {
        users.set(reference, (users.get(reference) ?? new Set()).add(user));
    };
    for (const resource of plan.resources.filter(
        ({ type }) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/"),
    )) {
        imagesIn(resource.inputs).forEach((reference) => {
            use(reference, resource.name);
        });
    }
    for (const { chart } of charts) {
        findRelease(chart)?.inside?.images?.forEach((reference) => {
            use(reference, `chart ${chart}`);
        });
    }
    const digests = new Map([
        ...releasesOf("image").map((entry) => [`${entry.location}:${entry.version}`, entry.digest] as const),
        ...releasesOf("chart").flatMap((entry) => Object.entries(entry.inside?.digests ?? {})),
    ]);
    return [...users]
        .map(([reference, usedBy]): LockedImage => {
            const written = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
            return { reference, digest: written ?? digests.get(reference) ?? null, usedBy: [...usedBy].sort() };
        })
        .sort(by((image) => image.reference));
}

/** Versions by release name, as the compatibility check takes them; charts that the catalogue does not know are left out. */
function versionsOf(charts: readonly LockedChart[], addons: readonly LockedAddon[]): { [name: string]: string } {
    const entries = [
        ...charts.map(({ chart, version }) => [chart, version]),
        ...addons.map(({ name, version }) => [name, version]),
    ];
    return Object.fromEntries(entries.filter(([name]) => name !== undefined && findRelease(name) !== undefined)) as {
        [name: string]: string;
    };
}

/** The lock of a plan. */
export function lockOf(plan: Plan): Lock {
    const cluster = plan.resources.find(({ type }) => type === "aws:eks/cluster:Cluster");
    const whole = plan.resources.find(({ type }) => type === "kilogpu:index:TrainingCluster");
    const kubernetes = text(cluster?.inputs["version"]) || text(whole?.inputs["kubernetesVersion"]);
    const charts = chartsOf(plan);
    const addons = plan.resources
        .filter(({ type }) => type === "aws:eks/addon:Addon")
        .map(({ inputs }): LockedAddon => ({ name: text(inputs["addonName"]), version: text(inputs["addonVersion"]) }))
        .sort(by((addon) => addon.name));
    const types = [...new Set(plan.pools.map((pool) => pool.instanceType))].sort();
    const amiTypes = [
        ...new Set(types.map((type) => findInstance(type)?.amiType).filter((ami): ami is string => ami !== undefined)),
    ].sort();
    const hasEfa = plan.pools.some((pool) => pool.efaInterfaces > 0);
    const drivers = ["nvidia-driver", "cuda", "nccl", ...(hasEfa ? ["efa-installer"] : [])];
    const imageMirror = text(whole?.inputs["imageMirror"]);
    const freezes = whole?.inputs["freezeWindows"];
    return {
        lockVersion: 1,
        environment: plan.environment,
        kubernetes,
        instanceTypes: types,
        amiTypes,
        charts,
        addons,
        images: imagesOf(plan, charts),
        drivers:
            plan.pools.length === 0
                ? {}
                : Object.fromEntries(drivers.sort().map((name) => [name, release(name).version])),
        freezes: Array.isArray(freezes) ? (freezes as unknown as FreezeWindow[]) : [],
        ...(imageMirror === "" ? {} : { imageMirror }),
        incompatibilities: compatible(versionsOf(charts, addons), kubernetes === "" ? undefined : kubernetes),
    };
}

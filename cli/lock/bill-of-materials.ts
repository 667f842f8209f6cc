/** CycloneDX 1.6 bills of materials: of this package (from package-lock.json) and of an environment (from its lock). */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot, packageVersion } from "../../catalog/package-root";
import type { Lock } from "./lock";

/** An id of the SPDX list, an expression over such ids, or whatever else a package says of itself. */
type License = { license: { id: string } } | { license: { name: string } } | { expression: string };

/** What one component needs, by bom-ref. */
interface Dependency {
    ref: string;
    dependsOn: string[];
}

/** One component of a bill. */
interface Component {
    type: "library" | "application" | "container" | "operating-system" | "platform";
    "bom-ref": string;
    name: string;
    version: string;
    purl?: string;
    licenses?: License[];
    hashes?: { alg: "SHA-512" | "SHA-256"; content: string }[];
    properties?: { name: string; value: string }[];
}

/** A CycloneDX document. It carries no time and no serial number, so that the same input gives the same bytes. */
export interface BillOfMaterials {
    bomFormat: "CycloneDX";
    specVersion: "1.6";
    version: 1;
    metadata: { component: Component; tools: { components: Component[] } };
    components: Component[];
    dependencies: Dependency[];
}

/** `needs` says what a component depends on, by bom-ref; the subject and every component get an entry. */
function bill(
    subject: Component,
    components: Component[],
    needs: ReadonlyMap<string, readonly string[]>,
): BillOfMaterials {
    const sorted = [...new Map(components.map((component) => [component["bom-ref"], component])).values()].sort(
        (a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1),
    );
    const tool: Component = {
        type: "application",
        "bom-ref": "tool:kilogpu",
        name: "kilogpu",
        version: packageVersion(),
    };
    return {
        bomFormat: "CycloneDX",
        specVersion: "1.6",
        version: 1,
        metadata: { component: subject, tools: { components: [tool] } },
        components: sorted,
        dependencies: [subject, ...sorted].map((component) => ({
            ref: component["bom-ref"],
            dependsOn: [...new Set(needs.get(component["bom-ref"]) ?? [])].sort(),
        })),
    };
}

interface LockedPackage {
    version?: string;
    integrity?: string;
    dev?: boolean;
    peer?: boolean;
    link?: boolean;
    license?: string;
    dependencies?: { [name: string]: string };
    peerDependencies?: { [name: string]: string };
    optionalDependencies?: { [name: string]: string };
}

function npmPurl(name: string, version: string): string {
    return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

function licensesOf(license: string | undefined): License[] {
    if (license === undefined) {
        return [];
    }
    if (/ (AND|OR|WITH) /.test(license)) {
        return license.startsWith("SEE LICENSE") ? [{ license: { name: license } }] : [{ expression: license }];
    }
    return [license.includes(" ") ? { license: { name: license } } : { license: { id: license } }];
}

/** Where Node finds a package from a place in the tree: the nearest node_modules at or above it that has it. */
function resolved(name: string, from: string, packages: { [path: string]: LockedPackage }): string | undefined {
    for (let place = from; place !== ""; place = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")))) {
        if (packages[`${place}/node_modules/${name}`] !== undefined) {
            return `${place}/node_modules/${name}`;
        }
    }
    return packages[`node_modules/${name}`] === undefined ? undefined : `node_modules/${name}`;
}

/** What a package asks for itself; npm leaves out what is optional and does not fit the machine. */
function asksFor(entry: LockedPackage): string[] {
    return Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies });
}

/** Where the build leaves the bill for those who install the package: npm packs no package-lock.json. */
export const SHIPPED_BILL = "dist/bom.json";

/** The package's own bill: what `npm install kilogpu` brings, without development tools. */
export function packageBill(root = packageRoot()): BillOfMaterials {
    const lockFile = join(root, "package-lock.json");
    if (!existsSync(lockFile)) {
        return JSON.parse(readFileSync(join(root, SHIPPED_BILL), "utf8")) as BillOfMaterials;
    }
    const { packages } = JSON.parse(readFileSync(lockFile, "utf8")) as { packages: { [path: string]: LockedPackage } };
    const version = packageVersion();
    const subject: Component = {
        type: "library",
        "bom-ref": npmPurl("kilogpu", version),
        name: "kilogpu",
        version,
        purl: npmPurl("kilogpu", version),
        licenses: licensesOf(packages[""]?.license),
    };
    const installed = new Map(
        Object.entries(packages)
            .filter(
                ([path, entry]) =>
                    path.startsWith("node_modules/") &&
                    entry.dev !== true &&
                    entry.link !== true &&
                    entry.version !== undefined,
            )
            .map(([path, entry]) => [path, { entry, component: npmComponent(path, entry) }]),
    );
    const needs = new Map<string, string[]>();
    const add = (reference: string, entry: LockedPackage, path: string): void => {
        const found = asksFor(entry)
            .map((name) => installed.get(resolved(name, path, packages) ?? "")?.component["bom-ref"])
            .filter((need): need is string => need !== undefined);
        // The same version may stand at several places of the tree.
        needs.set(reference, [...(needs.get(reference) ?? []), ...found]);
    };
    add(subject["bom-ref"], packages[""] ?? {}, "");
    installed.forEach(({ entry, component }, path) => {
        add(component["bom-ref"], entry, path);
    });
    return bill(
        subject,
        [...installed.values()].map(({ component }) => component),
        needs,
    );
}

function npmComponent(path: string, entry: LockedPackage): Component {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const version = entry.version ?? "";
    const sha512 =
        entry.integrity?.startsWith("sha512-") === true
            ? Buffer.from(entry.integrity.slice(7), "base64").toString("hex")
            : undefined;
    const licenses = licensesOf(entry.license);
    return {
        type: "library",
        "bom-ref": npmPurl(name, version),
        name,
        version,
        purl: npmPurl(name, version),
        ...(licenses.length === 0 ? {} : { licenses }),
        ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    };
}

/** Name and tag of an image reference. */
function imageParts(reference: string): { name: string; tag?: string } {
    const [beforeDigest = reference] = reference.split("@");
    const colon = beforeDigest.lastIndexOf(":");
    return colon > beforeDigest.lastIndexOf("/")
        ? { name: beforeDigest.slice(0, colon), tag: beforeDigest.slice(colon + 1) }
        : { name: beforeDigest };
}

/** A package URL of type oci: the version is the digest, the tag a qualifier. */
function imagePurl(name: string, tag: string | undefined, digest: string | null): string {
    const qualifiers = [["repository_url", name], ...(tag === undefined ? [] : [["tag", tag]])]
        .map(([key = "", value = ""]) => `${key}=${encodeURIComponent(value)}`)
        .join("&");
    return `pkg:oci/${name.split("/").pop() ?? name}${digest === null ? "" : `@${encodeURIComponent(digest)}`}?${qualifiers}`;
}

function imageComponent({ reference, digest }: Lock["images"][number]): Component {
    const { name, tag } = imageParts(reference);
    return {
        type: "container",
        "bom-ref": `image:${reference}`,
        name,
        version: digest ?? tag ?? "",
        purl: imagePurl(name, tag, digest),
        ...(digest === null ? {} : { hashes: [{ alg: "SHA-256", content: digest.replace("sha256:", "") }] }),
    };
}

function chartComponent(chart: Lock["charts"][number]): Component {
    return {
        type: "application",
        "bom-ref": `helm:${chart.namespace}/${chart.release}@${chart.version}`,
        name: chart.chart,
        version: chart.version,
        purl: `pkg:helm/${chart.chart}@${chart.version}?repository_url=${encodeURIComponent(chart.repository)}`,
        properties: [{ name: "kilogpu:namespace", value: chart.namespace }],
    };
}

/** The bill of an environment: Kubernetes, add-ons, charts, images, drivers. A chart needs the images that it is known to run. */
export function environmentBill(lock: Lock): BillOfMaterials {
    const charts = lock.charts.map((chart) => ({ chart, component: chartComponent(chart) }));
    const subject: Component = {
        type: "platform",
        "bom-ref": `environment:${lock.environment}`,
        name: lock.environment,
        version: packageVersion(),
    };
    const components: Component[] = [
        { type: "platform", "bom-ref": "platform:kubernetes", name: "kubernetes", version: lock.kubernetes },
        ...lock.addons.map((addon): Component => ({
            type: "application",
            "bom-ref": `eks-addon:${addon.name}@${addon.version}`,
            name: addon.name,
            version: addon.version,
        })),
        ...charts.map(({ component }) => component),
        ...lock.images.map(imageComponent),
        ...Object.entries(lock.drivers).map(([name, version]): Component => ({
            type: "operating-system",
            "bom-ref": `driver:${name}@${version}`,
            name,
            version,
        })),
    ];
    const imagesOf = (user: string): string[] =>
        lock.images.filter(({ usedBy }) => usedBy.includes(user)).map(({ reference }) => `image:${reference}`);
    const ofCharts = new Map(
        charts.map(({ chart, component }) => [component["bom-ref"], imagesOf(`chart ${chart.chart}`)]),
    );
    const inside = new Set([...ofCharts.values()].flat());
    const direct = components.map((component) => component["bom-ref"]).filter((reference) => !inside.has(reference));
    // An image that the program names itself is the environment's own, whoever else runs it.
    const own = lock.images
        .filter(({ usedBy }) => usedBy.some((user) => !user.startsWith("chart ")))
        .map(({ reference }) => `image:${reference}`);
    return bill(subject, components, new Map([[subject["bom-ref"], [...direct, ...own]], ...ofCharts]));
}

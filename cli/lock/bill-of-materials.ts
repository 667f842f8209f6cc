/** CycloneDX 1.6 bills of materials: of this package (from package-lock.json) and of an environment (from its lock). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot, packageVersion } from "../../catalog/package-root";
import type { Lock } from "./lock";

/** One component of a bill. */
interface Component {
    type: "library" | "application" | "container" | "operating-system" | "platform";
    "bom-ref": string;
    name: string;
    version: string;
    purl?: string;
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
}

function bill(subject: Component, components: Component[]): BillOfMaterials {
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
    };
}

interface LockedPackage {
    version?: string;
    integrity?: string;
    dev?: boolean;
    peer?: boolean;
    link?: boolean;
}

function npmPurl(name: string, version: string): string {
    return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** The package's own bill: what `npm install kilogpu` brings, without development tools. */
export function packageBill(root = packageRoot()): BillOfMaterials {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
        packages: { [path: string]: LockedPackage };
    };
    const components = Object.entries(lock.packages)
        .filter(
            ([path, entry]) =>
                path.startsWith("node_modules/") &&
                entry.dev !== true &&
                entry.link !== true &&
                entry.version !== undefined,
        )
        .map(([path, entry]): Component => {
            const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
            const version = entry.version ?? "";
            const sha512 =
                entry.integrity?.startsWith("sha512-") === true
                    ? Buffer.from(entry.integrity.slice(7), "base64").toString("hex")
                    : undefined;
            return {
                type: "library",
                "bom-ref": npmPurl(name, version),
                name,
                version,
                purl: npmPurl(name, version),
                ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512" as const, content: sha512 }] }),
            };
        });
    const version = packageVersion();
    return bill(
        {
            type: "library",
            "bom-ref": npmPurl("kilogpu", version),
            name: "kilogpu",
            version,
            purl: npmPurl("kilogpu", version),
        },
        components,
    );
}

/** Name and tag or digest of an image reference. */
function imageParts(reference: string): { name: string; version: string } {
    const [beforeDigest = reference, digest] = reference.split("@");
    const colon = beforeDigest.lastIndexOf(":");
    const tagged = colon > beforeDigest.lastIndexOf("/");
    return {
        name: tagged ? beforeDigest.slice(0, colon) : beforeDigest,
        version: digest ?? (tagged ? beforeDigest.slice(colon + 1) : ""),
    };
}

/** The bill of an environment: Kubernetes, add-ons, charts, images, drivers. */
export function environmentBill(lock: Lock): BillOfMaterials {
    const components: Component[] = [
        { type: "platform", "bom-ref": "platform:kubernetes", name: "kubernetes", version: lock.kubernetes },
        ...lock.addons.map((addon): Component => ({
            type: "application",
            "bom-ref": `eks-addon:${addon.name}@${addon.version}`,
            name: addon.name,
            version: addon.version,
        })),
        ...lock.charts.map((chart): Component => ({
            type: "application",
            "bom-ref": `helm:${chart.namespace}/${chart.release}@${chart.version}`,
            name: chart.chart,
            version: chart.version,
            purl: `pkg:helm/${chart.chart}@${chart.version}?repository_url=${encodeURIComponent(chart.repository)}`,
            properties: [{ name: "kilogpu:namespace", value: chart.namespace }],
        })),
        ...lock.images.map((image): Component => {
            const { name, version } = imageParts(image.reference);
            const digest = image.digest?.replace("sha256:", "");
            const short = name.split("/").pop() ?? name;
            return {
                type: "container",
                "bom-ref": `image:${image.reference}`,
                name,
                version,
                purl: `pkg:oci/${short}${image.digest === null ? "" : `@${encodeURIComponent(image.digest)}`}?repository_url=${encodeURIComponent(name)}&tag=${encodeURIComponent(version)}`,
                ...(digest === undefined ? {} : { hashes: [{ alg: "SHA-256" as const, content: digest }] }),
            };
        }),
        ...Object.entries(lock.drivers).map(([name, version]): Component => ({
            type: "operating-system",
            "bom-ref": `driver:${name}@${version}`,
            name,
            version,
        })),
    ];
    return bill(
        {
            type: "platform",
            "bom-ref": `environment:${lock.environment}`,
            name: lock.environment,
            version: packageVersion(),
        },
        components,
    );
}

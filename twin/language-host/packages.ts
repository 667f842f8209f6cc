/** Which provider plugins and npm packages a program uses, read from the node_modules that it would load. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** The parts of a package.json that matter here. */
interface Manifest {
    name?: string;
    version?: string;
    dependencies?: { [name: string]: string };
    devDependencies?: { [name: string]: string };
    pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
}

export interface RequiredPlugin {
    name: string;
    version: string;
    server: string;
}

export interface Dependency {
    name: string;
    version: string;
}

/** node_modules folders that Node searches from a folder, nearest first. */
function moduleFolders(from: string): string[] {
    const found: string[] = [];
    for (let folder = from; ; folder = dirname(folder)) {
        const candidate = join(folder, "node_modules");
        if (existsSync(candidate)) {
            found.push(candidate);
        }
        if (dirname(folder) === folder) {
            return found;
        }
    }
}

function manifest(folder: string): Manifest | undefined {
    try {
        return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    } catch {
        return undefined;
    }
}

function packagesIn(modules: string): string[] {
    return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
        if (entry.name.startsWith(".")) {
            return [];
        }
        return entry.name.startsWith("@")
            ? readdirSync(join(modules, entry.name)).map((name) => `${entry.name}/${name}`)
            : [entry.name];
    });
}

/** Resource plugins of the installed packages: those whose package.json says `pulumi.resource`. The nearest of two versions wins. */
export function requiredPlugins(from: string): RequiredPlugin[] {
    const plugins = new Map<string, RequiredPlugin>();
    for (const modules of moduleFolders(from)) {
        for (const name of packagesIn(modules)) {
            const found = manifest(join(modules, name));
            if (found?.pulumi?.resource !== true) {
                continue;
            }
            const plugin = found.pulumi.name ?? name.replace(/^@[^/]+\//, "");
            const version = (found.pulumi.version ?? found.version ?? "").replace(/^v?/, "v");
            if (!plugins.has(plugin)) {
                plugins.set(plugin, { name: plugin, version, server: found.pulumi.server ?? "" });
            }
        }
    }
    return [...plugins.values()];
}

/** Direct dependencies with the versions that are installed; `transitive` gives every installed package. */
export function programDependencies(from: string, transitive: boolean): Dependency[] {
    const modules = moduleFolders(from);
    const nearest = (name: string): Dependency | undefined => {
        for (const folder of modules) {
            const version = manifest(join(folder, name))?.version;
            if (version !== undefined) {
                return { name, version };
            }
        }
        return undefined;
    };
    const names = new Set<string>();
    if (transitive) {
        modules.flatMap(packagesIn).forEach((name) => names.add(name));
    } else {
        for (let folder = from; ; folder = dirname(folder)) {
            const found = manifest(folder);
            if (found !== undefined) {
                Object.keys({ ...found.dependencies, ...found.devDependencies }).forEach((name) => names.add(name));
                break;
            }
            if (dirname(folder) === folder) {
                break;
            }
        }
    }
    return [...names].map(nearest).filter((dependency) => dependency !== undefined);
}

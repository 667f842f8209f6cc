/** Compliant programs, evaluated for real, and small changes to what they registered: the ground on which rules are tested. */
import { join } from "node:path";
import { evaluate } from "../../cli/plan/evaluate";
import type { RegisteredResource } from "../../cli/plan/monitor";
import { readProject, readStack } from "../../cli/plan/project";
import { forPolicies } from "../../cli/plan/values";

/** Programs that mutants start from. */
export type Program = "dev" | "staging" | "prod" | "scale" | "onprem-roce" | "onprem-ib" | "storage";

const root = join(__dirname, "../..");
const cache = new Map<Program, Promise<RegisteredResource[]>>();

/** What a compliant program registers; each is evaluated once. */
export function program(name: Program): Promise<RegisteredResource[]> {
    const known = cache.get(name);
    if (known !== undefined) {
        return known;
    }
    const project = readProject(name === "storage" ? join(__dirname, "fixtures/storage") : root);
    const stack = name === "storage" ? "prod" : name;
    const running = evaluate(project, stack, readStack(project, stack)).then(({ resources }) =>
        resources.map((resource) => ({
            ...resource,
            inputs: forPolicies(resource.inputs) as { [key: string]: unknown },
            ...(resource.outputs === undefined
                ? {}
                : { outputs: forPolicies(resource.outputs) as { [key: string]: unknown } }),
        })),
    );
    cache.set(name, running);
    return running;
}

/** A change to a list of resources. */
export type Edit = (resources: RegisteredResource[]) => RegisteredResource[];

/** Resources of a selector `Kind#name`; `*` at the end of the name matches any end. */
function matches(resource: RegisteredResource, selector: string): boolean {
    const [kind = "", name = ""] = selector.split("#");
    return (
        resource.type.endsWith(`:${kind}`) &&
        (name.endsWith("*") ? resource.name.startsWith(name.slice(0, -1)) : resource.name === name)
    );
}

function change(selector: string, edit: (resource: RegisteredResource) => RegisteredResource): Edit {
    return (resources) => {
        if (!resources.some((resource) => matches(resource, selector))) {
            throw new Error(`no resource ${selector} in the program: the mutant changes nothing`);
        }
        return resources.map((resource) => (matches(resource, selector) ? edit(structuredClone(resource)) : resource));
    };
}

/** Sets one value below the inputs; undefined removes it. A function gets the old value. */
export function set(selector: string, path: (string | number)[], value: unknown): Edit {
    return change(selector, (resource) => {
        let holder: { [key: string]: unknown } = resource.inputs;
        for (const step of path.slice(0, -1)) {
            holder[step] ??= {};
            holder = holder[step] as { [key: string]: unknown };
        }
        const last = path.at(-1) ?? "";
        const next = typeof value === "function" ? (value as (old: unknown) => unknown)(holder[last]) : value;
        if (next !== undefined) {
            holder[last] = next;
        } else if (Array.isArray(holder)) {
            holder.splice(Number(last), 1);
        } else {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the path is data
            delete holder[last];
        }
        return resource;
    });
}

/** Removes resources. */
export function drop(selector: string): Edit {
    return (resources) => {
        const rest = resources.filter((resource) => !matches(resource, selector));
        if (rest.length === resources.length) {
            throw new Error(`no resource ${selector} in the program: the mutant changes nothing`);
        }
        return rest;
    };
}

/** Adds a resource that depends on those that `dependsOn` selects. */
export function add(
    type: string,
    name: string,
    inputs: { [key: string]: unknown },
    dependsOn: string[] = [],
    through: { [property: string]: string } = {},
): Edit {
    return (resources) => {
        const urns = (selector: string): string[] =>
            resources.filter((resource) => matches(resource, selector)).map(({ urn }) => urn);
        const stack = resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
        return [
            ...resources,
            {
                urn: `urn:pulumi:prod::kilogpu::${type}::${name}`,
                type,
                name,
                parent: stack?.urn ?? "",
                custom: true,
                inputs,
                dependencies: [...dependsOn, ...Object.values(through)].flatMap(urns),
                propertyDependencies: Object.fromEntries(
                    Object.entries(through).map(([property, selector]) => [property, urns(selector)]),
                ),
                provider: "",
                protect: false,
                retainOnDelete: false,
                deleteBeforeReplace: false,
                ignoreChanges: [],
                replaceOnChanges: [],
                aliases: [],
                deletedWith: "",
                version: "",
            },
        ];
    };
}

/** Takes away all dependencies. */
export function detach(selector: string): Edit {
    return change(selector, (resource) => ({ ...resource, dependencies: [], propertyDependencies: {} }));
}

/** Sets the option protect. */
export function protect(selector: string, value: boolean): Edit {
    return change(selector, (resource) => ({ ...resource, protect: value }));
}

/** Applies edits in order. */
export function apply(resources: RegisteredResource[], edits: readonly Edit[]): RegisteredResource[] {
    return edits.reduce((current, edit) => edit(current), resources);
}

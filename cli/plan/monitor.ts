/**
 * The resource monitor and the engine that the SDK talks to while `kilogpu plan` evaluates a program. It answers as the real
 * engine does in a preview of a new stack: URNs, parents, dependencies, secrets, aliases and duplicate detection are the
 * engine's, no provider is called and nothing is created. It answers inside the program's own process (answer-in-process.ts), so
 * that nothing is put on a wire.
 */
import { UNKNOWN } from "./values";

/** One resource as the program registered it. */
export interface RegisteredResource {
    urn: string;
    type: string;
    name: string;
    /** URN of the parent; empty for the stack itself. */
    parent: string;
    custom: boolean;
    /** Inputs as the SDK sent them, secrets and unknowns marked. */
    inputs: { [key: string]: unknown };
    /** What a component or the stack registered as its outputs; absent on a provider's resources, whose outputs the update tells. */
    outputs?: { [key: string]: unknown };
    dependencies: string[];
    propertyDependencies: { [property: string]: string[] };
    provider: string;
    protect: boolean;
    retainOnDelete: boolean;
    deleteBeforeReplace: boolean;
    ignoreChanges: string[];
    replaceOnChanges: string[];
    aliases: string[];
    deletedWith: string;
    version: string;
}

/** A message that the program or the SDK logged. */
export interface LoggedMessage {
    severity: "info" | "warning" | "error";
    text: string;
    urn: string;
}

/** What one evaluation has registered, as it is handed from the program's process to the plan. */
export interface Registrations {
    resources: RegisteredResource[];
    messages: LoggedMessage[];
    /** Tokens of lookups that only a cloud could answer; each was answered with unknown values. */
    lookups: string[];
}

/** Methods of one service of the engine, by name. */
export interface Service {
    [method: string]: Handler | undefined;
}

/** The two services that a program talks to, and what they have been told. */
export interface PlanMonitor {
    /** By the name of the service in the protocol. */
    services: { [name: string]: Service | undefined };
    registrations(): Registrations;
}

/** Features of the engine that the plan offers. Transforms and output values would call back into the program. */
const SUPPORTED_FEATURES = new Set(["secrets", "resourceReferences", "aliasSpecs", "deletedWith", "parameterization"]);

/** `urn:pulumi:STACK::PROJECT::[qualified parent type$]TYPE::NAME`; the stack's own type is left out of the qualified type. */
export function urnOf(stack: string, project: string, parentUrn: string, type: string, name: string): string {
    const parentType = parentUrn === "" ? "" : (parentUrn.split("::")[2] ?? "");
    const qualified = parentType === "" || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
    return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

/** A refusal, in the words of gRPC, which is what the SDK expects. */
export class Refusal extends Error {
    constructor(
        readonly code: number,
        readonly details: string,
    ) {
        super(details);
        this.name = "Refusal";
    }
}

/** Code of gRPC for a call that cannot be right. */
const INVALID_ARGUMENT = 3;

/** Answers one call at once, or throws a Refusal. */
export type Handler = (request: ProtobufMessage) => unknown;

/** The getters of the protobuf messages that are read here; the generated typings do not cover the service objects. */
export interface ProtobufMessage {
    [getter: string]: (() => unknown) | undefined;
}

/** A protobuf map, as far as it is read here. */
interface ProtobufMap {
    forEach(visit: (value: ProtobufMessage, key: string) => void): void;
}

function read(message: ProtobufMessage, getter: string): unknown {
    return message[getter]?.call(message);
}

function textOf(message: ProtobufMessage, getter: string): string {
    return (read(message, getter) as string | undefined) ?? "";
}

function flagOf(message: ProtobufMessage, getter: string): boolean {
    return (read(message, getter) as boolean | undefined) ?? false;
}

function listOf(message: ProtobufMessage, getter: string): string[] {
    return (read(message, getter) as string[] | undefined) ?? [];
}

function structOf(message: ProtobufMessage, getter: string): { [key: string]: unknown } {
    const struct = read(message, getter) as { toJavaScript(): { [key: string]: unknown } } | undefined;
    return struct === undefined ? {} : struct.toJavaScript();
}

/** Makes a monitor. Messages are those of the program's own `@pulumi/pulumi`, which `sdk` finds: two copies of the SDK do not mix. */
export function createMonitor(stack: string, project: string, sdk: NodeJS.Require): PlanMonitor {
    const resourceMessages = sdk("@pulumi/pulumi/proto/resource_pb") as { [name: string]: new () => never };
    const engineMessages = sdk("@pulumi/pulumi/proto/engine_pb") as { [name: string]: new () => never };
    const providerMessages = sdk("@pulumi/pulumi/proto/provider_pb") as { [name: string]: new () => never };
    const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js") as {
        Struct: { fromJavaScript(value: object): unknown };
    };
    const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => unknown };

    const make = (
        messages: { [name: string]: new () => never },
        name: string,
        fields: { [setter: string]: unknown },
    ): unknown => {
        const Message = messages[name];
        if (Message === undefined) {
            throw new Error(`this version of @pulumi/pulumi has no message ${name}`);
        }
        const message: { [setter: string]: (value: unknown) => void } = new Message();
        for (const [setter, value] of Object.entries(fields)) {
            message[setter]?.(value);
        }
        return message;
    };

    const plan: Registrations = { resources: [], messages: [], lookups: [] };
    const lookups = new Set<string>();
    const known = new Map<string, RegisteredResource>();
    let root = "";

    const register: Handler = (request) => {
        const type = textOf(request, "getType");
        const name = textOf(request, "getName");
        const parent = textOf(request, "getParent") || (type === "pulumi:pulumi:Stack" ? "" : root);
        const urn = urnOf(stack, project, parent, type, name);
        if (known.has(urn)) {
            throw new Refusal(INVALID_ARGUMENT, `Duplicate resource URN '${urn}'; try giving it a unique name`);
        }
        const propertyDependencies: { [property: string]: string[] } = {};
        (read(request, "getPropertydependenciesMap") as ProtobufMap | undefined)?.forEach((value, key) => {
            propertyDependencies[key] = listOf(value, "getUrnsList");
        });
        const resource: RegisteredResource = {
            urn,
            type,
            name,
            parent,
            custom: flagOf(request, "getCustom"),
            inputs: structOf(request, "getObject"),
            dependencies: [...listOf(request, "getDependenciesList")].sort(),
            propertyDependencies,
            provider: textOf(request, "getProvider"),
            protect: flagOf(request, "getProtect"),
            retainOnDelete: flagOf(request, "getRetainondelete"),
            deleteBeforeReplace: flagOf(request, "getDeletebeforereplace"),
            ignoreChanges: listOf(request, "getIgnorechangesList"),
            replaceOnChanges: listOf(request, "getReplaceonchangesList"),
            aliases: listOf(request, "getAliasurnsList"),
            deletedWith: textOf(request, "getDeletedwith"),
            version: textOf(request, "getVersion"),
        };
        known.set(urn, resource);
        plan.resources.push(resource);
        // A preview of a create answers with the inputs: what the provider computes stays unknown to the program.
        const fields: { [setter: string]: unknown } = {
            setUrn: urn,
            setId: "",
            setObject: resource.custom
                ? (read(request, "getObject") ?? Struct.fromJavaScript({}))
                : Struct.fromJavaScript({}),
        };
        if (type.startsWith("pulumi:providers:")) {
            // A provider's id is known in a preview: other resources carry it in their provider reference.
            fields["setId"] = UNKNOWN;
        }
        return make(resourceMessages, "RegisterResourceResponse", fields);
    };

    const monitor: Service = {
        supportsFeature: (request) =>
            make(resourceMessages, "SupportsFeatureResponse", {
                setHassupport: SUPPORTED_FEATURES.has(textOf(request, "getId")),
            }),
        registerResource: register,
        registerResourceOutputs: (request) => {
            const resource = known.get(textOf(request, "getUrn"));
            if (resource?.custom === false) {
                resource.outputs = structOf(request, "getOutputs");
            }
            return new Empty();
        },
        readResource: (request) => {
            const parent = textOf(request, "getParent") || root;
            lookups.add(textOf(request, "getType"));
            return make(resourceMessages, "ReadResourceResponse", {
                setUrn: urnOf(stack, project, parent, textOf(request, "getType"), textOf(request, "getName")),
                setProperties: Struct.fromJavaScript(structOf(request, "getProperties")),
            });
        },
        invoke: (request) => {
            const token = textOf(request, "getTok");
            let result: { [key: string]: unknown } = {};
            if (token === "pulumi:pulumi:getResource") {
                const urn = String(structOf(request, "getArgs")["urn"]);
                result = { urn, id: UNKNOWN, state: known.get(urn)?.inputs ?? {} };
            } else {
                lookups.add(token);
            }
            return make(providerMessages, "InvokeResponse", { setReturn: Struct.fromJavaScript(result) });
        },
        registerPackage: () => make(resourceMessages, "RegisterPackageResponse", { setRef: "plan" }),
        signalAndWaitForShutdown: () => new Empty(),
    };
    const severities = ["debug", "info", "warning", "error"] as const;
    const engine: Service = {
        log: (request) => {
            const severity = severities[read(request, "getSeverity") as number] ?? "info";
            if (severity !== "debug") {
                plan.messages.push({
                    severity,
                    text: textOf(request, "getMessage"),
                    urn: textOf(request, "getUrn"),
                });
            }
            return new Empty();
        },
        getRootResource: () => make(engineMessages, "GetRootResourceResponse", { setUrn: root }),
        setRootResource: (request) => {
            root = textOf(request, "getUrn");
            return make(engineMessages, "SetRootResourceResponse", {});
        },
        startDebugging: () => new Empty(),
        requirePulumiVersion: () => make(engineMessages, "RequirePulumiVersionResponse", {}),
    };
    return {
        services: { "pulumirpc.ResourceMonitor": monitor, "pulumirpc.Engine": engine },
        registrations: () => ({ ...plan, lookups: [...lookups].sort() }),
    };
}

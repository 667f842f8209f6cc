/**
 * The resource monitor and the engine that the SDK talks to while `kilogpu plan` evaluates a program. It answers as the real
 * engine does in a preview of a new stack: URNs, parents, dependencies, secrets, aliases and duplicate detection are the
 * engine's, no provider is called and nothing is created.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as grpc from "@grpc/grpc-js";
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

/** What one evaluation has registered so far, and where the SDK reaches the monitor. */
export interface PlanMonitor {
    address: string;
    resources: RegisteredResource[];
    outputs: Map<string, { [key: string]: unknown }>;
    messages: LoggedMessage[];
    /** Tokens of lookups that only a cloud could answer; each was answered with unknown values. */
    lookups: Set<string>;
    close(): void;
}

/** Features of the engine that the plan offers. Transforms and output values would call back into the program. */
const SUPPORTED_FEATURES = new Set(["secrets", "resourceReferences", "aliasSpecs", "deletedWith", "parameterization"]);

/** `urn:pulumi:STACK::PROJECT::[qualified parent type$]TYPE::NAME`; the stack's own type is left out of the qualified type. */
export function urnOf(stack: string, project: string, parentUrn: string, type: string, name: string): string {
    const parentType = parentUrn === "" ? "" : (parentUrn.split("::")[2] ?? "");
    const qualified = parentType === "" || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
    return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

type Handler = (call: { request: ProtobufMessage }, reply: grpc.sendUnaryData<unknown>) => void;

/** The getters of the protobuf messages that are read here; the generated typings do not cover the service objects. */
interface ProtobufMessage {
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

/**
 * Starts the monitor on a free loopback port. The gRPC library and the protocol messages are those of the project's own
 * `@pulumi/pulumi` (`projectDir` decides which), because messages of two copies of the SDK do not mix.
 */
export async function startMonitor(stack: string, project: string, projectDir: string): Promise<PlanMonitor> {
    const fromProject = createRequire(join(projectDir, "package.json"));
    const sdk = createRequire(fromProject.resolve("@pulumi/pulumi"));
    const grpcLibrary = sdk("@grpc/grpc-js") as typeof grpc;
    const resourceMessages = sdk("@pulumi/pulumi/proto/resource_pb") as { [name: string]: new () => never };
    const resourceService = sdk("@pulumi/pulumi/proto/resource_grpc_pb") as {
        ResourceMonitorService: grpc.ServiceDefinition;
    };
    const engineMessages = sdk("@pulumi/pulumi/proto/engine_pb") as { [name: string]: new () => never };
    const engineService = sdk("@pulumi/pulumi/proto/engine_grpc_pb") as { EngineService: grpc.ServiceDefinition };
    const providerMessages = sdk("@pulumi/pulumi/proto/provider_pb") as { [name: string]: new () => never };
    const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js") as {
        Struct: { fromJavaScript(value: object): unknown };
    };
    const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => unknown };

    const fill = (Message: new () => never, fields: { [setter: string]: unknown }): unknown => {
        const message: { [setter: string]: (value: unknown) => void } = new Message();
        for (const [setter, value] of Object.entries(fields)) {
            message[setter]?.(value);
        }
        return message;
    };
    const make = (
        messages: { [name: string]: new () => never },
        name: string,
        fields: { [setter: string]: unknown },
    ): unknown => {
        const Message = messages[name];
        if (Message === undefined) {
            throw new Error(`this version of @pulumi/pulumi has no message ${name}`);
        }
        return fill(Message, fields);
    };

    const plan: PlanMonitor = {
        address: "",
        resources: [],
        outputs: new Map(),
        messages: [],
        lookups: new Set(),
        close: () => {
            server.forceShutdown();
        },
    };
    const known = new Map<string, RegisteredResource>();
    let root = "";

    const register: Handler = ({ request }, reply) => {
        const type = textOf(request, "getType");
        const name = textOf(request, "getName");
        const parent = textOf(request, "getParent") || (type === "pulumi:pulumi:Stack" ? "" : root);
        const urn = urnOf(stack, project, parent, type, name);
        if (known.has(urn)) {
            reply({
                code: grpcLibrary.status.INVALID_ARGUMENT,
                details: `Duplicate resource URN '${urn}'; try giving it a unique name`,
            });
            return;
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
            setObject: Struct.fromJavaScript(resource.custom ? resource.inputs : {}),
        };
        if (type.startsWith("pulumi:providers:")) {
            // A provider's id is known in a preview: other resources carry it in their provider reference.
            fields["setId"] = UNKNOWN;
        }
        reply(null, make(resourceMessages, "RegisterResourceResponse", fields));
    };

    const monitor: { [method: string]: Handler } = {
        supportsFeature: ({ request }, reply) => {
            reply(
                null,
                make(resourceMessages, "SupportsFeatureResponse", {
                    setHassupport: SUPPORTED_FEATURES.has(textOf(request, "getId")),
                }),
            );
        },
        registerResource: register,
        registerResourceOutputs: ({ request }, reply) => {
            plan.outputs.set(textOf(request, "getUrn"), structOf(request, "getOutputs"));
            reply(null, new Empty());
        },
        readResource: ({ request }, reply) => {
            const parent = textOf(request, "getParent") || root;
            const urn = urnOf(stack, project, parent, textOf(request, "getType"), textOf(request, "getName"));
            plan.lookups.add(textOf(request, "getType"));
            reply(
                null,
                make(resourceMessages, "ReadResourceResponse", {
                    setUrn: urn,
                    setProperties: Struct.fromJavaScript(structOf(request, "getProperties")),
                }),
            );
        },
        invoke: ({ request }, reply) => {
            const token = textOf(request, "getTok");
            let result: { [key: string]: unknown } = {};
            if (token === "pulumi:pulumi:getResource") {
                const urn = String(structOf(request, "getArgs")["urn"]);
                result = { urn, id: UNKNOWN, state: known.get(urn)?.inputs ?? {} };
            } else {
                plan.lookups.add(token);
            }
            reply(null, make(providerMessages, "InvokeResponse", { setReturn: Struct.fromJavaScript(result) }));
        },
        registerPackage: (_, reply) => {
            reply(null, make(resourceMessages, "RegisterPackageResponse", { setRef: "plan" }));
        },
        signalAndWaitForShutdown: (_, reply) => {
            reply(null, new Empty());
        },
    };
    const severities = ["debug", "info", "warning", "error"] as const;
    const engine: { [method: string]: Handler } = {
        log: ({ request }, reply) => {
            const severity = severities[read(request, "getSeverity") as number] ?? "info";
            if (severity !== "debug") {
                plan.messages.push({
                    severity,
                    text: textOf(request, "getMessage"),
                    urn: textOf(request, "getUrn"),
                });
            }
            reply(null, new Empty());
        },
        getRootResource: (_, reply) => {
            reply(null, make(engineMessages, "GetRootResourceResponse", { setUrn: root }));
        },
        setRootResource: ({ request }, reply) => {
            root = textOf(request, "getUrn");
            reply(null, make(engineMessages, "SetRootResourceResponse", {}));
        },
        startDebugging: (_, reply) => {
            reply(null, new Empty());
        },
        requirePulumiVersion: (_, reply) => {
            reply(null, make(engineMessages, "RequirePulumiVersionResponse", {}));
        },
    };

    const server = new grpcLibrary.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
    server.addService(resourceService.ResourceMonitorService, monitor);
    server.addService(engineService.EngineService, engine);
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpcLibrary.ServerCredentials.createInsecure(), (error, bound) => {
            if (error) {
                reject(error);
            } else {
                resolve(bound);
            }
        });
    });
    plan.address = `127.0.0.1:${port}`;
    return plan;
}

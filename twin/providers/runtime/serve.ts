/** Serves a simulated cloud as a resource plugin: a gRPC server that prints its port and ends with the engine that started it. */
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { bind, messageLimits } from "../../language-host/serve";
import { coveredBy, type PropertyChange } from "./diff";
import type { Provider, ResourceIdentity } from "./provider";
import {
    compact,
    deepEqual,
    holdsSecret,
    isUnknown,
    plainObject,
    secret,
    secretKeys,
    withSecrets,
    type Value,
    type Values,
} from "./values";

/** How often a plugin looks whether its engine still lives. */
const parentCheckMs = 250;

type Raw = { [key: string]: unknown };

function raw(struct: Struct | undefined): Raw {
    return struct?.toJavaScript() ?? {};
}

function struct(values: Values): Struct {
    return Struct.fromJavaScript(compact(values) as { [key: string]: JavaScriptValue });
}

/** Type and name of a URN: `urn:pulumi:stack::project::parent$type::name`. */
export function identityOf(urn: string): ResourceIdentity {
    const parts = urn.split("::");
    const type = (parts[2] ?? "").split("$").at(-1) ?? "";
    return { urn, type, name: parts.slice(3).join("::") };
}

function detailed(change: PropertyChange): pb.PropertyDiff {
    const Kind = pb.PropertyDiff.Kind;
    const kinds = {
        add: change.replace ? Kind.ADD_REPLACE : Kind.ADD,
        delete: change.replace ? Kind.DELETE_REPLACE : Kind.DELETE,
        update: change.replace ? Kind.UPDATE_REPLACE : Kind.UPDATE,
    };
    return new pb.PropertyDiff().setKind(kinds[change.kind]).setInputdiff(true);
}

/** Configuration values arrive as text or as JSON in text. */
function configuration(values: Raw): Values {
    const parsed = Object.entries(plainObject(values)).map(([key, value]): [string, Value | undefined] => {
        if (typeof value === "string" && /^[[{]/.test(value)) {
            try {
                return [key, JSON.parse(value) as Value];
            } catch {
                return [key, value];
            }
        }
        return [key, value];
    });
    return Object.fromEntries(parsed);
}

/** Methods of the service, over a simulated cloud. */
export function methods(provider: Provider): { [name: string]: (request: never) => unknown } {
    const marked = (outputs: Values, inputs: Raw, type: string): Struct =>
        struct(withSecrets(outputs, new Set([...secretKeys(inputs), ...(provider.secretOutputs?.(type) ?? [])])));
    return {
        handshake: () => new pb.ProviderHandshakeResponse().setAcceptSecrets(true),
        getPluginInfo: () => new PluginInfo().setVersion(process.env["KILOGPU_PLUGIN_VERSION"] ?? ""),
        getSchema: () => new pb.GetSchemaResponse().setSchema("{}"),
        checkConfig: (request: pb.CheckRequest) => new pb.CheckResponse().setInputs(request.getNews()),
        diffConfig: () => new pb.DiffResponse().setChanges(pb.DiffResponse.DiffChanges.DIFF_NONE),
        configure: async (request: pb.ConfigureRequest) => {
            await provider.configure(configuration(raw(request.getArgs())));
            return new pb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
        },
        check: async (request: pb.CheckRequest) => {
            const news = raw(request.getNews());
            const before = plainObject(news);
            const olds = request.hasOlds() ? plainObject(raw(request.getOlds())) : undefined;
            const result = await provider.check(identityOf(request.getUrn()), olds, before);
            const inputs: { [key: string]: unknown } = {};
            for (const [key, value] of Object.entries(result.inputs)) {
                const changed = !deepEqual(value, before[key]);
                inputs[key] = !changed ? news[key] : holdsSecret(news[key]) ? secret(value ?? null) : value;
            }
            return new pb.CheckResponse()
                .setInputs(struct(inputs as Values))
                .setFailuresList(
                    result.failures.map(({ property, reason }) =>
                        new pb.CheckFailure().setProperty(property).setReason(reason),
                    ),
                );
        },
        diff: async (request: pb.DiffRequest) => {
            const olds = plainObject(raw(request.hasOldInputs() ? request.getOldInputs() : request.getOlds()));
            const news = plainObject(raw(request.getNews()));
            const state = plainObject(raw(request.getOlds()));
            const result = await provider.diff(identityOf(request.getUrn()), request.getId(), olds, news, state);
            const ignored = request.getIgnorechangesList();
            const found = result.changes.filter(({ path }) => !coveredBy(path, ignored));
            const response = new pb.DiffResponse()
                .setChanges(
                    found.length > 0 ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE,
                )
                .setDiffsList([...new Set(found.map(({ path }) => path.split(/[.[]/)[0] ?? path))])
                .setReplacesList(found.filter(({ replace }) => replace).map(({ path }) => path))
                .setDeletebeforereplace(result.deleteBeforeReplace === true)
                .setHasdetaileddiff(true);
            for (const change of found) {
                response.getDetaileddiffMap().set(change.path, detailed(change));
            }
            return response;
        },
        create: async (request: pb.CreateRequest) => {
            const inputs = raw(request.getProperties());
            const resource = identityOf(request.getUrn());
            const { id, outputs } = await provider.create(resource, plainObject(inputs), request.getPreview());
            return new pb.CreateResponse()
                .setId(request.getPreview() && isUnknown(id) ? "" : id)
                .setProperties(marked(outputs, inputs, resource.type));
        },
        update: async (request: pb.UpdateRequest) => {
            const news = raw(request.getNews());
            const resource = identityOf(request.getUrn());
            const state = plainObject(raw(request.getOlds()));
            const olds = request.hasOldInputs() ? plainObject(raw(request.getOldInputs())) : state;
            const [id, preview] = [request.getId(), request.getPreview()];
            const outputs = await provider.update(resource, id, olds, plainObject(news), state, preview);
            return new pb.UpdateResponse().setProperties(marked(outputs, news, resource.type));
        },
        read: async (request: pb.ReadRequest) => {
            const inputs = raw(request.getInputs());
            const state = raw(request.getProperties());
            const resource = identityOf(request.getUrn());
            const found = await provider.read(resource, request.getId(), plainObject(inputs), plainObject(state));
            const response = new pb.ReadResponse();
            if (found === undefined) {
                return response.setId("");
            }
            return response
                .setId(found.id)
                .setProperties(marked(found.outputs, { ...state, ...inputs }, resource.type))
                .setInputs(found.inputs === undefined ? struct(inputs as Values) : marked(found.inputs, inputs, ""));
        },
        delete: async (request: pb.DeleteRequest) => {
            const state = plainObject(raw(request.getProperties()));
            const inputs = request.hasOldInputs() ? plainObject(raw(request.getOldInputs())) : state;
            await provider.delete(identityOf(request.getUrn()), request.getId(), inputs, state);
            return new Empty();
        },
        invoke: async (request: pb.InvokeRequest) => {
            const args = raw(request.getArgs());
            const answer = await provider.invoke(request.getTok(), plainObject(args));
            return new pb.InvokeResponse().setReturn(struct(answer));
        },
        cancel: () => new Empty(),
    };
}

/** Serves until the engine ends it or dies. */
export async function serve(provider: Provider): Promise<void> {
    const leave = (): void => {
        provider.close();
        process.exit(0);
    };
    process.on("SIGTERM", leave);
    // A plugin has a process group of its own, so this is never the user's Ctrl-C: it is how the engine ends its plugins.
    process.on("SIGINT", leave);
    const parent = process.ppid;
    setInterval(() => {
        if (process.ppid !== parent) {
            leave();
        }
    }, parentCheckMs).unref();
    const handlers: grpc.UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(methods(provider))) {
        handlers[name] = ((call, callback) => {
            Promise.resolve()
                .then(() => method(call.request))
                .then(
                    (response) => {
                        callback(null, response);
                    },
                    (error: unknown) => {
                        callback({
                            code: grpc.status.UNKNOWN,
                            details: error instanceof Error ? error.message : String(error),
                        });
                    },
                );
        }) as grpc.handleUnaryCall<never, unknown> as grpc.UntypedHandleCall;
    }
    const server = new grpc.Server(messageLimits);
    server.addService(ResourceProviderService, handlers);
    const port = await bind(server);
    process.stdout.write(`${port}\n`);
}

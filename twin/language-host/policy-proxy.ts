/**
 * Between the engine and a policy pack. The engine handshakes and sends the stack's configuration before anything else, while a pack's
 * library reads that configuration from its environment when it starts: so the proxy answers those two itself, then starts the pack and
 * forwards every other request to it as bytes.
 */
import * as grpc from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
    AnalyzerHandshakeResponse,
    AnalyzerStackConfigureRequest,
    AnalyzerStackConfigureResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { bind, messageLimits } from "./serve";

/** Environment of the pack's process for a stack; undefined configuration where the engine asks without a stack. */
export function packEnvironment(configuration: AnalyzerStackConfigureRequest | undefined): { [key: string]: string } {
    if (configuration === undefined) {
        return {};
    }
    const config: { [key: string]: string } = {};
    configuration.getConfigMap().forEach((value, key) => {
        config[key] = value;
    });
    return {
        PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
        PULUMI_NODEJS_PROJECT: configuration.getProject(),
        PULUMI_NODEJS_STACK: configuration.getStack(),
        PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
        PULUMI_CONFIG: JSON.stringify(config),
    };
}

/** A started proxy. */
export interface PolicyProxy {
    port: number;
    close(): void;
}

const bytes = (value: Buffer): Buffer => value;

/** `start` launches the pack with extra environment and gives its port; it is called once. */
export async function startPolicyProxy(
    start: (environment: { [key: string]: string }) => Promise<number>,
): Promise<PolicyProxy> {
    let client: Promise<grpc.Client> | undefined;
    const connect = (configuration: AnalyzerStackConfigureRequest | undefined): Promise<grpc.Client> =>
        (client ??= start(packEnvironment(configuration)).then(
            (port) => new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), messageLimits),
        ));
    const definition: { [name: string]: grpc.MethodDefinition<Buffer, Buffer> } = {};
    const handlers: grpc.UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(AnalyzerService as unknown as grpc.ServiceDefinition)) {
        definition[name] = {
            ...method,
            requestSerialize: bytes,
            requestDeserialize: bytes,
            responseSerialize: bytes,
            responseDeserialize: bytes,
        };
        const forward: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
            connect(undefined).then(
                (pack) => {
                    pack.makeUnaryRequest(method.path, bytes, bytes, call.request, (error, answer) => {
                        callback(error, answer);
                    });
                },
                (error: unknown) => {
                    callback({ code: grpc.status.INTERNAL, details: `policy pack not started: ${String(error)}` });
                },
            );
        };
        handlers[name] = forward;
    }
    handlers["handshake"] = ((_call, callback) => {
        callback(null, Buffer.from(new AnalyzerHandshakeResponse().serializeBinary()));
    }) as grpc.handleUnaryCall<Buffer, Buffer>;
    handlers["configureStack"] = ((call, callback) => {
        const request = AnalyzerStackConfigureRequest.deserializeBinary(call.request);
        // A pack that cannot start says so on its own streams; the first real request then carries the error.
        connect(request).catch(() => undefined);
        callback(null, Buffer.from(new AnalyzerStackConfigureResponse().serializeBinary()));
    }) as grpc.handleUnaryCall<Buffer, Buffer>;
    const server = new grpc.Server(messageLimits);
    server.addService(definition, handlers);
    const port = await bind(server);
    return {
        port,
        close: () => {
            server.forceShutdown();
        },
    };
}

/**
 * Stand-in for `pulumi-language-nodejs`, used only inside the twin and only where the official host, which no package registry has, is
 * missing. A gRPC server that prints its port, then carries the engine's requests to the runner of the user's own @pulumi/pulumi.
 */
import { spawn } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { programDependencies, requiredPlugins } from "./packages";
import { runPlugin } from "./run-plugin";
import { children, ended, runProgram } from "./run-program";
import { bind, messageLimits } from "./serve";

/** A unary method from a function; a thrown error is the answer's sentence. */
function unary<Request, Response>(
    answer: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve()
            .then(() => answer(call.request))
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
    };
}

function installDependencies(
    call: grpc.ServerWritableStream<language.InstallDependenciesRequest, language.InstallDependenciesResponse>,
): void {
    const child = spawn("npm", ["install", "--no-audit", "--no-fund"], {
        cwd: call.request.getInfo()?.getProgramDirectory() ?? call.request.getDirectory(),
        stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (data: Buffer) => call.write(new language.InstallDependenciesResponse().setStdout(data)));
    child.stderr.on("data", (data: Buffer) => call.write(new language.InstallDependenciesResponse().setStderr(data)));
    ended(child).then(
        ({ code }) => {
            if (code === 0) {
                call.end();
            } else {
                call.emit("error", { code: grpc.status.UNKNOWN, details: `npm install failed with exit code ${code}` });
            }
        },
        (error: unknown) => {
            call.emit("error", { code: grpc.status.UNKNOWN, details: String(error) });
        },
    );
}

async function main(): Promise<void> {
    // The engine gives its address last; flags of logging and tracing may stand before it.
    let engine = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
    const leave = (): void => {
        for (const child of children) {
            child.kill("SIGTERM");
        }
        // At once: the engine waits eight seconds for a host that lingers.
        process.exit(0);
    };
    const parent = process.ppid;
    setInterval(() => {
        // An engine that was killed tells nobody.
        if (process.ppid !== parent) {
            leave();
        }
    }, 250).unref();
    process.on("SIGINT", leave);
    process.on("SIGTERM", leave);
    const folderOf = (info: language.ProgramInfo | undefined): string => info?.getProgramDirectory() ?? process.cwd();
    const handlers: grpc.UntypedServiceImplementation = {
        handshake: unary((request: language.LanguageHandshakeRequest) => {
            engine = request.getEngineAddress() || engine;
            return new language.LanguageHandshakeResponse();
        }),
        getPluginInfo: unary(() => new PluginInfo().setVersion("0.0.0-twin")),
        getRequiredPackages: unary((request: language.GetRequiredPackagesRequest) =>
            new language.GetRequiredPackagesResponse().setPackagesList(
                requiredPlugins(folderOf(request.getInfo())).map((plugin) =>
                    new PackageDependency()
                        .setName(plugin.name)
                        .setKind("resource")
                        .setVersion(plugin.version)
                        .setServer(plugin.server),
                ),
            ),
        ),
        run: unary(async (request: language.RunRequest) => {
            const { error, bail } = await runProgram(request, engine);
            return new language.RunResponse().setError(error).setBail(bail);
        }),
        installDependencies,
        runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
        about: unary(() =>
            new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version.replace(/^v/, "")),
        ),
        getProgramDependencies: unary((request: language.GetProgramDependenciesRequest) =>
            new language.GetProgramDependenciesResponse().setDependenciesList(
                programDependencies(folderOf(request.getInfo()), request.getTransitivedependencies()).map(
                    (dependency) =>
                        new language.DependencyInfo().setName(dependency.name).setVersion(dependency.version),
                ),
            ),
        ),
        runPlugin: (call: grpc.ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>) => {
            runPlugin(call).catch((error: unknown) => {
                call.emit("error", {
                    code: grpc.status.UNKNOWN,
                    details: error instanceof Error ? error.message : String(error),
                });
            });
        },
        cancel: unary(() => {
            setImmediate(leave);
            return new Empty();
        }),
    };
    const server = new grpc.Server(messageLimits);
    server.addService(LanguageRuntimeService, handlers);
    process.stdout.write(`${await bind(server)}\n`);
}

main().catch((error: unknown) => {
    process.stderr.write(`pulumi-language-nodejs stand-in: ${String(error)}\n`);
    process.exitCode = 1;
});

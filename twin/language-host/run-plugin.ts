/** Plugins that are Node packages: policy packs (analyzers) and component providers. */
import { spawn, type ChildProcess } from "node:child_process";
import type * as grpc from "@grpc/grpc-js";
import { type RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb";
import { startPolicyProxy } from "./policy-proxy";
import { ended, nodeArguments, sdkScript, typescriptEnvironment } from "./run-program";

type PluginCall = grpc.ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** Runs the plugin until it ends or the engine cancels the call. */
export async function runPlugin(call: PluginCall): Promise<void> {
    const request = call.request;
    const folder = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
    const options = (request.getInfo()?.getOptions()?.toJavaScript() ?? {}) as { [key: string]: unknown };
    const environment: { [key: string]: string | undefined } = { ...process.env };
    for (const pair of request.getEnvList()) {
        environment[pair.slice(0, pair.indexOf("="))] = pair.slice(pair.indexOf("=") + 1);
    }
    Object.assign(environment, typescriptEnvironment(options));
    const start = (script: string, args: string[], cwd: string, extra: { [key: string]: string }): ChildProcess => {
        const child = spawn(process.execPath, [...nodeArguments(options), sdkScript(folder, script), ...args], {
            cwd,
            env: { ...environment, ...extra },
            stdio: ["ignore", "pipe", "pipe"],
        });
        call.on("cancelled", () => child.kill("SIGTERM"));
        child.stderr?.on("data", (data: Buffer) => {
            call.write(new RunPluginResponse().setStderr(data));
        });
        return child;
    };
    if (request.getKind() === "analyzer") {
        await runPolicyPack(call, folder, (extra) =>
            start("run-policy-pack", [...request.getArgsList().slice(0, 1), folder], folder, extra),
        );
        return;
    }
    const child = start("run-plugin", [folder, ...request.getArgsList()], request.getPwd() || folder, {});
    child.stdout?.on("data", (data: Buffer) => {
        call.write(new RunPluginResponse().setStdout(data));
    });
    finish(call, (await ended(child)).code);
}

function finish(call: PluginCall, code: number | null): void {
    call.write(new RunPluginResponse().setExitcode(code ?? 1));
    call.end();
}

async function runPolicyPack(
    call: PluginCall,
    folder: string,
    start: (extra: { [key: string]: string }) => ChildProcess,
): Promise<void> {
    const proxy = await startPolicyProxy(async (extra) => {
        const child = start(extra);
        const port = firstLine(child, (rest) => call.write(new RunPluginResponse().setStdout(rest)));
        void ended(child).then(({ code }) => {
            proxy.close();
            finish(call, code);
        });
        const line = await port;
        if (!/^\d+$/.test(line)) {
            throw new Error(`the policy pack in ${folder} did not start`);
        }
        return Number(line);
    });
    call.on("cancelled", () => {
        proxy.close();
    });
    call.write(new RunPluginResponse().setStdout(Buffer.from(`${proxy.port}\n`)));
}

/** The first line that a child prints, empty where it ends before; what follows goes to `rest`. */
function firstLine(child: ChildProcess, rest: (data: Buffer) => void): Promise<string> {
    return new Promise((resolve) => {
        let line: string | undefined;
        let seen = "";
        child.stdout?.on("data", (data: Buffer) => {
            if (line !== undefined) {
                rest(data);
                return;
            }
            seen += data.toString();
            const end = seen.indexOf("\n");
            if (end >= 0) {
                line = seen.slice(0, end).trim();
                resolve(line);
                if (end + 1 < seen.length) {
                    rest(Buffer.from(seen.slice(end + 1)));
                }
            }
        });
        child.once("close", () => {
            resolve(line ?? seen.trim());
        });
    });
}

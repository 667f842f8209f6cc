/** Runs a Pulumi program with the SDK's own runner: the stand-in only carries the engine's request to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { COMPILE_ONCE, compilation, preloading, SKIP_DEBUG_STACKS } from "./compilation";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb";

/** The runner ends with this code where it has already shown the error. */
const errorAlreadyShown = 32;

export interface RunResult {
    /** Empty where the program succeeded or has shown its error itself. */
    error: string;
    /** True where the error was already shown. */
    bail: boolean;
}

/** Children of this host, ended with it. */
export const children = new Set<ChildProcess>();

/** Path of a script of the SDK that the program itself would load. Throws with a remedy where it is not installed. */
export function sdkScript(folder: string, script: string): string {
    try {
        return createRequire(join(folder, "index.js")).resolve(`@pulumi/pulumi/cmd/${script}`);
    } catch {
        throw new Error(`@pulumi/pulumi is not installed for ${folder}: run npm install there`);
    }
}

/** Environment that TypeScript programs, policy packs and component providers are started with. */
export function typescriptEnvironment(options: { [key: string]: unknown }): { [key: string]: string } {
    const environment: { [key: string]: string } = {
        PULUMI_NODEJS_TYPESCRIPT: String(options["typescript"] !== false),
    };
    if (typeof options["tsconfig"] === "string") {
        environment["PULUMI_NODEJS_TSCONFIG_PATH"] = options["tsconfig"];
    }
    return environment;
}

/** Programs are compiled once; one that says it is no TypeScript is left alone. */
function compiled(options: { [key: string]: unknown }, project: string, program: string): { [key: string]: string } {
    const { typescript, tsconfig } = options;
    return typescript === false
        ? {}
        : compilation(project, program, typeof tsconfig === "string" ? tsconfig : undefined);
}

/** `project:key` as the SDK's configuration reads it: `project:config:key`. */
export function runtimeConfigKey(key: string): string {
    return /^[^:]+:config:/.test(key) ? key : key.replace(":", ":config:");
}

/** Options of `runtime.options` in Pulumi.yaml; `nodeargs` is a string of arguments for node. */
export function nodeArguments(options: { [key: string]: unknown }): string[] {
    return typeof options["nodeargs"] === "string"
        ? options["nodeargs"].split(/\s+/).filter((part) => part !== "")
        : [];
}

/** Starts the program and waits for its end. The program's output goes to the engine through this host's own streams. */
export async function runProgram(request: RunRequest, engine: string): Promise<RunResult> {
    const info = request.getInfo();
    const options = (info?.getOptions()?.toJavaScript() ?? {}) as { [key: string]: unknown };
    const folder = info?.getProgramDirectory() ?? request.getPwd();
    const config: { [key: string]: string } = {};
    request.getConfigMap().forEach((value, key) => {
        config[runtimeConfigKey(key)] = value;
    });
    const flags: { [flag: string]: string } = {
        monitor: request.getMonitorAddress(),
        engine,
        organization: request.getOrganization(),
        project: request.getProject(),
        "root-directory": info?.getRootDirectory() ?? folder,
        stack: request.getStack(),
        pwd: request.getPwd(),
        parallel: String(request.getParallel()),
    };
    const child = spawn(
        process.execPath,
        [
            ...nodeArguments(options),
            ...preloading([SKIP_DEBUG_STACKS, COMPILE_ONCE]),
            sdkScript(folder, "run"),
            ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
            ...(request.getDryrun() ? ["--dry-run"] : []),
            info?.getEntryPoint() ?? request.getProgram(),
            ...request.getArgsList(),
        ],
        {
            cwd: request.getPwd(),
            // The host's standard output carries the port only; what the program prints afterwards belongs to the engine's display.
            stdio: ["ignore", "inherit", "inherit"],
            env: {
                ...process.env,
                ...typescriptEnvironment(options),
                ...compiled(options, info?.getRootDirectory() ?? folder, request.getPwd()),
                PULUMI_CONFIG: JSON.stringify(config),
                PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList().map(runtimeConfigKey)),
            },
        },
    );
    return ended(child).then(({ code, signal }) => {
        if (code === 0) {
            return { error: "", bail: false };
        }
        if (code === errorAlreadyShown) {
            return { error: "", bail: true };
        }
        return {
            error: signal === null ? `Program exited with non-zero exit code: ${code}` : `Program ended by ${signal}`,
            bail: false,
        };
    });
}

/** Waits for a child and keeps it among those that end with the host. */
export function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    children.add(child);
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => {
            children.delete(child);
            resolve({ code, signal });
        });
    });
}

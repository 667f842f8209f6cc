/**
 * Preloaded into a TypeScript program's process by `kilogpu plan`, in place of the SDK's compiler: each file is compiled once, by the
 * project's own TypeScript with the options that the SDK would give it, and the result kept by the content of the file, the options
 * and the compiler's version. The compiler itself, a third of an evaluation to load, is needed again only after a file has changed.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import type * as TypeScript from "typescript";

interface CompiledModule extends NodeJS.Module {
    _compile(code: string, fileName: string): unknown;
}

interface SourceMapSupport {
    install: (options: { retrieveFile: (fileName: string) => string | null }) => void;
}

/** What the name of a map follows; in two parts, or this file would seem to end with one. */
const MAPPING = ["//# source", "MappingURL="].join("");

/** Set by whoever preloads this: the project's tsconfig.json, and the folder below which compiled files are kept. */
const configuration = process.env["KILOGPU_PLAN_TSCONFIG"];
const home = process.env["KILOGPU_PLAN_HOME"] ?? "";

if (configuration !== undefined) {
    const compile = compiler(configuration);
    const compiled = new Map<string, string>();
    // The SDK maps stack traces with this very module; it finds the map at the end of what it is given here.
    const { install } = createRequire(process.argv[1] ?? configuration)("source-map-support") as SourceMapSupport;
    install({ retrieveFile: (fileName) => compiled.get(fileName) ?? null });
    // `require.extensions` is how CommonJS loaders are extended, this one's predecessor included.
    const { _extensions: extensions } = Module as unknown as {
        _extensions: { [extension: string]: (module: CompiledModule, fileName: string) => void };
    };
    extensions[".ts"] = (module, fileName) => {
        const code = compile(fileName);
        compiled.set(fileName, code);
        module._compile(code, fileName);
    };
}

/** From a file's name to its JavaScript. */
function compiler(tsconfig: string): (fileName: string) => string {
    const require = createRequire(tsconfig);
    const { version } = require("typescript/package.json") as { version: string };
    const settings = existsSync(tsconfig) ? readFileSync(tsconfig, "utf8") : "{}";
    const folder = keep();
    return (fileName) => {
        const source = readFileSync(fileName, "utf8");
        const key = createHash("sha256").update([version, settings, fileName, source].join("\0")).digest("hex");
        const kept = folder === undefined ? undefined : join(folder, `${key}.js`);
        if (kept !== undefined && existsSync(kept)) {
            return readFileSync(kept, "utf8");
        }
        const code = transpile(require("typescript") as typeof TypeScript, tsconfig, settings, fileName, source);
        if (kept === undefined) {
            return code;
        }
        // Renamed into place, so that a plan that runs at the same time reads the whole or nothing.
        const written = `${kept}.${String(process.pid)}`;
        writeFileSync(written, code);
        renameSync(written, kept);
        return code;
    };
}

/** The folder of what is kept, the user's alone; undefined where none can be made: then each plan compiles anew. */
function keep(): string | undefined {
    const folder = join(home, "typescript");
    try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        return folder;
    } catch {
        return undefined;
    }
}

function transpile(
    ts: typeof TypeScript,
    tsconfig: string,
    settings: string,
    fileName: string,
    source: string,
): string {
    const read = ts.parseConfigFileTextToJson(tsconfig, settings).config as { compilerOptions?: object } | undefined;
    const { options } = ts.convertCompilerOptionsFromJson(
        // The SDK's defaults, then the project's own, as the SDK merges them.
        { target: "ES2020", module: "nodenext", moduleResolution: "nodenext", ...read?.compilerOptions },
        dirname(tsconfig),
    );
    const {
        outputText,
        sourceMapText,
        diagnostics = [],
    } = ts.transpileModule(source, {
        compilerOptions: { ...options, noEmit: false, sourceMap: true },
        // The ending says CommonJS, which `nodenext` otherwise reads from a package.json that is not looked for here.
        fileName: fileName.replace(/\.ts$/, ".cts"),
        reportDiagnostics: true,
    });
    if (diagnostics.length > 0) {
        const error = new Error(
            ts
                .formatDiagnostics(diagnostics, {
                    getCanonicalFileName: (name) => name,
                    getCurrentDirectory: () => resolve("."),
                    getNewLine: () => "\n",
                })
                .replaceAll(".cts(", ".ts("),
        );
        // The name by which the SDK knows a compiler's error, which it prints without a stack.
        error.name = "TSError";
        throw error;
    }
    const map = { ...(JSON.parse(sourceMapText ?? "{}") as object), sources: [basename(fileName)] };
    const inline = Buffer.from(JSON.stringify(map)).toString("base64");
    return `${outputText.slice(0, outputText.lastIndexOf(MAPPING))}${MAPPING}data:application/json;base64,${inline}\n`;
}

/**
 * Preloaded into a TypeScript program's process by `kilogpu plan`, in place of the SDK's compiler: each file is compiled once, by the
 * project's own TypeScript with the options that the SDK would give it, and the result kept by the content of the file, the options
 * and the compiler's version. The compiler itself, a third of an evaluation to load, is needed again only after a file has changed.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type * as TypeScript from "typescript";

interface CompiledModule extends NodeJS.Module {
    _compile(code: string, fileName: string): unknown;
}

/** Set by whoever preloads this: the project's tsconfig.json. */
const configuration = process.env["KILOGPU_PLAN_TSCONFIG"];

if (configuration !== undefined) {
    const compile = compiler(configuration);
    // `require.extensions` is how CommonJS loaders are extended, this one's predecessor included.
    const { _extensions: extensions } = Module as unknown as {
        _extensions: { [extension: string]: (module: CompiledModule, fileName: string) => void };
    };
    extensions[".ts"] = (module, fileName) => module._compile(compile(fileName), fileName);
}

/** From a file's name to its JavaScript. */
function compiler(tsconfig: string): (fileName: string) => string {
    const require = createRequire(tsconfig);
    const { version } = require("typescript/package.json") as { version: string };
    const settings = existsSync(tsconfig) ? readFileSync(tsconfig, "utf8") : "{}";
    const folder = join(tmpdir(), "kilogpu-compile-cache", "typescript");
    mkdirSync(folder, { recursive: true });
    return (fileName) => {
        const source = readFileSync(fileName, "utf8");
        const key = createHash("sha256").update([version, settings, fileName, source].join("\0")).digest("hex");
        const kept = join(folder, `${key}.js`);
        if (existsSync(kept)) {
            return readFileSync(kept, "utf8");
        }
        const code = transpile(require("typescript") as typeof TypeScript, tsconfig, settings, fileName, source);
        // Renamed into place, so that a plan that runs at the same time reads the whole or nothing.
        const written = `${kept}.${String(process.pid)}`;
        writeFileSync(written, code);
        renameSync(written, kept);
        return code;
    };
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
    const { outputText, diagnostics = [] } = ts.transpileModule(source, {
        compilerOptions: { ...options, noEmit: false, sourceMap: false, inlineSourceMap: true, inlineSources: true },
        // The ending says CommonJS, which `nodenext` otherwise reads from a package.json that is not looked for here.
        fileName: fileName.replace(/\.ts$/, ".cts"),
        reportDiagnostics: true,
    });
    if (diagnostics.length > 0) {
        const error = new Error(
            ts.formatDiagnostics(diagnostics, {
                getCanonicalFileName: (name) => name.replace(/\.cts$/, ".ts"),
                getCurrentDirectory: () => resolve("."),
                getNewLine: () => "\n",
            }),
        );
        // The name by which the SDK knows a compiler's error, which it prints without a stack.
        error.name = "TSError";
        throw error;
    }
    return outputText;
}

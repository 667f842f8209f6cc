/**
 * Preloaded into a TypeScript program's process by `kilogpu plan` and by the twin's language host, in place of the SDK's compiler: each file is compiled once, by the
 * project's own TypeScript with the options that the SDK would give it, and the result kept by the content of the file, the options
 * and the compiler's version. The compiler itself, a third of an evaluation to load, is needed again only after a file has changed.
 * A checkout of this repository comes with its own files compiled by `npm run build`: there even the first plan needs no compiler.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { join } from "node:path";
import type * as TypeScript from "typescript";
import { compiledAhead, compiledName, transpile } from "./transpile";

interface CompiledModule extends NodeJS.Module {
    _compile(code: string, fileName: string): unknown;
}

interface SourceMapSupport {
    install: (options: { retrieveFile: (fileName: string) => string | null }) => void;
}

/** Set by whoever preloads this: the project's tsconfig.json, and the folder below which compiled files are kept. */
const configuration = process.env["KILOGPU_COMPILE_TSCONFIG"];
const home = process.env["KILOGPU_COMPILE_HOME"] ?? "";

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
    const folders = [compiledAhead(), folder].filter((each) => each !== undefined && existsSync(each)) as string[];
    return (fileName) => {
        const source = readFileSync(fileName, "utf8");
        const name = compiledName(version, settings, fileName, source);
        const found = folders.map((each) => join(each, name)).find((file) => existsSync(file));
        if (found !== undefined) {
            return readFileSync(found, "utf8");
        }
        const code = transpile(require("typescript") as typeof TypeScript, tsconfig, settings, fileName, source);
        if (folder !== undefined) {
            // Renamed into place, so that a program that runs at the same time reads the whole or nothing.
            const kept = join(folder, name);
            const written = `${kept}.${String(process.pid)}`;
            writeFileSync(written, code);
            renameSync(written, kept);
        }
        return code;
    };
}

/** The folder of what is kept, the user's alone; undefined where none can be made: then each run compiles anew. */
function keep(): string | undefined {
    const folder = join(home, "typescript");
    try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        return folder;
    } catch {
        return undefined;
    }
}

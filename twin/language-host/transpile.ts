/** One TypeScript file to JavaScript as the plan and the twin run it, and the name under which the result is kept: `npm run build` and they share both. */
import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import type * as TypeScript from "typescript";

/** What the name of a map follows; in two parts, or this file would seem to end with one. */
const MAPPING = ["//# source", "MappingURL="].join("");

/**
 * Where `npm run build` leaves this repository's own files compiled: beside the code of this command, so whoever could change them
 * could change the command itself. The packed package has none: it holds JavaScript.
 */
export function compiledAhead(): string {
    return join(__dirname, "../../compiled-programs");
}

/**
 * Name of a compiled file: a hash of all that it is made from. The folder of the source is no part of that: the map names the file
 * alone, and whoever maps a line looks beside the file that was loaded.
 */
export function compiledName(version: string, settings: string, fileName: string, source: string): string {
    return `${createHash("sha256")
        .update([version, settings, basename(fileName), source].join("\0"))
        .digest("hex")}.js`;
}

/** Compiles one file with the options of `settings`, the text of `tsconfig`. Throws an error named `TSError` where it is no TypeScript. */
export function transpile(
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

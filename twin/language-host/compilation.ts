/**
 * Starts TypeScript programs without the SDK's compiler where that is possible: who runs a program here, the plan or the twin's engine, preloads
 * what compiles each file once, and what spares the SDK's stack traces of promises. Together they took a quarter of a preview of dev (8.4 s, 6.4 s without).
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../../catalog/package-root";
import { planHome } from "../places";

/** Arguments of node that load scripts of this package ahead of a program, by their paths in `dist` without the ending. */
export function preloading(scripts: readonly string[]): string[] {
    return scripts.flatMap((script) => ["--require", join(packageRoot(), "dist", `${script}.js`)]);
}

/** Two such scripts, which every program is started with. */
export const SKIP_DEBUG_STACKS = "twin/language-host/skip-debug-stacks";
export const COMPILE_ONCE = "twin/language-host/compile-once";

/**
 * Variables that say who compiles the program: `compile-once`, where its files are CommonJS and its options stand in one file; else the SDK.
 *
 * @param project folder of Pulumi.yaml.
 * @param program folder of the program, from which `tsconfig` of the project's options is reached.
 */
export function compilation(project: string, program: string, tsconfig?: string): { [name: string]: string } {
    const settings = resolve(program, tsconfig ?? "tsconfig.json");
    const oneFile = existsSync(settings) && !/"(extends|paths|plugins)"/.test(readFileSync(settings, "utf8"));
    return oneFile && isCommonJs(project)
        ? {
              PULUMI_NODEJS_TYPESCRIPT: "false",
              KILOGPU_COMPILE_TSCONFIG: settings,
              KILOGPU_COMPILE_HOME: planHome(),
          }
        : {
              PULUMI_NODEJS_TYPESCRIPT: "true",
              PULUMI_NODEJS_TRANSPILE_ONLY: "true",
              ...(tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
          };
}

function isCommonJs(directory: string): boolean {
    const file = join(directory, "package.json");
    return existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { type?: string }).type !== "module";
}

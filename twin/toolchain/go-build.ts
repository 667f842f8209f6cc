/** Builds a tool from its pinned wrapper module, with the number of packages still to compile as progress. */
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Progress, Step } from "../progress";
import { findGo, goDirectiveOf, goEnvironment } from "./go-sdk";
import type { Recipe } from "./recipes";
import { wrapperFor } from "./wrapper";

/** `go` failed: its own words, the last ones. */
export class BuildError extends Error {
    constructor(tool: string, output: string[]) {
        const tail = output.slice(-15).join("\n");
        super(`Building ${tool} failed:\n${tail}\n${remedy(tail)}`);
        this.name = "BuildError";
    }
}

/** Puts the tool into `<folder>/bin/` and what the recipe keeps of its module into `<folder>/module/`. */
export async function buildTool(
    recipe: Recipe,
    version: string,
    folder: string,
    progress: Progress,
    step: Step,
): Promise<{ goVersion: string }> {
    const go = await findGo(progress);
    step.update("fetching modules");
    const wrapper = await wrapperFor(recipe.build, version, go);
    const env = goEnvironment(go, goDirectiveOf(join(wrapper, "go.mod")));
    const module = await describeModule(go.path, wrapper, recipe, env);
    const stamps = Object.entries(recipe.build.stamps(version, module.date));
    const linker = ["-s", "-w", ...stamps.map(([variable, value]) => `-X=${variable}=${value}`)].join(" ");
    const { tags = [] } = recipe.build;
    const flags = ["-trimpath", ...(tags.length === 0 ? [] : [`-tags=${tags.join(",")}`]), "-ldflags", linker];
    const stale = await promisify(execFile)(
        go.path,
        ["list", ...flags, "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", recipe.build.package],
        { cwd: wrapper, env, maxBuffer: 1 << 26 },
    ).catch((error: unknown) => {
        throw new BuildError(recipe.tool, String((error as { stderr?: string }).stderr ?? error).split("\n"));
    });
    const total = stale.stdout.split("\n").filter((line) => line !== "").length;
    mkdirSync(join(folder, "bin"), { recursive: true });
    const executable = join(folder, "bin", recipe.tool);
    await compile(
        go.path,
        ["build", "-v", ...flags, "-o", executable, recipe.build.package],
        wrapper,
        env,
        recipe,
        step,
        total,
    );
    for (const kept of recipe.build.keep) {
        const from = join(module.dir, kept);
        if (!existsSync(from)) {
            throw new Error(`${recipe.build.module}@${version} has no folder ${kept}`);
        }
        // The module cache is read-only; a copy must not be, or it could not be removed.
        cpSync(from, join(folder, "module", kept), { recursive: true, mode: 0 });
        await promisify(execFile)("chmod", ["-R", "u+w", join(folder, "module", kept)]);
    }
    return { goVersion: go.version };
}

function compile(
    go: string,
    args: string[],
    wrapper: string,
    env: NodeJS.ProcessEnv,
    recipe: Recipe,
    step: Step,
    total: number,
): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn(go, args, { cwd: wrapper, env, stdio: ["ignore", "ignore", "pipe"] });
        const output: string[] = [];
        let compiled = 0;
        // With -v, go names each package that it compiles on a line of its own; all else is what it has to say.
        createInterface({ input: child.stderr }).on("line", (line) => {
            if (/^[\w.~/-]+$/.test(line)) {
                compiled++;
                step.update(`${Math.min(compiled, total)} of ${total} packages compiled`);
            } else {
                output.push(line);
            }
        });
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) {
                resolve();
            } else {
                reject(new BuildError(recipe.tool, output));
            }
        });
    });
}

/** Folder of the module's sources and the date of its version, which serves as the build date: a build says the same each time. */
async function describeModule(
    go: string,
    wrapper: string,
    recipe: Recipe,
    env: NodeJS.ProcessEnv,
): Promise<{ dir: string; date: string }> {
    try {
        const { stdout } = await promisify(execFile)(go, ["mod", "download", "-json", recipe.build.module], {
            cwd: wrapper,
            env,
        });
        const { Dir, Info } = JSON.parse(stdout) as { Dir: string; Info?: string };
        const info = Info === undefined ? {} : (JSON.parse(readFileSync(Info, "utf8")) as { Time?: string });
        return { dir: Dir, date: info.Time ?? "1970-01-01T00:00:00Z" };
    } catch (error) {
        const { stdout, stderr } = error as { stdout?: string; stderr?: string };
        throw new BuildError(recipe.tool, `${stdout ?? ""}\n${stderr ?? String(error)}`.split("\n"));
    }
}

function remedy(output: string): string {
    if (/no space left/i.test(output)) {
        return "The disk is full: the build needs about 6 GB in the Go caches and the cache folder.";
    }
    if (
        /dial tcp|no such host|proxyconnect|connection refused|i\/o timeout|403 Forbidden|404 Not Found/i.test(output)
    ) {
        return "A Go module could not be fetched. Set GOPROXY to a proxy that this machine reaches, or copy a filled Go module cache here.";
    }
    return "Run the same command again; what was compiled is kept in Go's build cache.";
}

/** The twin's tools, made ready: what is on the machine, else the official download, else a build from pinned Go modules. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../lock";
import { toolchainHome } from "../places";
import type { Step } from "../progress";
import { downloadTool, DownloadUnavailable } from "./download";
import { buildTool } from "./go-build";
import { findInstalled } from "./installed";
import { recipeFor, type Recipe } from "./recipes";
import type { Toolchain, ToolchainOptions, ToolName, ToolOrigin } from "./types";
import { pinnedVersion } from "./versions";

export { ToolName } from "./types";
export type { Toolchain, ToolchainOptions, ToolOrigin } from "./types";
export { UnknownMinorError } from "./versions";

/** What is written beside a finished tool; a folder without it is rubbish of an interrupted build. */
interface Stamp {
    tool: ToolName;
    version: string;
    origin: ToolOrigin;
    /** Go that built it. */
    goVersion?: string;
}

interface Ready extends Stamp {
    path: string;
    /** Undefined where the tool was found on the machine. */
    folder?: string;
}

/** Makes every named tool ready, one after another: each build takes all cores by itself. Throws what to install where one cannot be had. */
export async function ensureTools(names: ToolName[], options: ToolchainOptions): Promise<Toolchain> {
    const ready = new Map<ToolName, Ready>();
    for (const name of new Set(names)) {
        const version = pinnedVersion(name, options.kubernetesVersion);
        ready.set(name, await ensureTool(recipeFor(name), version, options));
    }
    const of = (tool: ToolName): Ready => {
        const found = ready.get(tool);
        if (found === undefined) {
            throw new Error(`${tool} is not in this toolchain: ask ensureTools for it`);
        }
        return found;
    };
    return {
        path: (tool) => of(tool).path,
        origin: (tool) => of(tool).origin,
        version: (tool) => of(tool).version,
        moduleDir: (tool) => {
            const { folder, version } = of(tool);
            const module = folder === undefined ? undefined : join(folder, "module");
            if (module === undefined || !existsSync(module)) {
                throw new Error(`the files of ${tool} ${version} are kept only of a build from its Go module`);
            }
            return module;
        },
    };
}

async function ensureTool(recipe: Recipe, version: string, options: ToolchainOptions): Promise<Ready> {
    const installed = await findInstalled(recipe, version);
    if (installed !== undefined) {
        return { tool: recipe.tool, version: installed.version, origin: "on the machine", path: installed.path };
    }
    const folder = join(toolchainHome(), `${recipe.tool}-${version}`);
    const kept = readKept(recipe.tool, folder);
    if (kept !== undefined) {
        return kept;
    }
    const step = options.progress.step(`${recipe.tool} ${version}`);
    try {
        const made = await withLock(
            `${folder}.lock`,
            async () => readKept(recipe.tool, folder) ?? (await make(recipe, version, folder, options, step)),
            (pid) => {
                step.update(`process ${pid} is at it`);
            },
        );
        step.done(made.origin);
        return made;
    } catch (error) {
        step.fail((error as Error).message.split("\n")[0] ?? "");
        throw error;
    }
}

async function make(
    recipe: Recipe,
    version: string,
    folder: string,
    options: ToolchainOptions,
    step: Step,
): Promise<Ready> {
    const aside = `${folder}.tmp`;
    // Under the lock nobody else writes here: whatever lies here is of a process that died.
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true });
    const stamp: Stamp = { tool: recipe.tool, version, origin: "built" };
    let downloaded = false;
    // What needs files of its module is built: a download would bring the executable only.
    if (process.env["KILOGPU_OFFLINE"] !== "1" && recipe.download !== undefined && recipe.build.keep.length === 0) {
        try {
            await downloadTool(recipe, version, aside, step);
            downloaded = true;
            stamp.origin = "downloaded";
        } catch (error) {
            if (!(error instanceof DownloadUnavailable)) {
                throw error;
            }
        }
    }
    if (!downloaded) {
        stamp.goVersion = (await buildTool(recipe, version, aside, options.progress, step)).goVersion;
    }
    writeFileSync(join(aside, "stamp.json"), JSON.stringify(stamp, undefined, 4));
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
    return { ...stamp, folder, path: join(folder, "bin", recipe.tool) };
}

function readKept(tool: ToolName, folder: string): Ready | undefined {
    const path = join(folder, "bin", tool);
    try {
        const stamp = JSON.parse(readFileSync(join(folder, "stamp.json"), "utf8")) as Stamp;
        return existsSync(path) ? { ...stamp, folder, path } : undefined;
    } catch {
        return undefined;
    }
}

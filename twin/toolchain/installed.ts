/** Tools that are on the machine already, at a version that fits. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Recipe } from "./recipes";

/** First executable of that name on PATH. */
export function onPath(name: string): string | undefined {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
        const file = join(folder, name);
        try {
            accessSync(file, constants.X_OK);
            return file;
        } catch {
            // Not there: the next folder.
        }
    }
    return undefined;
}

/** Undefined where there is none, or where its version does not fit. */
export async function findInstalled(
    recipe: Recipe,
    pinned: string,
): Promise<{ path: string; version: string } | undefined> {
    const path = recipe.installed === undefined ? undefined : onPath(recipe.tool);
    if (recipe.installed === undefined || path === undefined) {
        return undefined;
    }
    try {
        const { stdout, stderr } = await promisify(execFile)(path, recipe.installed.versionArguments, {
            timeout: 10_000,
        });
        const version = versionIn(stdout + stderr);
        return version !== undefined && recipe.installed.fits(version, pinned) ? { path, version } : undefined;
    } catch {
        // It does not run here, for example a binary of another architecture.
        return undefined;
    }
}

/** First version number of a text: `v1.35.4` of `Kubernetes v1.35.4`. */
export function versionIn(text: string): string | undefined {
    const found = /\bv?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)/.exec(text)?.[1];
    return found === undefined ? undefined : `v${found}`;
}

/** Official downloads, checked against the sums that their projects publish. A host that cannot be reached is asked once an hour at most. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { toolchainHome } from "../places";
import type { Step } from "../progress";
import type { Download, Recipe } from "./recipes";

const retryAfterMs = 3_600_000;

/** The download cannot be had; a build may still do. */
export class DownloadUnavailable extends Error {}

/** Puts the tool into `<folder>/bin/`. Throws DownloadUnavailable where it cannot be had, an Error where a checksum does not match. */
export async function downloadTool(recipe: Recipe, version: string, folder: string, step: Step): Promise<void> {
    const source = sourceOf(recipe, version);
    if (source === undefined) {
        throw new DownloadUnavailable("no executables are published");
    }
    step.update("asking for the official download");
    const bytes = await fetchVerified(source, step);
    const executable = join(folder, "bin", recipe.tool);
    mkdirSync(dirname(executable), { recursive: true });
    if (source.member === undefined) {
        writeFileSync(executable, bytes);
    } else {
        const archive = join(folder, "download.tar.gz");
        writeFileSync(archive, bytes);
        await promisify(execFile)("tar", ["-xzf", archive, "-C", folder]);
        // Its neighbours come along: Pulumi's language hosts lie beside the CLI.
        cpSync(dirname(join(folder, source.member)), dirname(executable), { recursive: true });
    }
    chmodSync(executable, 0o755);
}

/** Unpacks a published `.tar.gz` into a folder. Throws DownloadUnavailable where it cannot be had, an Error where its sum is another. */
export async function downloadArchive(url: string, checksums: string, folder: string, step: Step): Promise<void> {
    const bytes = await fetchVerified({ url, checksums }, step);
    mkdirSync(folder, { recursive: true });
    const archive = join(folder, "download.tar.gz");
    writeFileSync(archive, bytes);
    await promisify(execFile)("tar", ["-xzf", archive, "-C", folder]);
    rmSync(archive);
}

async function fetchVerified({ url, checksums }: Pick<Download, "url" | "checksums">, step: Step): Promise<Buffer> {
    const sums = checksums === undefined ? undefined : (await fetchBytes(checksums)).toString("utf8");
    const bytes = await fetchBytes(url, (done, total) => {
        step.update(`${Math.round(done / 1e6)} of ${total === 0 ? "?" : Math.round(total / 1e6)} MB`);
    });
    if (sums !== undefined) {
        verify(url, bytes, sums);
    }
    return bytes;
}

function sourceOf(recipe: Recipe, version: string): ReturnType<NonNullable<Recipe["download"]>> | undefined {
    const { platform, arch } = process;
    const cpu = arch === "x64" ? "amd64" : arch === "arm64" ? "arm64" : undefined;
    return (platform === "linux" || platform === "darwin") && cpu !== undefined
        ? recipe.download?.(version, platform, cpu)
        : undefined;
}

async function fetchBytes(url: string, onBytes?: (done: number, total: number) => void): Promise<Buffer> {
    const { host } = new URL(url);
    if (Date.now() - (unreachable()[host] ?? 0) < retryAfterMs) {
        throw new DownloadUnavailable(`${host} could not be reached within the last hour`);
    }
    // The first byte must come soon; the rest may take as long as it keeps coming.
    const abort = new AbortController();
    let timer = setTimeout(() => {
        abort.abort();
    }, 5000);
    const chunks: Uint8Array[] = [];
    try {
        const response = await fetch(url, { signal: abort.signal });
        if (!response.ok || response.body === null) {
            throw new DownloadUnavailable(`${url}: HTTP ${response.status}`);
        }
        const total = Number(response.headers.get("content-length") ?? 0);
        let done = 0;
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
            clearTimeout(timer);
            timer = setTimeout(() => {
                abort.abort();
            }, 30_000);
            chunks.push(chunk);
            done += chunk.length;
            onBytes?.(done, total);
        }
        return Buffer.concat(chunks);
    } catch (error) {
        if (error instanceof DownloadUnavailable) {
            throw error;
        }
        remember(host);
        throw new DownloadUnavailable(`${host} cannot be reached`, { cause: error });
    } finally {
        clearTimeout(timer);
    }
}

/** `sums` is one sum, or lines of `<sum>  <file>`. */
export function verify(url: string, bytes: Buffer, sums: string): void {
    const name = basename(new URL(url).pathname);
    const lines = sums
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+\*?/));
    const expected = (lines.find((line) => line[1] === name) ?? (lines.length === 1 ? lines[0] : undefined))?.[0];
    const actual = createHash("sha256").update(bytes).digest("hex");
    if (expected !== actual) {
        throw new Error(
            `${url}: sha256 is ${actual}; the project publishes ${expected ?? "none for this file"}. Nothing was kept.`,
        );
    }
}

function memory(): string {
    return join(toolchainHome(), "unreachable.json");
}

function unreachable(): { [host: string]: number } {
    try {
        return JSON.parse(readFileSync(memory(), "utf8")) as { [host: string]: number };
    } catch {
        return {};
    }
}

function remember(host: string): void {
    mkdirSync(toolchainHome(), { recursive: true });
    writeFileSync(memory(), JSON.stringify({ ...unreachable(), [host]: Date.now() }));
}

/** Runs commands and measures them: wall time, and processor time and memory of every Node process among them. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(__dirname, "../..");

/** What one Node process spent, by package or folder of the house, seconds. */
export interface Part {
    script: string;
    cpu: number;
    /** Processor time of loading modules, exclusive of what each loads in turn. */
    loads: { [owner: string]: number };
    /** Calls of the plan's own steps. */
    steps: { [step: string]: number };
}

export interface Measured {
    seconds: number;
    cpu: number;
    parts: Part[];
    output: string;
}

/** Loaded into each process ahead of its program; plain CommonJS, because it must run before any compiler does. */
const PROBE = `
const Module = require("node:module"), { writeFileSync } = require("node:fs"), { sep } = require("node:path");
const loads = {}, steps = {}, nested = [], load = Module._load;
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const STEPS = { "cli/plan/check-policies.js": ["checkPolicies"], "components/cost/index.js": ["environmentCost"], "cli/plan/inventory.js": ["plannedPools", "totals"] };
const owner = (file) => {
    const at = file.lastIndexOf("node_modules" + sep);
    if (at < 0) return file.startsWith(process.env.KILOGPU_BENCH_ROOT) ? file.slice(process.env.KILOGPU_BENCH_ROOT.length + 1).replace(/^dist./, "").split(sep)[0] : "other";
    const [scope, name] = file.slice(at + 13).split(sep);
    return scope.startsWith("@") ? scope + "/" + name : scope;
};
Module._load = function (request, parent, isMain) {
    let file;
    try { file = Module._resolveFilename(request, parent, isMain); } catch { return load.apply(this, arguments); }
    if (!file.startsWith(sep) || Module._cache[file]) return load.apply(this, arguments);
    const start = spent();
    nested.push(0);
    try {
        const exported = load.apply(this, arguments);
        for (const [suffix, names] of Object.entries(STEPS)) if (file.endsWith(suffix)) for (const name of names) {
            const real = exported[name];
            if (typeof real !== "function" || !Object.getOwnPropertyDescriptor(exported, name).writable) continue;
            exported[name] = (...args) => {
                const began = spent(), done = (value) => ((steps[name] = (steps[name] ?? 0) + (spent() - began) / 1000), value);
                const result = real(...args);
                return result instanceof Promise ? result.then(done) : done(result);
            };
        }
        return exported;
    } finally {
        const whole = spent() - start, inner = nested.pop();
        if (nested.length > 0) nested[nested.length - 1] += whole;
        loads[owner(file)] = (loads[owner(file)] ?? 0) + (whole - inner) / 1000;
    }
};
process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(process.env.KILOGPU_BENCH_OUT + "/" + process.pid + ".json", JSON.stringify({ script: process.argv[1] ?? "", cpu: (user + system) / 1e6, loads, steps }));
});
`;

/** Runs a command to its end. Throws where it fails: a failed run is fast and would flatter. */
export async function measure(
    command: string,
    args: string[],
    options: { cwd?: string; env?: { [name: string]: string } } = {},
): Promise<Measured> {
    const out = mkdtempSync(join(tmpdir(), "kilogpu-bench-"));
    const probe = join(out, "probe.cjs");
    writeFileSync(probe, PROBE);
    const start = performance.now();
    const output = await new Promise<string>((resolve, reject) => {
        const child = spawn(command, args, {
            cwd: options.cwd ?? root,
            env: {
                ...process.env,
                NODE_OPTIONS: `--require ${probe}`,
                KILOGPU_BENCH_OUT: out,
                KILOGPU_BENCH_ROOT: root,
                ...options.env,
            },
            stdio: ["ignore", "pipe", "pipe"],
        });
        const chunks: Buffer[] = [];
        const errors: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) {
                resolve(Buffer.concat(chunks).toString());
            } else {
                reject(
                    new Error(
                        `${command} ${args.join(" ")}: exit code ${String(code)}\n${Buffer.concat([
                            ...errors,
                            ...chunks,
                        ])
                            .toString()
                            .slice(0, 2000)}`,
                    ),
                );
            }
        });
    });
    const seconds = (performance.now() - start) / 1000;
    const parts = readdirSync(out)
        .filter((file) => file.endsWith(".json"))
        .map((file) => JSON.parse(readFileSync(join(out, file), "utf8")) as Part);
    return { seconds, cpu: parts.reduce((sum, part) => sum + part.cpu, 0), parts, output };
}

export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** `a` as a share of `whole`, for a person. */
export function share(a: number, whole: number): string {
    return `${((100 * a) / whole).toFixed(0).padStart(3)} %`;
}

/**
 * What `kilogpu plan` costs, in shares and ratios: times of one machine say nothing about another. Pairs run one after the other,
 * so that a busy machine slows both. `npm run bench`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { measure, median, root, share, type Measured } from "./measure";

const PAIRS = Number(process.env["KILOGPU_BENCH_PAIRS"] ?? 5);
const main = join(root, "dist/cli/main.js");

function say(...lines: string[]): void {
    process.stdout.write(`${lines.join("\n")}\n`);
}

function plan(cwd = root, env: { [name: string]: string } = {}): Promise<Measured> {
    return measure(process.execPath, [main, "plan", "prod", "--json", "--cwd", cwd], { env });
}

function breakdown(title: string, run: Measured): void {
    say("", `${title}: shares of processor time`);
    for (const part of run.parts) {
        say(`  ${part.script.endsWith("main.js") ? "command" : "program"} ${share(part.cpu, run.cpu)}`);
        const entries = {
            ...part.loads,
            ...Object.fromEntries(Object.entries(part.steps).map(([name, s]) => [`${name}()`, s])),
        };
        for (const [owner, seconds] of Object.entries(entries)
            .sort((a, b) => b[1] - a[1])
            .slice(0, 10)) {
            say(`    ${share(seconds, run.cpu)} ${owner.endsWith("()") ? owner : `loading and running ${owner}`}`);
        }
    }
}

describe("kilogpu plan prod", () => {
    it("says where its time goes, cold and warm", async () => {
        // The first plan ever finds this repository's files compiled by the build; what else it finds nothing of, Node's own cache say, shows here.
        const empty = mkdtempSync(join(tmpdir(), "kilogpu-bench-cold-"));
        const first = await plan(root, { KILOGPU_HOME: empty });
        const later = await plan(root, { KILOGPU_HOME: empty });
        rmSync(empty, { recursive: true, force: true });
        breakdown("the first plan ever", first);
        breakdown("a later one", later);
        const sdks = later.parts
            .flatMap(({ loads }) => Object.entries(loads))
            .filter(([owner]) => /^(@pulumi|@grpc|@opentelemetry)\/|^google-protobuf$/.test(owner))
            .reduce((sum, [, seconds]) => sum + seconds, 0);
        say(
            `the SDKs' own import: ${share(sdks, later.cpu).trim()} of a later one`,
            `first / later, processor time: ${(first.cpu / later.cpu).toFixed(2)}`,
        );
        expect(later.parts).toHaveLength(2);
    });

    it("costs a third of what cdk synth of a comparable stack costs, or less", async () => {
        const folder = join(homedir(), ".cache/kilogpu/bench/cdk");
        mkdirSync(folder, { recursive: true });
        cpSync(join(__dirname, "cdk-app.js.txt"), join(folder, "app.js"));
        const packages = JSON.parse(readFileSync(join(__dirname, "cdk-packages.json"), "utf8")) as {
            [name: string]: string;
        };
        if (!existsSync(join(folder, "node_modules/.bin/cdk"))) {
            writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
            execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
        }
        const synth = (): Promise<Measured> =>
            measure(
                join(folder, "node_modules/.bin/cdk"),
                ["synth", "--quiet", "--no-notices", "--app", "node app.js"],
                {
                    cwd: folder,
                },
            );
        await plan();
        await synth();
        const wall: number[] = [];
        const cpu: number[] = [];
        const firsts: number[] = [];
        const empty = mkdtempSync(join(tmpdir(), "kilogpu-bench-first-"));
        for (let pair = 0; pair < PAIRS; pair++) {
            const ours = await plan();
            const theirs = await synth();
            wall.push(ours.seconds / theirs.seconds);
            cpu.push(ours.cpu / theirs.cpu);
            firsts.push((await plan(root, { KILOGPU_HOME: join(empty, String(pair)) })).cpu / theirs.cpu);
        }
        rmSync(empty, { recursive: true, force: true });
        say(
            "",
            `plan / cdk synth over ${PAIRS} pairs: wall ${median(wall).toFixed(2)}, processor ${median(cpu).toFixed(2)} (target 0.33)`,
            `the first plan ever / cdk synth: processor ${median(firsts).toFixed(2)} (target 0.33)`,
        );
        expect(median(cpu)).toBeLessThan(1 / 3);
        expect(median(firsts)).toBeLessThan(1 / 3);
    });

    it("costs less than twice as much for four times the pools", async () => {
        const project = mkdtempSync(join(tmpdir(), "kilogpu-bench-pools-"));
        try {
            for (const name of [
                "Pulumi.yaml",
                "stacks",
                "components",
                "catalog",
                "training",
                "package.json",
                "tsconfig.json",
            ]) {
                cpSync(join(root, name), join(project, name), { recursive: true });
            }
            symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
            const file = join(project, "stacks/Pulumi.prod.yaml");
            const before = await plan(project);
            const stack = parse(readFileSync(file, "utf8")) as {
                config: {
                    [key: string]: {
                        name: string;
                        nodes: number;
                        capacity?: { reservationId: string; reservedNodes: number };
                    }[];
                };
            };
            const pools = stack.config["kilogpu:pools"] ?? [];
            stack.config["kilogpu:pools"] = [0, 1, 2, 3].flatMap((copy) =>
                pools.map((pool, index) => ({
                    ...pool,
                    name: `${pool.name}-${copy}`,
                    // As many machines in all: what blocks together may hold is bounded.
                    nodes: pool.nodes / 4,
                    capacity: pool.capacity && {
                        ...pool.capacity,
                        reservedNodes: pool.nodes / 4,
                        reservationId: `cr-${String(copy * 10 + index).padStart(17, "0")}`,
                    },
                })),
            );
            delete stack.config["kilogpu:budget"];
            // Quoted, or the engine reads the times as timestamps.
            const many = stringify(stack, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
            const one = readFileSync(file, "utf8");
            const ratios: number[] = [];
            for (let pair = 0; pair < PAIRS; pair++) {
                writeFileSync(file, one);
                const few = await plan(project);
                writeFileSync(file, many);
                const four = await plan(project);
                ratios.push(four.cpu / few.cpu);
                const count = (run: Measured): number => (JSON.parse(run.output) as { pools: unknown[] }).pools.length;
                expect(count(four)).toBe(4 * count(before));
            }
            say("", `4x the pools / 1x, processor time over ${PAIRS} pairs: ${median(ratios).toFixed(2)}`);
            expect(median(ratios)).toBeLessThan(2);
        } finally {
            rmSync(project, { recursive: true, force: true });
        }
    });
});

/**
 * The environments as a user runs them: 1,024 GPUs up by one command on the real engine and a real control plane, again without a change,
 * smaller, killed and mended, and gone. Prints where the time went; asserts none.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../cli/plan/contract";
import { fingerprint, makeSandbox, steps, type Sandbox } from "../support/twin";

let sandbox: Sandbox;

beforeAll(() => {
    sandbox = makeSandbox("environments");
});

afterAll(() => {
    for (const environment of ["prod", "staging"]) {
        sandbox.kilogpu("twin", "down", environment);
    }
    sandbox.remove();
});

describe("prod", () => {
    let userFiles: { [path: string]: string };
    let created: string;

    it("comes up by one command: 128 nodes, 1,024 GPUs, one gang of 128 × 8 running", () => {
        userFiles = fingerprint(join(sandbox.project, "stacks"));
        const up = sandbox.kilogpu("twin", "up", "prod");
        console.log(steps(up));
        expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
        const { nodes, queues, jobs } = sandbox.observed("prod");
        expect(nodes.find(({ instanceType }) => instanceType === "p5en.48xlarge")).toEqual({
            instanceType: "p5en.48xlarge",
            nodes: 128,
            ready: 128,
            gpus: 1024,
            efaInterfaces: 2048,
            rdmaDevices: 0,
            each: { gpus: 8, efaInterfaces: 16, rdmaDevices: 0 },
        });
        expect(queues.map(({ name, active }) => [name, active]).sort()).toEqual([
            ["evals", true],
            ["pretrain", true],
            ["research", true],
        ]);
        expect(jobs).toHaveLength(1);
        expect(jobs[0]).toMatchObject({ name: "gpt2", wanted: 128, running: 128, nodes: 128, gated: 0, placed: true });
        expect(jobs[0]?.domains["topology.k8s.aws/network-node-layer-1"]).toBe(1);
        created = sandbox.inTwin(
            "prod",
            "kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.creationTimestamp}{\"\\n\"}{end}'",
        );
    });

    it("names what is real, simulated and recorded, and both Kubernetes versions", () => {
        const { stdout } = sandbox.kilogpu("twin", "status", "prod");
        expect(stdout).toMatch(/Kubernetes v1\.35\.\d+ runs, declared 1\.35/);
        expect(stdout).toMatch(/^real {7}charts .*kueue 0\.19\.\d+/m);
        expect(stdout).toMatch(/^simulated {2}.*aws-efa-k8s-device-plugin/m);
        // Alert rules are stored but nothing acts on them: they must not count as real.
        expect(stdout).toMatch(/^recorded .*; \d+ resources of \d+ types/m);
    });

    it("has a plan that names the resources of the engine's own preview", () => {
        const plan = JSON.parse(sandbox.kilogpu("plan", "prod", "--json").stdout) as Plan;
        const preview = JSON.parse(sandbox.inTwin("prod", "pulumi preview --json --show-sames 2>/dev/null")) as {
            steps: { urn: string }[];
        };
        const named = (urns: string[]): string[] => urns.filter((urn) => !urn.includes("pulumi:providers:")).sort();
        expect(named(plan.resources.map(({ urn }) => urn))).toEqual(named(preview.steps.map(({ urn }) => urn)));
    });

    it("answers the usual commands in its shell", () => {
        expect(sandbox.inTwin("prod", "kubectl get nodes --no-headers | wc -l").trim()).toBe("131");
        expect(sandbox.inTwin("prod", "pulumi stack output gpus").trim()).toBe("1024");
        expect(sandbox.inTwin("prod", "pulumi preview --policy-pack policies --expect-no-changes")).toMatch(
            /kilogpu@v.* \(local: policies\)/,
        );
        expect(sandbox.inTwin("prod", "aws eks get-token --cluster-name prod")).toContain("ExecCredential");
    });

    it("listens on loopback only", () => {
        const listening = execFileSync(
            "bash",
            ["-c", "cat /proc/net/tcp /proc/net/tcp6 | awk '$4==\"0A\"{print $2}'"],
            { encoding: "utf8" },
        );
        const ports = new Set(
            JSON.stringify(JSON.parse(readFileSync(join(sandbox.home, "twins/prod/twin.json"), "utf8"))).match(
                /\b\d{4,5}\b/g,
            ),
        );
        const open = listening
            .trim()
            .split("\n")
            .map((line) => line.split(":"))
            .filter(([address, port]) => ports.has(String(parseInt(port ?? "", 16))) && address !== "0100007F");
        expect(open).toEqual([]);
    });

    it("changes nothing the second time, and nothing in the user's files", () => {
        const again = sandbox.kilogpu("twin", "up", "prod");
        expect(again.code, again.stderr).toBe(0);
        expect(steps(again)).toMatch(/Pulumi up: \d+ same \(/);
        expect(fingerprint(join(sandbox.project, "stacks"))).toEqual(userFiles);
    });

    it("shrinks one pool and what follows from it, and leaves the other pool's nodes alone", () => {
        sandbox.edit("prod", (yaml) => {
            const [before = "", after = ""] = yaml.split("- name: block-b");
            return `${before}- name: block-b${after.replace("nodes: 64", "nodes: 32")}`
                .replace("gpus: 704", "gpus: 448")
                .replace("nodes: 128", "nodes: 96");
        });
        const up = sandbox.kilogpu("twin", "up", "prod");
        console.log(steps(up));
        expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
        const { nodes, jobs } = sandbox.observed("prod");
        expect(nodes.find(({ instanceType }) => instanceType === "p5en.48xlarge")).toMatchObject({
            nodes: 96,
            gpus: 768,
        });
        expect(jobs[0]).toMatchObject({ wanted: 96, running: 96, nodes: 96 });
        const pools = sandbox
            .inTwin(
                "prod",
                "kubectl get nodes -L eks.amazonaws.com/nodegroup --no-headers | awk '{print $NF}' | sort | uniq -c",
            )
            .trim()
            .split("\n");
        expect(pools.map((line) => line.trim().split(/\s+/)[0]).sort()).toEqual(["3", "32", "64"]);
        const now = new Set(
            sandbox
                .inTwin(
                    "prod",
                    "kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.creationTimestamp}{\"\\n\"}{end}'",
                )
                .trim()
                .split("\n"),
        );
        const kept = created
            .trim()
            .split("\n")
            .filter((line) => now.has(line));
        expect(kept).toHaveLength(64 + 32 + 3);
    });

    it("goes down without a process, an object or a file left", () => {
        const down = sandbox.kilogpu("twin", "down", "prod");
        expect(down.code, down.stderr).toBe(0);
        expect(sandbox.processes()).toEqual([]);
        expect(existsSync(join(sandbox.home, "twins/prod"))).toBe(false);
    });
});

describe("staging, killed", () => {
    /** Starts an update and kills it, group and all, after a while; returns its output. */
    async function killedAfter(milliseconds: number): Promise<void> {
        const child = sandbox.start("twin", "up", "staging");
        child.stdout?.resume();
        child.stderr?.resume();
        const ended = new Promise<void>((resolve) =>
            child.on("close", () => {
                resolve();
            }),
        );
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
        for (const line of sandbox
            .processes()
            .filter((process) =>
                /twin up staging|engine\/bin\/pulumi |pulumi-language-nodejs|cmd\/run/.test(process),
            )) {
            try {
                process.kill(Number(line.split(" ")[0]), "SIGKILL");
            } catch {
                // Ended by itself.
            }
        }
        if (child.pid !== undefined && child.exitCode === null) {
            process.kill(child.pid, "SIGKILL");
        }
        await ended;
    }

    it("finishes after SIGKILL at ten random points, with no orphan and no stale lock in the way", async () => {
        const points = Array.from({ length: 10 }, () => 1500 + Math.floor(Math.random() * 14_000));
        for (const point of points) {
            await killedAfter(point);
        }
        const up = sandbox.kilogpu("twin", "up", "staging");
        expect(up.code, `killed at ${points.join(", ")} ms: ${up.stdout}${up.stderr}`).toBe(0);
        const plan = JSON.parse(sandbox.kilogpu("plan", "staging", "--json").stdout) as Plan;
        const state = JSON.parse(sandbox.inTwin("staging", "pulumi stack export")) as {
            deployment: { resources: { urn: string }[] };
        };
        const named = (urns: string[]): string[] => urns.filter((urn) => !urn.includes("pulumi:providers:")).sort();
        expect(named(state.deployment.resources.map(({ urn }) => urn))).toEqual(
            named(plan.resources.map(({ urn }) => urn)),
        );
        const again = sandbox.kilogpu("twin", "up", "staging");
        expect(steps(again)).toMatch(/Pulumi up: \d+ same \(/);
        expect(
            sandbox.observed("staging").nodes.find(({ instanceType }) => instanceType === "p5.48xlarge"),
        ).toMatchObject({
            nodes: 2,
            ready: 2,
            gpus: 16,
            efaInterfaces: 64,
        });
    });

    it("says what happened when the API server dies in the middle, and the next up mends it", async () => {
        sandbox.kilogpu("twin", "down", "staging");
        const child = sandbox.start("twin", "up", "staging");
        let output = "";
        let killed = false;
        const watch = (chunk: Buffer): void => {
            output += chunk.toString();
            const apiServer = sandbox.processes().find((line) => line.includes("/kube-apiserver "));
            if (!killed && output.includes("Pulumi up") && apiServer !== undefined) {
                killed = true;
                process.kill(Number(apiServer.split(" ")[0]), "SIGKILL");
            }
        };
        child.stdout?.on("data", watch);
        child.stderr?.on("data", watch);
        const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
        expect(killed).toBe(true);
        expect(code).not.toBe(0);
        expect(output).toMatch(/kube-apiserver|API server/);
        expect(output).not.toMatch(/\n\s+at .*\.js:\d+/);
        const mended = sandbox.kilogpu("twin", "up", "staging");
        expect(mended.code, `${mended.stdout}${mended.stderr}`).toBe(0);
    });

    it("is gone after down", () => {
        expect(sandbox.kilogpu("twin", "down", "staging").code).toBe(0);
        expect(sandbox.processes()).toEqual([]);
    });
});

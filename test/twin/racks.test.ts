/**
 * The environments in racks: hosts answer over a real SSH server, every script really runs in its host's own root. Up, again, changed by hand,
 * broken, cut off, smaller and gone. Prints where the time went; asserts none.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSandbox, steps, type Ran, type Sandbox } from "../support/twin";

let sandbox: Sandbox;

beforeAll(() => {
    sandbox = makeSandbox("racks");
});

afterAll(() => {
    for (const environment of ["onprem-roce", "onprem-ib"]) {
        sandbox.kilogpu("twin", "down", environment);
    }
    sandbox.remove();
});

const twinFolder = (environment: string): string => join(sandbox.home, "twins", environment);
const hostFolder = (environment: string, host: string): string => join(twinFolder(environment), "site/hosts", host);

/** Runs a command beside this process; `meanwhile` is called every 50 ms until it ends. */
async function beside(meanwhile: () => void, ...args: string[]): Promise<Ran> {
    const child = sandbox.start(...args);
    const ran: Ran = { code: null, stdout: "", stderr: "" };
    child.stdout?.on("data", (part: Buffer) => (ran.stdout += part.toString()));
    child.stderr?.on("data", (part: Buffer) => (ran.stderr += part.toString()));
    const timer = setInterval(meanwhile, 50);
    ran.code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    clearInterval(timer);
    return ran;
}

/** Every file below a folder. */
function files(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? files(path) : entry.isFile() ? [path] : [];
    });
}

/** Command lines of all processes of this machine. */
function commandLines(): string[] {
    return readdirSync("/proc").flatMap((entry) => {
        try {
            return /^\d+$/.test(entry) ? [readFileSync(`/proc/${entry}/cmdline`, "utf8")] : [];
        } catch {
            return [];
        }
    });
}

describe("onprem-roce", () => {
    const seen = new Set<string>();

    it("comes up by one command: 32 hosts become nodes over SSH, one gang runs on 16 of them", async () => {
        const up = await beside(
            () => {
                commandLines().forEach((line) => seen.add(line));
            },
            "twin",
            "up",
            "onprem-roce",
        );
        console.log(steps(up));
        expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
        const { nodes, queues, jobs } = sandbox.observed("onprem-roce");
        expect(nodes.find(({ instanceType }) => instanceType === "hgx-h200")).toEqual({
            instanceType: "hgx-h200",
            nodes: 32,
            ready: 32,
            gpus: 256,
            efaInterfaces: 0,
            rdmaDevices: 256,
            each: { gpus: 8, efaInterfaces: 0, rdmaDevices: 8 },
        });
        expect(nodes.find(({ instanceType }) => instanceType === "rke2")).toMatchObject({
            nodes: 3,
            ready: 3,
            gpus: 0,
        });
        expect(queues.every(({ active }) => active)).toBe(true);
        expect(jobs).toEqual([
            expect.objectContaining({ name: "gpt2-pretraining", wanted: 16, running: 16, nodes: 16, placed: true }),
        ]);
    });

    it("has run every script on every host", () => {
        const calls = readFileSync(join(hostFolder("onprem-roce", "gpu-032"), "calls.log"), "utf8");
        for (const call of [
            "nvidia-smi",
            "sysctl",
            "update-grub",
            "systemd-run",
            "curl",
            "systemctl restart rke2-agent",
        ]) {
            expect(calls).toContain(call);
        }
        const root = join(hostFolder("onprem-roce", "gpu-032"), "root");
        // The reboot that tuning asked for has happened: only a boot changes these.
        expect(readFileSync(join(root, "proc/cmdline"), "utf8")).toContain(" iommu=pt");
        expect(readFileSync(join(root, "proc/meminfo"), "utf8")).toMatch(/HugePages_Total:\s+4096/);
    });

    it("names the hosts as simulated", () => {
        expect(sandbox.kilogpu("twin", "status", "onprem-roce").stdout).toMatch(
            /Kubernetes v1\.35\.\d+ runs, declared 1\.35/,
        );
        const { inventory } = JSON.parse(sandbox.kilogpu("twin", "status", "onprem-roce", "--json").stdout) as {
            inventory: { what: string; count: number; fidelity: string }[];
        };
        expect(inventory).toContainEqual(
            expect.objectContaining({ what: "host hgx-h200", count: 32, fidelity: "simulated" }),
        );
    });

    it("keeps the join token and the kubeconfig's key out of state, logs and process lists", () => {
        const { token } = JSON.parse(readFileSync(join(twinFolder("onprem-roce"), "site/cluster.json"), "utf8")) as {
            token: string;
        };
        const kubeconfig = readFileSync(
            join(hostFolder("onprem-roce", "cp-1"), "root/etc/rancher/rke2/rke2.yaml"),
            "utf8",
        );
        const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
        expect([token.length, key.length].every((length) => length > 50)).toBe(true);
        // Both are where they must be, so the search would find them.
        expect(
            readFileSync(join(hostFolder("onprem-roce", "gpu-001"), "root/etc/rancher/rke2/token"), "utf8"),
        ).toContain(token);
        const elsewhere = ["engine", "logs"].flatMap((folder) => files(join(twinFolder("onprem-roce"), folder)));
        expect(elsewhere.some((file) => file.includes("/.pulumi/stacks/"))).toBe(true);
        for (const file of elsewhere.filter((each) => statSync(each).size < 64 * 1024 * 1024)) {
            const content = readFileSync(file, "latin1");
            expect(content.includes(token) || content.includes(key), file).toBe(false);
        }
        expect(seen.size).toBeGreaterThan(10);
        expect([...seen].filter((line) => line.includes(token) || line.includes(key))).toEqual([]);
    });

    it("changes nothing the second time", () => {
        const again = sandbox.kilogpu("twin", "up", "onprem-roce");
        expect(again.code, again.stderr).toBe(0);
        expect(steps(again)).toMatch(/Pulumi up: \d+ same \(/);
    });

    it("shows a host that was changed by hand in the preview, and mends that host alone", () => {
        sandbox.edit("onprem-roce", (yaml) => yaml.replace("    tuning:", "    detectDrift: true\n    tuning:"));
        const file = join(hostFolder("onprem-roce", "gpu-007"), "root/etc/sysctl.d/90-kilogpu.conf");
        const wanted = readFileSync(file, "utf8");
        // The pool's own arguments change, and nothing of a host.
        expect(sandbox.kilogpu("twin", "up", "onprem-roce").stderr).toMatch(/Pulumi up: \d+ same, 1 update \(/);
        writeFileSync(file, wanted.replace("vm.swappiness = 0", "vm.swappiness = 60"));
        const preview = JSON.parse(sandbox.inTwin("onprem-roce", "pulumi preview --json 2>/dev/null")) as {
            steps: { op: string; urn: string }[];
        };
        const touched = preview.steps.filter(({ op }) => op !== "same").map(({ urn }) => urn.split("::").at(-1));
        expect([...new Set(touched)]).toEqual(["hgx-h200-gpu-007-tuning"]);
        const up = sandbox.kilogpu("twin", "up", "onprem-roce");
        expect(up.code, up.stderr).toBe(0);
        expect(readFileSync(file, "utf8")).toBe(wanted);
        expect(sandbox.kilogpu("twin", "up", "onprem-roce").stderr).toMatch(/Pulumi up: \d+ same \(/);
    });

    it("takes a host out that leaves the inventory: drained, deleted, reset", () => {
        const inventory = join(sandbox.project, "stacks/inventories/onprem-roce.yaml");
        writeFileSync(inventory, readFileSync(inventory, "utf8").replace(/ {2}- name: gpu-032\n(?: {4}.*\n)+/, ""));
        sandbox.edit("onprem-roce", (yaml) => yaml.replace("gpus: 192", "gpus: 184"));
        const up = sandbox.kilogpu("twin", "up", "onprem-roce");
        expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
        expect(
            sandbox.observed("onprem-roce").nodes.find(({ instanceType }) => instanceType === "hgx-h200"),
        ).toMatchObject({
            nodes: 31,
            ready: 31,
        });
        expect(existsSync(join(hostFolder("onprem-roce", "gpu-032"), "root/etc/rancher/rke2"))).toBe(false);
    });

    it("goes down without a process or a file left", () => {
        const down = sandbox.kilogpu("twin", "down", "onprem-roce");
        expect(down.code, down.stderr).toBe(0);
        expect(sandbox.processes()).toEqual([]);
        expect(existsSync(twinFolder("onprem-roce"))).toBe(false);
    });
});

describe("onprem-ib", () => {
    const xid = (): string => join(hostFolder("onprem-ib", "gpu-037"), "answers/dmesg");
    /** Hosts on which RKE2 has been installed. */
    const joined = (): string[] =>
        readdirSync(join(twinFolder("onprem-ib"), "site/hosts"))
            .filter((host) => host.startsWith("gpu-"))
            .filter((host) => existsSync(join(hostFolder("onprem-ib", host), "root/var/lib/kilogpu/rke2-version")))
            .sort();

    it("stops at host 37 of 128, which fails preflight, and says why", () => {
        mkdirSync(xid(), { recursive: true });
        writeFileSync(
            join(xid(), "default"),
            "[ 4711.0] NVRM: Xid (PCI:0000:1b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.\n",
        );
        // Every stage waits for its reboots: fewer ones make the suite shorter.
        sandbox.edit("onprem-ib", (yaml) => yaml.replace("maxUnavailable: 4", "maxUnavailable: 12, racks: 3"));
        const up = sandbox.kilogpu("twin", "up", "onprem-ib");
        console.log(steps(up));
        expect(up.code).not.toBe(0);
        expect(up.stderr).toContain("hgx-h100-gpu-037-preflight");
        expect(up.stderr).toContain("preflight: xid: expected none, found 79");
        expect(up.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
        // One canary, and then three racks of four at a time: its stage, 37 to 48, is the last that began.
        expect(joined()).toContain("gpu-036");
        expect(joined()).not.toContain("gpu-037");
        expect(joined().filter((host) => host > "gpu-048")).toEqual([]);
    });

    it("goes on from there once the host is mended; connections that are cut stop it, and the next update resumes", async () => {
        rmSync(xid(), { recursive: true });
        sandbox.edit("onprem-ib", (yaml) =>
            yaml.replace("maxUnavailable: 12, racks: 3", "maxUnavailable: 32, racks: 8"),
        );
        const before = new Set(joined());
        const events = join(twinFolder("onprem-ib"), "site/events");
        let cuts = 0;
        const cut = await beside(
            () => {
                // Three times, all at once: whatever runs on a host then loses its connection, and what dials is let in later.
                if (cuts < 3 && joined().length > before.size + 8) {
                    cuts++;
                    for (const host of readdirSync(join(twinFolder("onprem-ib"), "site/hosts"))) {
                        const name = join(events, `${host}-cut-${cuts}`);
                        writeFileSync(`${name}.new`, `${host} cut\n`);
                        renameSync(`${name}.new`, `${name}.event`);
                    }
                }
            },
            "twin",
            "up",
            "onprem-ib",
        );
        expect(cuts).toBe(3);
        expect(cut.code).not.toBe(0);
        expect(cut.stderr).toMatch(/remote command exited without exit status|connection closed|failed attempts/);
        const up = sandbox.kilogpu("twin", "up", "onprem-ib");
        console.log(steps(up));
        expect(up.code, `${up.stdout}${up.stderr}`).toBe(0);
        const { nodes, jobs } = sandbox.observed("onprem-ib");
        expect(nodes.find(({ instanceType }) => instanceType === "hgx-h100")).toMatchObject({
            nodes: 128,
            ready: 128,
            gpus: 1024,
        });
        expect(jobs.every((job) => job.running === job.wanted && job.placed)).toBe(true);
    });

    it("changes nothing the second time, and goes down without a process left", () => {
        const again = sandbox.kilogpu("twin", "up", "onprem-ib");
        expect(again.code, again.stderr).toBe(0);
        expect(steps(again)).toMatch(/Pulumi up: \d+ same \(/);
        expect(sandbox.kilogpu("twin", "down", "onprem-ib").code).toBe(0);
        expect(sandbox.processes()).toEqual([]);
    });
});

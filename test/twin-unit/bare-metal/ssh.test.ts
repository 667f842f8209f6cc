/** Simulated hosts over a real SSH server: whom they let in, what they are held to, what a jump host passes on. */
import { spawnSync, spawn } from "node:child_process";
import {
    chmodSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { utils, type ParsedKey } from "ssh2";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hostScript, launcher } from "../../../components/bare-metal";
import { scriptHashes } from "../../../components/bare-metal/scripts";
import { serveAgent } from "../../../twin/bare-metal/agent";
import { buildSite } from "../../../twin/bare-metal/build";
import { RackHost } from "../../../twin/bare-metal/host";
import { hostAt, hostPlaces, sitePlaces, type TwinSite } from "../../../twin/bare-metal/site";
import { packageFile } from "../../../twin/places";
import { runOnHost } from "../../../twin/providers/command/ssh";

const declaredKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGpswzOSPh7P8rIgE7IxfTpBGjMK2tylSqu37i1i6pQe";
const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcj7t+xDJRF4VhllvEVE9l/1wr89xOHcTm+WF0Kag1l";
const environment = "racks";

let home = "";
let agent: Server | undefined;
let site: TwinSite;
let racks: RackHost[] = [];
const started: string[] = [];

const host = (name: string, address: string, machineType?: string) => ({
    name,
    address,
    port: 22,
    hostKey: declaredKey,
    ...(machineType === undefined ? {} : { machineType }),
    devices: machineType === undefined ? [] : ["mlx5_0", "mlx5_1"],
    linkLayer: "infiniband" as const,
});

beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "kilogpu-racks-"));
    vi.stubEnv("KILOGPU_HOME", home);
    site = await buildSite(
        environment,
        {
            hosts: [host("gpu-001", "10.0.0.11", "hgx-h100"), host("jump", "bastion.example")],
            artifacts: [{ url: "https://mirror.example/rke2.tar.gz", sha256: "a".repeat(64) }],
            scripts: scriptHashes(),
        },
        "kubectl",
    );
    const operator = utils.parseKey(readFileSync(sitePlaces(environment).operatorKey)) as ParsedKey;
    agent = await serveAgent(sitePlaces(environment).agentSocket, operator);
    racks = site.hosts.map(
        (each) =>
            new RackHost(each, {
                environment,
                operator,
                scripts: site.scripts,
                kubectl: "kubectl",
                apiServer: "https://127.0.0.1:1",
                resolve: (address, port) => hostAt(site, address, port)?.listen,
                started: (which, unit) => {
                    started.push(`${which.name} ${unit}`);
                    return Promise.resolve("");
                },
            }),
    );
    await Promise.all(racks.map((rack) => rack.start()));
});

afterAll(() => {
    agent?.close();
    racks.forEach((rack) => {
        rack.refuseConnections();
    });
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
});

const connection = { host: "10.0.0.11", port: 22, user: "ops", hostKey: declaredKey, dialErrorLimit: 2 };
const run = (command: string, stdin = "", overrides = {}) =>
    runOnHost(environment, { ...connection, ...overrides }, command, stdin);

/** Settings under which a fresh machine passes. */
const expected = {
    EXPECT_GPUS: "8",
    EXPECT_PCIE_GENERATION: "5",
    EXPECT_NIC_DEVICES: "mlx5_0 mlx5_1",
    EXPECT_NIC_GBPS: "400",
    EXPECT_LINK_LAYER: "infiniband",
    EXPECT_DISK_GIB: "100",
};
const preflight = hostScript("preflight");
const runPreflight = () => run(launcher(preflight, "apply", expected, "ops"), `\n${preflight.text}`);

describe("a simulated host", () => {
    it("really runs a step in its own root, with the recorded answers of its machine type", async () => {
        const { code, stdout } = await runPreflight();
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ host: "gpu-001", status: "pass", failed: 0 });
        expect(readFileSync(hostPlaces(environment, "gpu-001").calls, "utf8")).toContain("nvidia-smi nvlink --status");
    });

    it("fails as a broken machine does, once an answer of its own says so", async () => {
        const answers = hostPlaces(environment, "gpu-001").answers;
        const file = join(answers, "dmesg", "default");
        mkdirSync(join(answers, "dmesg"), { recursive: true });
        writeFileSync(file, "[ 12.3] NVRM: Xid (PCI:0000:1b:00): 79, GPU has fallen off the bus.\n");
        const { code, stderr } = await runPreflight();
        rmSync(file);
        expect(code).toBe(1);
        expect(stderr.trim()).toBe("preflight: xid: expected none, found 79");
    });

    it("refuses a script that arrives changed", async () => {
        const { code, stderr } = await run(
            launcher(preflight, "apply", expected, "ops"),
            `\n${preflight.text}\ntouch /tmp/tampered\n`,
        );
        expect(code).toBe(9);
        expect(stderr).toContain("preflight arrived changed; refused");
    });

    it("refuses a command that would run on the user's machine", async () => {
        const { code, stderr } = await run("touch /tmp/kilogpu-escaped");
        expect(code).toBe(126);
        expect(stderr).toContain("gpu-001 does not run this command");
        expect(existsSync("/tmp/kilogpu-escaped")).toBe(false);
    });

    it("is not taken for the host where the program pins another key", async () => {
        await expect(run("true", "", { hostKey: otherKey })).rejects.toThrow(/host key mismatch: 10\.0\.0\.11/);
    });

    it("is found through the jump host alone, where the program has one", async () => {
        const proxy = { ...connection, host: "bastion.example" };
        const { stdout } = await run("cat /proc/cmdline", "", { proxy });
        expect(stdout).toContain("BOOT_IMAGE");
        await expect(run("true", "", { proxy: { ...proxy, hostKey: otherKey } })).rejects.toThrow(
            /^proxy: .*host key mismatch/,
        );
    });

    it("does not exist at an address that nobody declared", async () => {
        await expect(run("true", "", { host: "10.0.0.99" })).rejects.toThrow(
            /10\.0\.0\.99:22: no such host in the twin/,
        );
    });

    it("comes back from a reboot with what only a boot changes, and is waited for", async () => {
        const { root } = hostPlaces(environment, "gpu-001");
        mkdirSync(join(root, "etc/default/grub.d"), { recursive: true });
        writeFileSync(
            join(root, "etc/default/grub.d/90-kilogpu.cfg"),
            'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT iommu=pt"\n',
        );
        const before = readFileSync(join(root, "proc/sys/kernel/random/boot_id"), "utf8");
        started.length = 0;
        racks[0]?.refuseConnections();
        racks[0]?.reboot(0.3);
        const { stdout } = await run("cat /proc/cmdline", "", { dialErrorLimit: 30 });
        expect(stdout.trim().endsWith("iommu=pt")).toBe(true);
        expect(readFileSync(join(root, "proc/sys/kernel/random/boot_id"), "utf8")).not.toBe(before);
        expect(started).toEqual(["gpu-001 ssh"]);
    });
});

describe("the twin's ssh", () => {
    /** OpenSSH itself, through the file that stands first on the PATH of a twin's shell. */
    const ssh = (...args: string[]) => {
        const bin = join(home, "bin");
        mkdirSync(bin, { recursive: true });
        copyFileSync(packageFile("twin", "bare-metal", "commands", "ssh"), join(bin, "ssh"));
        chmodSync(join(bin, "ssh"), 0o755);
        const env = {
            ...process.env,
            KILOGPU_TWIN: environment,
            PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
        };
        return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
            const child = spawn(join(bin, "ssh"), args, { env, stdio: ["ignore", "pipe", "pipe"] });
            let [out, err] = ["", ""];
            child.stdout.on("data", (part: Buffer) => (out += part.toString()));
            child.stderr.on("data", (part: Buffer) => (err += part.toString()));
            child.on("close", (code) => {
                resolve({ code, out, err });
            });
        });
    };
    const present = spawnSync("ssh", ["-V"]).error === undefined;

    it.runIf(present)("reaches hosts at the inventory's addresses with the agent's key", async () => {
        const { code, out } = await ssh("-o", "BatchMode=yes", "ops@10.0.0.11", "cat /proc/swaps");
        expect(code).toBe(0);
        expect(out).toContain("Filename");
    });

    it.runIf(present)("holds hosts to the keys that a program pins", async () => {
        const pinned = (key: string): string => {
            const file = join(home, `known-${key.slice(-6)}`);
            writeFileSync(file, `10.0.0.11 ${key}\n`);
            return `UserKnownHostsFile=${file}`;
        };
        const options = ["-o", "BatchMode=yes"];
        expect((await ssh(...options, "-o", pinned(declaredKey), "ops@10.0.0.11", "true")).code).toBe(0);
        const wrong = await ssh(...options, "-o", pinned(otherKey), "ops@10.0.0.11", "true");
        expect(wrong.code).toBe(255);
        expect(wrong.err).toMatch(/host key|IDENTIFICATION HAS CHANGED/i);
    });
});

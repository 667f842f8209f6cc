/** What bare metal asks of the engine: connections, order, triggers, secrets; and what it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BareMetalCluster, BareMetalNodePool, rolloutStages } from "../../../components/bare-metal";
import type { BareMetalClusterArgs, BareMetalNodePoolArgs } from "../../../components/bare-metal";
import { FabricKind, GpuDirect } from "../../../components/fabric";
import { evaluate, messageOf, valueOf } from "../../support/mocks";
import { clusterArgs, hosts, key, poolArgs } from "./rack";

const answers = {
    computed: (_: string, name: string) => ({
        stdout: name.endsWith("-token")
            ? "K10planted-secret\n"
            : name.endsWith("-kubeconfig")
              ? "server: https://127.0.0.1:6443"
              : name.endsWith("-accept")
                ? '{"status":"pass"}'
                : "",
        stderr: "",
    }),
};
const cluster = (args: BareMetalClusterArgs) => evaluate(() => new BareMetalCluster("dc1", args), answers);
const pool = (args: BareMetalNodePoolArgs) => evaluate(() => new BareMetalNodePool("h100", args), answers);

describe("a control plane of three", () => {
    it("creates reset, runtime and join on each server, and reads token and kubeconfig once", async () => {
        const run = await cluster(clusterArgs);
        expect(run.custom.map((resource) => resource.name).sort()).toEqual(
            [1, 2, 3]
                .flatMap((index) => ["join", "reset", "runtime"].map((step) => `dc1-cp-${index}-${step}`))
                .concat(["dc1-kubeconfig", "dc1-token"])
                .sort(),
        );
    });

    it("grows by one server at a time", async () => {
        const run = await cluster(clusterArgs);
        const order = run.custom.map((resource) => resource.name);
        for (const index of [2, 3]) {
            const reset = run.named(`dc1-cp-${index}-reset`);
            expect(reset.dependencies.some((urn) => urn.endsWith(`dc1-cp-${index - 1}-join`))).toBe(true);
            expect(order.indexOf(`dc1-cp-${index}-reset`)).toBeGreaterThan(order.indexOf(`dc1-cp-${index - 1}-join`));
        }
    });

    it("gives a kubeconfig of the endpoint, secret, and keeps token and kubeconfig out of the log", async () => {
        const run = await cluster(clusterArgs);
        expect(await valueOf(run.result.kubeconfig)).toBe("server: https://k8s.example:6443");
        for (const name of ["dc1-token", "dc1-kubeconfig"]) {
            expect(run.named(name).inputs["logging"]).toBe("none");
            expect(run.named(name).additionalSecretOutputs).toContain("stdout");
        }
        expect(run.named("dc1-cp-2-join").secretInputs).toContain("stdin");
    });

    it("pins every connection to a host key and names no key or password", async () => {
        const run = await cluster({
            ...clusterArgs,
            ssh: { user: "ops", jumpHost: { host: "bastion.example", hostKey: key(7) } },
        });
        for (const resource of run.custom) {
            const connection = resource.inputs["connection"] as { [name: string]: unknown };
            expect(connection["hostKey"]).toMatch(/^ssh-ed25519 /);
            expect(connection["proxy"]).toMatchObject({ host: "bastion.example", user: "ops", hostKey: key(7) });
            expect(JSON.stringify(connection)).not.toMatch(/privateKey|password/i);
        }
        expect(run.named("dc1-cp-1-join").inputs["create"]).toContain("sudo -n env ");
    });
});

describe("a pool of hosts", () => {
    it("takes each host through all steps in order, the reset first so that on destroy it is last", async () => {
        const run = await pool({ ...poolArgs(2), scratch: { disks: 8 } });
        const steps = ["reset", "preflight", "tuning", "storage", "accept", "runtime", "join", "member"];
        expect(
            run.custom.filter((resource) => resource.name.startsWith("h100-gpu-001")).map((resource) => resource.name),
        ).toEqual(steps.map((step) => `h100-gpu-001-${step}`));
        steps.slice(1).forEach((step, index) => {
            const before = `h100-gpu-001-${steps[index] ?? ""}`;
            expect(run.named(`h100-gpu-001-${step}`).dependencies.some((urn) => urn.endsWith(before))).toBe(true);
        });
    });

    it("starts a stage only when the whole stage before is done, so that one failing host stops what comes after", async () => {
        const run = await pool(poolArgs(12));
        const waits = (host: string): string[] =>
            run
                .named(`h100-${host}-reset`)
                .dependencies.map((urn) => urn.split("::").at(-1) ?? "")
                .sort();
        expect(waits("gpu-001")).toEqual([]);
        expect(waits("gpu-003")).toEqual(["h100-gpu-001-member"]);
        expect(waits("gpu-007")).toEqual(["h100-gpu-002-member", "h100-gpu-003-member", "h100-gpu-004-member"]);
        expect(waits("gpu-009")).toEqual([
            "h100-gpu-005-member",
            "h100-gpu-006-member",
            "h100-gpu-007-member",
            "h100-gpu-008-member",
        ]);
    });

    it("never replaces a step that has a delete: a replacement would reset the node it has just made", async () => {
        const run = await pool(poolArgs(1));
        for (const resource of run.custom) {
            expect(resource.inputs["delete"] === undefined).toBe(resource.inputs["triggers"] !== undefined);
        }
        expect(run.custom.filter((resource) => resource.inputs["delete"] !== undefined)).toHaveLength(2);
    });

    it("puts the join token nowhere but into a secret standard input", async () => {
        const run = await pool(poolArgs(1));
        const carrying = run.custom.filter((resource) => JSON.stringify(resource.inputs).includes("planted-secret"));
        expect(carrying.map((resource) => resource.name)).toEqual(["h100-gpu-001-join"]);
        const { stdin, ...rest } = run.named("h100-gpu-001-join").inputs;
        expect(String(stdin).startsWith("K10planted-secret\n")).toBe(true);
        expect(JSON.stringify(rest)).not.toContain("planted-secret");
        expect(run.named("h100-gpu-001-join").secretInputs).toContain("stdin");
    });

    it("expects of a host what catalogue and inventory say, and labels its node by its cables", async () => {
        const run = await pool(poolArgs(1));
        const preflight = String(run.named("h100-gpu-001-preflight").inputs["create"]);
        expect(preflight).toContain("EXPECT_GPUS='8'");
        expect(preflight).toContain("EXPECT_NIC_DEVICES='mlx5_0 mlx5_1 mlx5_2 mlx5_3 mlx5_4 mlx5_5 mlx5_6 mlx5_7'");
        expect(preflight).toContain("EXPECT_LINK_LAYER='infiniband'");
        const member = run.named("h100-gpu-001-member").inputs;
        expect(member["create"]).toContain("topology.kilogpu.dev/rack=r01");
        expect(member["connection"]).toMatchObject({ host: "10.0.1.1" });
        expect(await valueOf(run.result.preflight)).toEqual({ "gpu-001": '{"status":"pass"}' });
    });

    it("judges a host again after tuning, by what tuning was to bring, before anything joins", async () => {
        const run = await pool({
            ...poolArgs(1),
            tuning: { hugepages: 4096, kernelArguments: ["iommu=pt", "pci=realloc=off"] },
            expect: { pkey: 1, allowAcs: true, clockOffsetSeconds: 0.5, gpuDirect: GpuDirect.Peermem },
        });
        const accept = String(run.named("h100-gpu-001-accept").inputs["create"]);
        const preflight = String(run.named("h100-gpu-001-preflight").inputs["create"]);
        for (const setting of [
            "TUNED='1'",
            "EXPECT_HUGEPAGES='4096'",
            "EXPECT_KERNEL_ARGUMENTS='iommu=pt pci=realloc=off'",
            "EXPECT_GPUDIRECT='peermem'",
        ]) {
            expect(accept).toContain(setting);
            expect(preflight).not.toContain(setting);
        }
        for (const setting of ["EXPECT_PKEY='0x8001'", "ACS_ALLOWED='1'", "MAX_CLOCK_OFFSET='0.5'"]) {
            expect(accept).toContain(setting);
            expect(preflight).toContain(setting);
        }
        expect(run.named("h100-gpu-001-tuning").inputs["create"]).toContain("PEERMEM='1'");
    });

    it("takes any way to GPU memory on x86, and loads no module that nobody asked for", async () => {
        const run = await pool(poolArgs(1));
        expect(run.named("h100-gpu-001-accept").inputs["create"]).toContain("EXPECT_GPUDIRECT='any'");
        expect(run.named("h100-gpu-001-tuning").inputs["create"]).not.toContain("PEERMEM");
    });

    it("sets the RDMA namespace mode by the fabric, before joining", async () => {
        const infiniband = await pool(poolArgs(1));
        expect(infiniband.named("h100-gpu-001-tuning").inputs["create"]).toContain("RDMA_NETNS='shared'");
        const roce = await pool({ ...poolArgs(1), fabric: FabricKind.Roce });
        expect(roce.named("h100-gpu-001-tuning").inputs["create"]).toContain("RDMA_NETNS='exclusive'");
    });

    it("starts RKE2 again where its registries change: it reads them only then", async () => {
        const mirrored = (args: BareMetalNodePoolArgs): BareMetalNodePoolArgs => ({
            ...args,
            cluster: { ...args.cluster, rke2: { ...args.cluster.rke2, registryMirror: "https://mirror.example" } },
        });
        const [plain, other] = [await pool(poolArgs(1)), await pool(mirrored(poolArgs(1)))];
        for (const step of ["runtime", "join"]) {
            const command = (run: typeof plain): unknown => run.named(`h100-gpu-001-${step}`).inputs["create"];
            expect(command(other), step).not.toEqual(command(plain));
        }
        const server = await cluster({
            ...clusterArgs,
            rke2: { ...clusterArgs.rke2, registryMirror: "https://mirror.example" },
        });
        expect(server.named("dc1-cp-1-join").inputs["create"]).toContain("REGISTRY_MIRROR='https://mirror.example'");
    });

    it("starts RKE2 again where its registries were changed by hand", async () => {
        const bin = mkdtempSync(join(tmpdir(), "kilogpu-ssh-"));
        writeFileSync(
            join(bin, "ssh"),
            '#!/bin/sh\ncase $* in *"runtime arrived changed"*) echo "differs: registries.yaml"; exit 3 ;; esac\n',
            { mode: 0o755 },
        );
        const before = process.env["PATH"];
        process.env["PATH"] = `${bin}${delimiter}${before ?? ""}`;
        try {
            const run = await pool({ ...poolArgs(1), detectDrift: true });
            const drift = (step: string): unknown =>
                (run.named(`h100-gpu-001-${step}`).inputs["triggers"] as string[])[1];
            expect(["tuning", "runtime", "join"].map(drift)).toEqual([
                "",
                "differs: registries.yaml",
                "differs: registries.yaml",
            ]);
        } finally {
            process.env["PATH"] = before;
            rmSync(bin, { recursive: true });
        }
    });

    it("gives the same record as a pool in a cloud", async () => {
        const run = await pool(poolArgs(8));
        expect(run.result.pool).toMatchObject({
            instanceType: "hgx-h100",
            nodes: 8,
            gpusPerNode: 8,
            fabric: "infiniband",
            capacityKind: "owned",
            zone: "dc1",
            topologyLevels: [
                "topology.kilogpu.dev/pod",
                "topology.kilogpu.dev/leaf",
                "topology.kilogpu.dev/rack",
                "kubernetes.io/hostname",
            ],
            topologyDomains: {
                "topology.kilogpu.dev/pod": { p1: 8 },
                "topology.kilogpu.dev/leaf": { "leaf-u1-r1": 8 },
                "topology.kilogpu.dev/rack": { r01: 4, r02: 4 },
            },
        });
        expect(await valueOf(run.result.pool.nodeGroupName)).toBe("h100");
    });
});

describe("stages", () => {
    const racksOf = (stage: { rack: string }[]): number => new Set(stage.map((host) => host.rack)).size;

    it("hold every host once, in order, never more racks than allowed and never more hosts than may be away", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 130 }),
                fc.integer({ min: 0, max: 5 }),
                fc.integer({ min: 1, max: 20 }),
                fc.integer({ min: 1, max: 5 }),
                (count, canaries, maxUnavailable, racks) => {
                    const stages = rolloutStages(hosts(count), { canaries, maxUnavailable, racks });
                    expect(stages.flat().map((host) => host.name)).toEqual(hosts(count).map((host) => host.name));
                    expect(stages.every((stage) => stage.length > 0)).toBe(true);
                    const later = canaries > 0 ? stages.slice(1) : stages;
                    expect(later.every((stage) => stage.length <= maxUnavailable)).toBe(true);
                    expect(later.every((stage) => racksOf(stage) <= racks)).toBe(true);
                    // Racks of four: one is only ever divided where a stage has no room for it.
                    const divided = later.filter((stage, index) => stage.at(-1)?.rack === later[index + 1]?.[0]?.rack);
                    expect(divided.length > 0 && maxUnavailable >= 4).toBe(false);
                },
            ),
        );
    });

    it("hold one rack where nobody says more, however many hosts may be away", () => {
        const sizes = (rollout: { maxUnavailable: number; racks?: number }): number[] =>
            rolloutStages(hosts(32), { canaries: 1, ...rollout }).map((stage) => stage.length);
        expect(sizes({ maxUnavailable: 16 })).toEqual([1, 3, 4, 4, 4, 4, 4, 4, 4]);
        expect(sizes({ maxUnavailable: 16, racks: 4 })).toEqual([1, 15, 16]);
        expect(sizes({ maxUnavailable: 10, racks: 4 })).toEqual([1, 7, 8, 8, 8]);
        expect(sizes({ maxUnavailable: 3, racks: 4 })).toEqual([1, 3, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    });
});

describe("mistakes", () => {
    it.each<[string, Partial<BareMetalNodePoolArgs>, RegExp]>([
        [
            "a host key that is missing",
            { hosts: hosts(1).map((host) => ({ ...host, hostKey: undefined })) },
            /hosts\[0\]\.hostKey: got nothing/,
        ],
        ["an unknown machine", { machineType: "hgx-h10" }, /Did you mean hgx-h100\?/],
        ["EFA in a rack", { fabric: FabricKind.Efa }, /fabric: got "efa"; hgx-h100 has no EFA interface/],
        [
            "a rail on the wrong leaf",
            {
                hosts: hosts(4).map((host, index) =>
                    index === 2
                        ? {
                              ...host,
                              nics: host.nics.map((nic) => (nic.rail === 1 ? { ...nic, leaf: "leaf-u1-r3" } : nic)),
                          }
                        : host,
                ),
            },
            /carries rail 2/,
        ],
        [
            "a host of another type",
            { hosts: hosts(2).map((host, index) => (index === 1 ? { ...host, machineType: "hgx-h200" } : host)) },
            /hosts\[1\]\.machineType: got "hgx-h200"/,
        ],
        [
            "two kernel arguments in one",
            { tuning: { kernelArguments: ["iommu=pt quiet"] } },
            /tuning\.kernelArguments\[0\]: got "iommu=pt quiet"; one argument each/,
        ],
        ["a partition that is none", { expect: { pkey: 0x7fff } }, /expect\.pkey: got 32767/],
        [
            "a way to GPU memory that is none",
            { expect: { gpuDirect: "gdr" as GpuDirect } },
            /expect\.gpuDirect: got "gdr"/,
        ],
        ["stages of nobody", { rollout: { maxUnavailable: 0 } }, /rollout\.maxUnavailable: got 0/],
        ["more scratch disks than the machine has", { scratch: { disks: 99 } }, /scratch\.disks: got 99/],
    ])("%s", (_, change, expected) => {
        expect(messageOf(() => new BareMetalNodePool("h100", { ...poolArgs(1), ...change }))).toMatch(expected);
    });

    it("a private key or password is refused whereever it is put, and its value is in no message", () => {
        const ssh = {
            user: "root",
            privateKey: "planted-secret",
            jumpHost: { host: "b", hostKey: key(1), password: "planted-secret" },
        };
        const message = messageOf(() => new BareMetalCluster("dc1", { ...clusterArgs, ssh }));
        expect(message).toMatch(/ssh\.privateKey: got a secret[\s\S]*ssh\.jumpHost\.password: got a secret/);
        expect(message).not.toContain("planted-secret");
    });

    it.each<[string, Partial<BareMetalClusterArgs>, RegExp]>([
        ["an even control plane", { servers: clusterArgs.servers.slice(0, 2) }, /servers: got 2; 1, 3, 5 or 7/],
        ["RKE2 of another minor", { rke2: { version: "v1.34.1+rke2r1", sha256: "a".repeat(64) } }, /rke2\.version/],
        ["an archive without hash", { rke2: { version: "v1.35.4+rke2r1", sha256: "abc" } }, /rke2\.sha256/],
        ["images without hash", { rke2: { ...clusterArgs.rke2, imagesUrl: "https://mirror/x" } }, /rke2\.imagesSha256/],
        ["a jump host without key", { ssh: { jumpHost: { host: "bastion", hostKey: "" } } }, /ssh\.jumpHost\.hostKey/],
    ])("%s", (_, change, expected) => {
        expect(messageOf(() => new BareMetalCluster("dc1", { ...clusterArgs, ...change }))).toMatch(expected);
    });
});

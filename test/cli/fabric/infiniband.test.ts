/** `kilogpu fabric check` on InfiniBand: links, subnet manager, partition, cables, and what NCCL is told. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { FabricCheck } from "../../../cli/fabric/check";
import type { Inventory } from "../../../components/inventory";
import { kilogpu } from "./command";
import { repository } from "./site";

let project = "";
let folder = "";
let host = "";

beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "kilogpu-ib-"));
    folder = join(project, "readings");
    mkdirSync(join(project, "stacks", "inventories"), { recursive: true });
    cpSync(join(repository, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    const read = (path: string): unknown => parse(readFileSync(join(repository, path), "utf8"));
    const inventory = read("stacks/inventories/onprem-ib.yaml") as Inventory;
    inventory.hosts = inventory.hosts.slice(0, 2);
    host = inventory.hosts[0]?.name ?? "";
    writeFileSync(join(project, "stacks/inventories/onprem-ib.yaml"), stringify(inventory));
    const stack = read("stacks/Pulumi.onprem-ib.yaml") as { config: { "kilogpu:site": { rack?: object } } };
    stack.config["kilogpu:site"].rack = { pkey: 5 };
    writeFileSync(join(project, "stacks/Pulumi.onprem-ib.yaml"), stringify(stack));
    for (const { name, nics } of inventory.hosts) {
        mkdirSync(join(folder, "hosts", name), { recursive: true });
        const lines = nics.flatMap(({ device }) => {
            const port = `/sys/class/infiniband/${device}/ports/1`;
            return [
                `${port}/state:4: ACTIVE`,
                `${port}/rate:400 Gb/sec (4X NDR)`,
                `${port}/link_layer:InfiniBand`,
                `${port}/sm_lid:0x1`,
                `${port}/pkeys/0:0x7fff`,
                `${port}/pkeys/1:0x8005`,
            ];
        });
        writeFileSync(join(folder, "hosts", name, "sysfs.txt"), `${lines.join("\n")}\n`);
    }
    const devices = inventory.hosts[0]?.nics.map(({ device }) => device).join(",") ?? "";
    mkdirSync(join(folder, "nccl"));
    writeFileSync(join(folder, "nccl", "gpt2-0.env"), `NCCL_IB_HCA==${devices}\nNCCL_IB_PKEY=1\n`);
});
afterAll(() => {
    rmSync(project, { recursive: true, force: true });
});

async function check(): Promise<{ code: number; result: FabricCheck }> {
    const ran = await kilogpu("fabric", "check", "onprem-ib", "--cwd", project, "--from", folder, "--json");
    return { code: ran.code, result: JSON.parse(ran.out) as FabricCheck };
}

describe("an InfiniBand fabric", () => {
    it("agrees where every port is up, managed and a full member of the partition", async () => {
        const { code, result } = await check();
        expect(result.disagreements).toEqual([]);
        expect(result.ports).toBe(16);
        expect(code).toBe(0);
    });

    it.each([
        ["a port without subnet manager", "mlx5_3/ports/1/sm_lid:0x1", "mlx5_3/ports/1/sm_lid:0x0", "subnet manager"],
        ["a limited member", "mlx5_2/ports/1/pkeys/1:0x8005", "mlx5_2/ports/1/pkeys/1:0x0005", "partition key"],
        ["another partition", "mlx5_2/ports/1/pkeys/1:0x8005", "mlx5_2/ports/1/pkeys/1:0x8006", "partition key"],
        ["a port that is down", "mlx5_0/ports/1/state:4: ACTIVE", "mlx5_0/ports/1/state:1: DOWN", "link state"],
        ["a port at half its rate", "mlx5_7/ports/1/rate:400", "mlx5_7/ports/1/rate:200", "speed, Gbit/s"],
        [
            "a port of Ethernet",
            "mlx5_7/ports/1/link_layer:InfiniBand",
            "mlx5_7/ports/1/link_layer:Ethernet",
            "link layer",
        ],
    ])("names %s", async (_, from, to, setting) => {
        const path = join(folder, "hosts", host, "sysfs.txt");
        const clean = readFileSync(path, "utf8");
        expect(clean).toContain(from);
        writeFileSync(path, clean.replace(from, to));
        try {
            const { code, result } = await check();
            expect(code).toBe(1);
            expect(result.disagreements).toHaveLength(1);
            expect(result.disagreements[0]).toMatchObject({ device: host, port: from.split("/")[0], setting });
            expect(result.disagreements[0]?.remedy).toMatch(/\S/);
        } finally {
            writeFileSync(path, clean);
        }
    });

    it.each([
        ["another partition", "NCCL_IB_PKEY=1", "NCCL_IB_PKEY=0", "Set NCCL_IB_PKEY=1"],
        ["other devices", "mlx5_7", "mlx5_8", "Set NCCL_IB_HCA="],
    ])("names a container that is told %s", async (_, from, to, remedy) => {
        const path = join(folder, "nccl", "gpt2-0.env");
        const clean = readFileSync(path, "utf8");
        writeFileSync(path, clean.replace(from, to));
        try {
            const { result } = await check();
            expect(result.disagreements.map((entry) => entry.device)).toEqual(["gpt2-0"]);
            expect(result.disagreements[0]?.remedy).toContain(remedy);
        } finally {
            writeFileSync(path, clean);
        }
    });
});

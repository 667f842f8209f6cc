/** Readings of the whole environment onprem-roce, as its hosts and switches would give them: 32 hosts, 8 leaves in three dialects, spines. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostCommands, roceQos } from "../../../components/quality-of-service";
import { readInventory } from "../../../components/inventory";
import { runOnHost } from "../../components/switches/host-model";
import { kilogpu } from "./command";

export const repository = join(__dirname, "..", "..", "..");
export const inventoryFile = join(repository, "stacks/inventories/onprem-roce.yaml");
export const inventory = readInventory("onprem-roce.yaml", readFileSync(inventoryFile, "utf8"));
export const qos = roceQos({ linkGbps: 400, bufferKib: 163840 });

/** Dialect of each leaf: a site of three vendors, so that one run meets all readers. */
const dialects = ["nvue", "sonic", "eos"];

/** Writes the readings and gives their folder. */
export async function readings(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "kilogpu-readings-"));
    for (const host of inventory.hosts) {
        const at = join(folder, "hosts", host.name);
        mkdirSync(at, { recursive: true });
        const sysfs: { [path: string]: string } = {};
        for (const nic of host.nics) {
            const port = { device: nic.device, netdev: nic.netdev ?? "" };
            const said = runOnHost(port, hostCommands(qos, port), qos.linkGbps);
            writeFileSync(join(at, `mlnx_qos-${port.netdev}.txt`), said.mlnxQos);
            writeFileSync(join(at, `cma_roce_tos-${port.device}.txt`), said.cmaTos ?? "");
            Object.assign(sysfs, said.sysfs);
        }
        writeFileSync(
            join(at, "sysfs.txt"),
            Object.entries(sysfs)
                .map(([path, value]) => `${path}:${value}\n`)
                .join(""),
        );
        const neighbours = host.nics.map((nic) => ({
            [nic.netdev ?? ""]: {
                chassis: { [`${nic.leaf}.dc2.example`]: { id: { type: "mac", value: "b0:cf:0e:00:00:01" } } },
                port: { id: { type: "ifname", value: `port-${String(nic.leafPort ?? 0)}` } },
            },
        }));
        writeFileSync(join(at, "lldp.json"), JSON.stringify({ lldp: { interface: neighbours } }));
    }
    mkdirSync(join(folder, "switches"));
    for (const [index, dialect] of dialects.entries()) {
        const out = mkdtempSync(join(tmpdir(), "kilogpu-rendered-"));
        const shape = ["--nodes", "32", "--unit", "32", "--switch", "SN5600"];
        await kilogpu("fabric", "render", ...shape, "--dialect", dialect, "--out", out);
        for (const file of readdirSync(out)) {
            const number = Number(/(\d+)\.\w+$/.exec(file)?.[1]);
            if (number % dialects.length === index) {
                cpSync(join(out, file), join(folder, "switches", file));
            }
        }
    }
    mkdirSync(join(folder, "nccl"));
    writeFileSync(
        join(folder, "nccl", "gpt2-node-0.env"),
        'PATH=/usr/bin\nNCCL_IB_HCA=mlx5\nNCCL_IB_GID_INDEX=3\nNCCL_IB_TC=106\nNCCL_IB_SL="3"\nNCCL_IB_TIMEOUT=22\n',
    );
    return folder;
}

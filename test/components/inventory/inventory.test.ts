/** Inventory: what is read from each format, and that each mistake is named with its path. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import {
    checkInventory,
    checkShape,
    inventoryFromCsv,
    inventoryFromNetBox,
    inventorySchema,
    kueueLevels,
    readInventory,
    topologyLabels,
} from "../../../components/inventory";
import type { Inventory, InventoryHost } from "../../../components/inventory";

const site = (nodes: number, unitNodes = 4): Inventory => ({
    name: "dc1",
    machineType: "hgx-h100",
    hosts: Array.from({ length: nodes }, (_, node): InventoryHost => {
        const unit = Math.floor(node / unitNodes) + 1;
        return {
            name: `gpu-${String(node + 1).padStart(3, "0")}`,
            address: `10.0.${Math.floor(node / 200)}.${(node % 200) + 10}`,
            bmc: `10.1.${Math.floor(node / 200)}.${(node % 200) + 10}`,
            rack: `r${Math.floor(node / 2) + 1}`,
            pod: "p1",
            nics: Array.from({ length: 8 }, (__, rail) => ({
                device: `mlx5_${rail}`,
                rail,
                leaf: `leaf-u${unit}-r${rail + 1}`,
                leafPort: (node % unitNodes) + 1,
            })),
        };
    }),
});

const changed = (change: (inventory: Inventory) => void, nodes = 8): Inventory => {
    const inventory = structuredClone(site(nodes));
    change(inventory);
    return inventory;
};
const host = (inventory: Inventory, index: number): InventoryHost => {
    const found = inventory.hosts[index];
    if (found === undefined) {
        throw new Error(`no host ${index}`);
    }
    return found;
};
const nic = (inventory: Inventory, index: number, place: number): InventoryHost["nics"][number] => {
    const found = host(inventory, index).nics[place];
    if (found === undefined) {
        throw new Error(`no NIC ${place}`);
    }
    return found;
};

describe("formats", () => {
    it("read the same inventory from YAML, JSON and CSV", () => {
        const inventory = site(8);
        expect(readInventory("dc1.yaml", stringify(inventory))).toEqual(inventory);
        expect(readInventory("dc1.json", JSON.stringify(inventory))).toEqual(inventory);
        const lines = inventory.hosts.flatMap((entry) =>
            entry.nics.map((port) =>
                [
                    entry.name,
                    entry.address,
                    entry.bmc,
                    entry.rack,
                    `"${entry.pod ?? ""}"`,
                    "hgx-h100",
                    port.device,
                    port.rail,
                    port.leaf,
                    port.leafPort,
                ].join(","),
            ),
        );
        const csv = ["host,address,bmc,rack,pod,machine_type,device,rail,leaf,leaf_port", ...lines].join("\n");
        const { machineType, ...rest } = inventory;
        expect(inventoryFromCsv("dc1.csv", "dc1", csv)).toEqual({
            ...rest,
            hosts: rest.hosts.map((entry) => ({ ...entry, machineType })),
        });
    });

    it("read NetBox's devices and interfaces, RDMA ports only", () => {
        const inventory = site(4);
        const imported = inventoryFromNetBox("netbox.json", "dc1", {
            devices: inventory.hosts
                .map((entry) => ({
                    name: entry.name,
                    rack: { name: entry.rack },
                    location: { name: "p1" },
                    primary_ip4: { address: `${entry.address}/24` },
                    oob_ip: { address: `${entry.bmc ?? ""}/24` },
                    device_type: { slug: "hgx-h100" },
                    custom_fields: {},
                }))
                .concat([{ ...emptyDevice, name: "leaf-u1-r1" }]),
            interfaces: inventory.hosts.flatMap((entry) => [
                { device: { name: entry.name }, name: "eno1", custom_fields: {}, connected_endpoints: null },
                ...entry.nics.map((port) => ({
                    device: { name: entry.name },
                    name: `ib${port.rail}`,
                    custom_fields: { rdma_device: port.device, rail: port.rail },
                    connected_endpoints: [{ device: { name: port.leaf }, name: `Port ${port.leafPort ?? 0}` }],
                })),
            ]),
        });
        expect(imported.hosts.map((entry) => entry.name)).toEqual(inventory.hosts.map((entry) => entry.name));
        expect(imported.hosts[0]?.nics[2]).toEqual({
            device: "mlx5_2",
            netdev: "ib2",
            rail: 2,
            leaf: "leaf-u1-r3",
            leafPort: 1,
        });
        expect(imported.hosts[0]).toMatchObject({ bmc: "10.1.0.10", rack: "r1", machineType: "hgx-h100" });
    });

    it("refuse a CSV whose lines of one host contradict one another, and columns that mean nothing", () => {
        const csv =
            "host,address,rack,device,rail,leaf,colour\ngpu-1,10.0.0.1,r1,mlx5_0,0,leaf-1,x\ngpu-1,10.0.0.2,r1,mlx5_1,1,leaf-2,x";
        expect(() => inventoryFromCsv("dc1.csv", "dc1", csv)).toThrow(
            /column "colour"[\s\S]*line 3: got address 10.0.0.2/,
        );
    });
});

const emptyDevice = {
    rack: { name: "r0" },
    location: { name: "p1" },
    primary_ip4: { address: "10.9.0.1/24" },
    oob_ip: { address: "10.9.1.1/24" },
    device_type: { slug: "qm9700" },
    custom_fields: {},
};

describe("schema", () => {
    const file = join(__dirname, "../../../components/inventory/inventory.schema.json");
    const validate = new Ajv({ strict: true }).compile(inventorySchema());

    it("for editors is the one that is generated", () => {
        expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(inventorySchema());
    });

    it("agrees with the check on what is legal, field by field", () => {
        const broken = fc.oneof(
            fc.constant(undefined),
            fc.constantFrom<unknown>("", "10.0.0.300", "UPPER CASE", -1, 1.5, "mlx5_0", "0x0002c903000e0b72", null, []),
            fc.string({ maxLength: 12 }),
            fc.integer({ min: -5, max: 2000 }),
        );
        const keys = ["name", "address", "bmc", "hostKey", "rack", "pod", "machineType", "nics", "colour"] as const;
        fc.assert(
            fc.property(fc.constantFrom(...keys), broken, (key, value) => {
                const inventory = JSON.parse(
                    JSON.stringify({ ...site(1), hosts: [{ ...host(site(1), 0), [key]: value }] }),
                ) as unknown;
                // `null` is how YAML writes an empty value: the check takes it for absent, the schema does not.
                fc.pre(value !== null);
                expect(checkShape(inventory).length === 0).toBe(validate(inventory));
            }),
            { numRuns: 400 },
        );
    });
});

describe("mistakes", () => {
    it.each<[string, (inventory: Inventory) => void, RegExp]>([
        [
            "host name twice",
            (i) => (host(i, 3).name = "gpu-001"),
            /^hosts\[3\]\.name: got "gpu-001"; hosts\[0\]\.name has the same host name/,
        ],
        ["address twice", (i) => (host(i, 3).address = "10.0.0.10"), /^hosts\[3\]\.address/],
        ["BMC on a host's address", (i) => (host(i, 3).bmc = "10.0.0.10"), /^hosts\[3\]\.bmc/],
        [
            "rail on the wrong leaf",
            (i) => (nic(i, 2, 1).leaf = "leaf-u1-r3"),
            /^hosts\[2\]\.nics\[1\]\.leaf: got "leaf-u1-r3" for rail 1 of gpu-003; leaf-u1-r3 carries rail 2/,
        ],
        ["missing rail", (i) => host(i, 5).nics.splice(4, 1), /^hosts\[5\]\.nics: got no rail 4 on gpu-006/],
        [
            "unknown NIC",
            (i) => (nic(i, 0, 0).model = "ConnectX-4"),
            /^hosts\[0\]\.nics\[0\]\.model: got "ConnectX-4"; compute NICs of hgx-h100 are ConnectX-7/,
        ],
        ["unknown machine", (i) => delete i.machineType, /^hosts\[0\]\.machineType: got nothing/],
        ["leaf port twice", (i) => (nic(i, 1, 0).leafPort = 1), /^hosts\[1\]\.nics\[0\]\.leafPort: got "leaf-u1-r1:1"/],
        ["a rail twice on one host", (i) => (nic(i, 1, 7).rail = 6), /^hosts\[1\]\.nics\[7\]\.rail/],
        [
            "a rail beyond the machine",
            (i) => (nic(i, 1, 7).rail = 8),
            /^hosts\[1\]\.nics\[7\]\.rail: got 8; hgx-h100 has rails 0 to 7/,
        ],
    ])("%s", (_, change, expected) => {
        const sentences = checkInventory(changed(change)).map(
            (problem) => `${problem.path}: got ${problem.got}; ${problem.legal}`,
        );
        expect(sentences.some((sentence) => expected.test(sentence))).toBe(true);
    });

    it("uneven leaves of one unit are named with the leaf that is short", () => {
        const problems = checkInventory(changed((inventory) => host(inventory, 1).nics.splice(7, 1)));
        expect(problems.some((problem) => problem.got === "3 ports on leaf-u1-r8")).toBe(true);
    });

    it("of a file are told together, with the file's name and the nearest key", () => {
        expect(() =>
            readInventory("dc1.yaml", "name: dc1\nhosts:\n- name: gpu-1\n  adress: 10.0.0.1\n  nics: []\n"),
        ).toThrow(/dc1\.yaml: hosts\[0\]\.adress:[\s\S]*Did you mean address\?[\s\S]*hosts\[0\]\.rack: got nothing/);
        expect(() => readInventory("dc1.yaml", "a: [")).toThrow(/^dc1\.yaml: text: got no YAML/);
    });
});

describe("levels", () => {
    it("run from the pod over leaf and rack to the host", () => {
        expect(kueueLevels(site(8))).toEqual([
            "topology.kilogpu.dev/pod",
            "topology.kilogpu.dev/leaf",
            "topology.kilogpu.dev/rack",
            "kubernetes.io/hostname",
        ]);
    });

    it("leave out a level that a node lacks, and racks that lie across leaf groups", () => {
        const partial = changed((inventory) => {
            delete host(inventory, 7).pod;
            host(inventory, 4).rack = "r1";
        });
        expect(kueueLevels(partial)).toEqual(["topology.kilogpu.dev/leaf", "kubernetes.io/hostname"]);
    });

    it("give all hosts of a unit one leaf group", () => {
        const labels = topologyLabels(site(8));
        const groups = new Set(Object.values(labels).map((entry) => entry["topology.kilogpu.dev/leaf"]));
        expect([...groups]).toEqual(["leaf-u1-r1", "leaf-u2-r1"]);
    });
});

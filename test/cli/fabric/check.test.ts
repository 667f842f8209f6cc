/** `kilogpu fabric check` on a whole environment: silent where all agree, and each planted disagreement named, with what mends it. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FabricCheck } from "../../../cli/fabric/check";
import { kilogpu } from "./command";
import { inventoryFile, readings, repository } from "./site";

let folder = "";
beforeAll(async () => {
    folder = await readings();
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

async function check(...flags: string[]): Promise<{ code: number; result: FabricCheck }> {
    const ran = await kilogpu(
        ...["fabric", "check", "onprem-roce", "--cwd", repository, "--from", folder, "--switch", "SN5600", "--json"],
        ...flags,
    );
    return { code: ran.code, result: JSON.parse(ran.out) as FabricCheck };
}

describe("readings of hosts and switches that agree", () => {
    it("of all 32 hosts, leaves, spines and a container are compared, and nothing is found", async () => {
        const { code, result } = await check();
        expect(result.disagreements).toEqual([]);
        expect(result.unread).toEqual([]);
        expect(result.strangers).toEqual([]);
        expect(code).toBe(0);
        // 256 host ports; 8 leaves with 32 ports down and 32 up; 4 spines of 64 ports or fewer of more.
        expect(result.devices).toBeGreaterThanOrEqual(32 + 8 + 2 + 1);
        expect(result.ports).toBeGreaterThanOrEqual(256 + 8 * 64 + 256);
    });

    it("are compared for an inventory and flags as for the environment", async () => {
        const ran = await kilogpu(
            ...["fabric", "check", inventoryFile, "--from", folder, "--switch", "SN5600"],
            ...["--dscp", "34", "--priority", "4"],
        );
        expect(ran.code).toBe(1);
        expect(ran.out).toContain("gpu-001 ens0np0, ens1np0");
        expect(ran.out).toContain("class of the data's DSCP: expected 4, found 0");
        expect(ran.out).toContain("mend: mlnx_qos -i ens0np0 --pfc 0,0,0,0,1,0,0,0");
    });
});

interface Planted {
    what: string;
    file: string;
    from: string | RegExp;
    to: string;
    /** Device, port and setting that must be named, and a part of the remedy. */
    device: string;
    port: string;
    setting: string;
    found: string;
    remedy: string;
}

const plant = (
    what: string,
    file: string,
    from: string | RegExp,
    to: string,
    named: [device: string, port: string, setting: string, found: string, remedy: string],
): Planted => ({
    what,
    file,
    from,
    to,
    device: named[0],
    port: named[1],
    setting: named[2],
    found: named[3],
    remedy: named[4],
});

const sysfs = "hosts/gpu-007/sysfs.txt";
// Leaf 3 and spine 3 speak NVUE, leaf 1 SONiC, leaf 2 EOS.
const planted: Planted[] = [
    plant("trust on PCP", "hosts/gpu-007/mlnx_qos-ens2np0.txt", "state: dscp", "state: pcp", [
        "gpu-007",
        "ens2np0",
        "trust",
        "pcp",
        "mlnx_qos -i ens2np0 --trust dscp",
    ]),
    plant("PFC on priority 4", "hosts/gpu-007/mlnx_qos-ens2np0.txt", "0   0   0   1   0", "0   0   0   0   1", [
        "gpu-007",
        "ens2np0",
        "lossless priorities",
        "4",
        "--pfc 0,0,0,1,0,0,0,0",
    ]),
    plant("the DSCP in another class", "hosts/gpu-007/mlnx_qos-ens2np0.txt", "27,26,25", "27,25", [
        "gpu-007",
        "ens2np0",
        "class of the data's DSCP",
        "none",
        "--dscp2prio set,26,3",
    ]),
    plant("ToS of rdma_cm", "hosts/gpu-007/cma_roce_tos-mlx5_4.txt", "106", "0", [
        "gpu-007",
        "ens4np0",
        "ToS byte of rdma_cm",
        "0",
        "cma_roce_tos -d mlx5_4 -t 106",
    ]),
    plant("ToS of the device", sysfs, "mlx5_5/tc/1/traffic_class:106", "mlx5_5/tc/1/traffic_class:Global tclass=96", [
        "gpu-007",
        "ens5np0",
        "ToS byte of RDMA",
        "96",
        "/sys/class/infiniband/mlx5_5/tc/1/traffic_class",
    ]),
    plant("MTU 1500 on a host", sysfs, "net/ens6np0/mtu:9000", "net/ens6np0/mtu:1500", [
        "gpu-007",
        "ens6np0",
        "MTU",
        "1500",
        "ip link set dev ens6np0 mtu 9000",
    ]),
    plant("a link at half its rate", sysfs, "mlx5_1/ports/1/rate:400 Gb/sec", "mlx5_1/ports/1/rate:200 Gb/sec", [
        "gpu-007",
        "ens1np0",
        "speed, Gbit/s",
        "200",
        "mlxlink -d mlx5_1",
    ]),
    plant("a port that is down", sysfs, "mlx5_0/ports/1/state:4: ACTIVE", "mlx5_0/ports/1/state:1: DOWN", [
        "gpu-007",
        "ens0np0",
        "link state",
        "DOWN",
        "transceiver of ens0np0",
    ]),
    plant(
        "RoCE v1 at the GID index",
        sysfs,
        "mlx5_3/ports/1/gid_attrs/types/3:RoCE v2",
        "mlx5_3/ports/1/gid_attrs/types/3:IB/RoCE v1",
        ["gpu-007", "ens3np0", "type of the address at the GID index", "IB/RoCE v1", "show_gids mlx5_3"],
    ),
    plant("reaction to CNP off", sysfs, "ens7np0/ecn/roce_rp/enable/3:1", "ens7np0/ecn/roce_rp/enable/3:0", [
        "gpu-007",
        "ens7np0",
        "reaction to notifications",
        "0",
        "roce_rp/enable/3",
    ]),
    plant("a cable on another rail's leaf", "hosts/gpu-007/lldp.json", '{"leaf-u1-r4.', '{"leaf-u1-r5.', [
        "gpu-007",
        "ens3np0",
        "other end of the cable",
        "leaf-u1-r5",
        "Move the cable of ens3np0 to leaf-u1-r4",
    ]),
    plant("NCCL without ToS", "nccl/gpt2-node-0.env", "NCCL_IB_TC=106\n", "", [
        "gpt2-node-0",
        "",
        "ToS byte of RDMA",
        "nothing",
        "NCCL_IB_TC=106",
    ]),
    plant("NCCL on all devices by exact name", "nccl/gpt2-node-0.env", "NCCL_IB_HCA=mlx5", "NCCL_IB_HCA==mlx5_0", [
        "gpt2-node-0",
        "",
        "RDMA devices of NCCL",
        "=mlx5_0",
        'NCCL_IB_HCA="mlx5"',
    ]),
    plant("NVUE trusts l2", "switches/leaf-u1-r3.yaml", "trust: l3", "trust: l2", [
        "leaf-u1-r3",
        "",
        "trust",
        "l2",
        "nv set qos mapping default-global trust l3",
    ]),
    plant("NVUE marks late", "switches/leaf-u1-r3.yaml", "min-threshold: 1600000", "min-threshold: 6000000", [
        "leaf-u1-r3",
        "",
        "ECN lower threshold, bytes",
        "6000000",
        "traffic-class 3 min-threshold 1600000",
    ]),
    plant("NVUE's uplink is slower", "switches/leaf-u1-r3.yaml", /(swp17s0:[\s\S]*?)speed: 400G/, "$1speed: 200G", [
        "leaf-u1-r3",
        "swp17s0",
        "speed, Gbit/s",
        "200",
        "nv set interface swp17s0 link speed 400G",
    ]),
    plant("SONiC pauses 4", "switches/leaf-u1-r1.json", '"pfc_enable": "3"', '"pfc_enable": "4"', [
        "leaf-u1-r1",
        "Ethernet0",
        "lossless priorities",
        "4",
        "HSET 'PORT_QOS_MAP|Ethernet0' pfc_enable 3",
    ]),
    plant("SONiC's other traffic is lossless", "switches/leaf-u1-r1.json", '"24": "0"', '"24": "3"', [
        "leaf-u1-r1",
        "Ethernet0",
        "other DSCPs in the lossless class",
        "24",
        "HSET 'DSCP_TO_TC_MAP|KILOGPU' 24 0",
    ]),
    plant("SONiC's watchdog is off", "switches/leaf-u1-r1.json", '"pfcwd_sw_enable": "3"', '"pfcwd_sw_enable": ""', [
        "leaf-u1-r1",
        "Ethernet0",
        "PFC watchdog",
        "off",
        "pfcwd start --action drop Ethernet0",
    ]),
    plant("EOS forgets a port's profile", "switches/leaf-u1-r2.conf", "   service-profile KILOGPU-ROCE\n", "", [
        "leaf-u1-r2",
        "Ethernet1/1",
        "trust",
        "none",
        "interface Ethernet1/1; service-profile KILOGPU-ROCE",
    ]),
    plant("EOS has MTU 1500 on a port", "switches/leaf-u1-r2.conf", "   mtu 9000\n", "   mtu 1500\n", [
        "leaf-u1-r2",
        "Ethernet1/1",
        "MTU",
        "1500",
        "interface Ethernet1/1; mtu 9000",
    ]),
    plant("a file of another switch", "switches/leaf-u1-r2.conf", "hostname leaf-u1-r2", "hostname leaf-u1-r5", [
        "leaf-u1-r2",
        "",
        "host name",
        "leaf-u1-r5",
        "Read leaf-u1-r2 again",
    ]),
];

describe("a planted disagreement", () => {
    it.each(planted)("$what is named with device, port and remedy", async (entry) => {
        const path = join(folder, entry.file);
        const clean = readFileSync(path, "utf8");
        const changed = clean.replace(entry.from, entry.to);
        expect(changed).not.toBe(clean);
        writeFileSync(path, changed);
        try {
            const { code, result } = await check();
            expect(code).toBe(1);
            expect(result.disagreements).toContainEqual(
                expect.objectContaining({
                    device: entry.device,
                    port: entry.port,
                    setting: entry.setting,
                    found: entry.found,
                    remedy: expect.stringContaining(entry.remedy) as string,
                }),
            );
            // Nobody else is blamed.
            expect([...new Set(result.disagreements.map(({ device }) => device))]).toEqual([entry.device]);
        } finally {
            writeFileSync(path, clean);
        }
    });
});

describe("readings that are missing, strange or broken", () => {
    it("fail the check by name unless --partial allows it, and never pass as agreement", async () => {
        const away = join(folder, "hosts-gpu-009");
        renameSync(join(folder, "hosts", "gpu-009"), away);
        rmSync(join(folder, "switches", "leaf-u1-r8.conf"));
        try {
            const { code, result } = await check();
            expect(code).toBe(3);
            expect(result.unread.map(({ path }) => path)).toEqual(["hosts/gpu-009", "switches/leaf-u1-r8"]);
            expect(result.strangers).toEqual(["hosts-gpu-009"]);
            expect((await check("--partial")).code).toBe(0);
        } finally {
            renameSync(away, join(folder, "hosts", "gpu-009"));
        }
    });

    it("name a file that is no configuration of any dialect", async () => {
        const path = join(folder, "switches", "leaf-u1-r1.json");
        const clean = readFileSync(path, "utf8");
        writeFileSync(path, "Permission denied (publickey).\n");
        try {
            const { result } = await check();
            expect(result.unread).toContainEqual({
                path: "switches/leaf-u1-r1.json",
                reason: "neither NVUE, SONiC nor EOS configuration",
            });
        } finally {
            writeFileSync(path, clean);
        }
    });

    it("refuse a folder without readings, an environment in AWS and an unknown switch, each with a sentence", async () => {
        const from = join(repository, "stacks");
        const none = await kilogpu("fabric", "check", "onprem-roce", "--cwd", repository, "--from", from);
        expect(none).toMatchObject({ code: 2, err: expect.stringContaining("hosts/, switches/ or nccl/") as string });
        const aws = await kilogpu("fabric", "check", "prod", "--cwd", repository, "--from", folder);
        expect(aws).toMatchObject({ code: 2, err: expect.stringContaining("an environment in racks") as string });
        const model = await kilogpu("fabric", "check", inventoryFile, "--from", folder, "--switch", "SN560");
        expect(model).toMatchObject({ code: 2, err: expect.stringContaining("SN5600") as string });
        expect(existsSync(from)).toBe(true);
    });
});

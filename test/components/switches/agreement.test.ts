/** Host, NCCL and three switch dialects agree for any settings, and whoever changes one of them is named. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
    checkRoceQos,
    ecnThresholds,
    hostCommands,
    ncclEnvironment,
    roceQos,
} from "../../../components/quality-of-service";
import type { RoceQos } from "../../../components/quality-of-service";
import {
    SwitchDialect,
    disagreementSentence,
    eosConfig,
    fabricDisagreements,
    nvueCommands,
    nvueStartup,
    observeEos,
    observeHost,
    observeNccl,
    observeNvue,
    observeSonic,
    sonicConfigFile,
    switchSpecs,
} from "../../../components/switches";
import type { Observation, SwitchSpec } from "../../../components/switches";
import { designFabric } from "../../../components/topology";
import { runOnHost } from "./host-model";

const hostPort = { device: "mlx5_0", netdev: "ens1np0" };
const plan = designFabric({ nodes: 8, gpusPerNode: 8, railsPerNode: 2, unitNodes: 4, leafSwitch: "SN5600" });
const leaf = (dialect: SwitchDialect): SwitchSpec => {
    const spec = switchSpecs(plan, dialect)[0];
    if (spec === undefined) {
        throw new Error("a design has a leaf");
    }
    return spec;
};

const settings = fc
    .record({
        dscp: fc.integer({ min: 0, max: 63 }),
        priority: fc.integer({ min: 0, max: 7 }),
        cnpDscp: fc.integer({ min: 0, max: 63 }),
        cnpPriority: fc.integer({ min: 0, max: 7 }),
        mtu: fc.integer({ min: 1500, max: 9216 }),
        linkGbps: fc.constantFrom(25, 100, 200, 400, 800),
        bufferKib: fc.constantFrom(16384, 65536, 116736, 163840),
        ecnProbability: fc.integer({ min: 1, max: 100 }),
    })
    .filter((args) => checkRoceQos(args).length === 0)
    .map(roceQos);

interface Texts {
    commands: string[];
    nccl: { [name: string]: string };
    nvue: string;
    sonic: string;
    eos: string;
}

const rendered = (qos: RoceQos): Texts => ({
    commands: hostCommands(qos, hostPort),
    nccl: ncclEnvironment(qos),
    nvue: nvueStartup(leaf(SwitchDialect.Nvue), qos),
    sonic: sonicConfigFile(leaf(SwitchDialect.Sonic), qos),
    eos: eosConfig(leaf(SwitchDialect.Eos), qos),
});

const observed = (qos: RoceQos, texts: Texts): Observation[] => [
    observeHost("node-0001", qos, [runOnHost(hostPort, texts.commands, qos.linkGbps)]),
    observeNccl("trainer", texts.nccl),
    observeNvue(leaf(SwitchDialect.Nvue), qos, texts.nvue),
    observeSonic(leaf(SwitchDialect.Sonic), qos, texts.sonic),
    observeEos(leaf(SwitchDialect.Eos), qos, texts.eos),
];

describe("agreement", () => {
    it("holds between host, NCCL, NVUE, SONiC and EOS for any DSCP, priority, speed and MTU", () => {
        fc.assert(
            fc.property(settings, (qos) => {
                expect(fabricDisagreements(qos, observed(qos, rendered(qos)))).toEqual([]);
            }),
            { numRuns: 150 },
        );
    });

    it("is lost on every device as soon as the object changes, so that the check can't pass by looking at nothing", () => {
        fc.assert(
            fc.property(settings, (qos) => {
                const other = roceQos({
                    ...qos,
                    dscp: (qos.dscp + 1) % 64 === qos.cnpDscp ? (qos.dscp + 2) % 64 : (qos.dscp + 1) % 64,
                    priority:
                        (qos.priority + 1) % 8 === qos.cnpPriority ? (qos.priority + 2) % 8 : (qos.priority + 1) % 8,
                });
                const devices = new Set(
                    fabricDisagreements(other, observed(other, rendered(qos))).map((entry) => entry.device),
                );
                expect(devices.has("node-0001") && devices.has("trainer") && devices.has("leaf-u1-r1")).toBe(true);
            }),
            { numRuns: 60 },
        );
    });

    it("is the same tree in NVUE's commands and its YAML", () => {
        const qos = roceQos({ linkGbps: 400, bufferKib: 163840 });
        const commands = nvueCommands(leaf(SwitchDialect.Nvue), qos);
        expect(commands).toContain("nv set qos mapping default-global dscp 26 switch-priority 3\n");
        expect(commands).toContain(
            "nv set qos congestion-control default-global traffic-class 3 min-threshold 1600000\n",
        );
        expect(commands).toContain("nv set qos pfc default-global switch-priority 3\n");
        expect(commands).toContain("nv set interface swp1s0 link mtu 9000\n");
        expect(commands.endsWith("nv config apply -y\n")).toBe(true);
    });
});

describe("planted disagreements", () => {
    const qos = roceQos({ linkGbps: 400, bufferKib: 163840 });
    const clean = rendered(qos);
    const edit = (text: string, from: string | RegExp, to: string): string => {
        const changed = text.replace(from, to);
        if (changed === text) {
            throw new Error(`nothing to plant: ${String(from)}`);
        }
        return changed;
    };
    const commands = (from: string | RegExp, to: string): Texts => ({
        ...clean,
        commands: edit(clean.commands.join("\n"), from, to).split("\n"),
    });

    const planted: [string, Texts, string][] = [
        ["host trusts PCP", commands("--trust dscp", "--trust pcp"), "node-0001 ens1np0: trust"],
        [
            "host pauses priority 4",
            commands("0,0,0,1,0,0,0,0", "0,0,0,0,1,0,0,0"),
            "node-0001 ens1np0: lossless priorities",
        ],
        [
            "host maps the DSCP elsewhere",
            commands("set,26,3", "set,26,0"),
            "node-0001 ens1np0: class of the data's DSCP",
        ],
        [
            "host's ToS is another",
            commands(/106 > (\S+traffic_class)/, "96 > $1"),
            "node-0001 ens1np0: ToS byte of RDMA",
        ],
        [
            "host sends CNP with DSCP 4",
            commands(/48 > (\S+cnp_dscp)/, "4 > $1"),
            "node-0001 ens1np0: DSCP of notifications",
        ],
        ["host's MTU is 1500", commands("mtu 9000", "mtu 1500"), "node-0001 ens1np0: MTU"],
        ["NCCL keeps ToS 0", { ...clean, nccl: { ...clean.nccl, NCCL_IB_TC: "0" } }, "trainer: ToS byte of RDMA"],
        ["NCCL takes GID 0", { ...clean, nccl: { ...clean.nccl, NCCL_IB_GID_INDEX: "0" } }, "trainer: GID index"],
        ["NVUE trusts l2", { ...clean, nvue: edit(clean.nvue, "trust: l3", "trust: l2") }, "leaf-u1-r1: trust"],
        [
            "NVUE marks late",
            { ...clean, nvue: edit(clean.nvue, "min-threshold: 1600000", "min-threshold: 6000000") },
            "leaf-u1-r1: ECN lower threshold",
        ],
        [
            "NVUE has no watchdog on a port",
            { ...clean, nvue: edit(clean.nvue, "state: enable\n", "state: disable\n") },
            "leaf-u1-r1 swp1s0: PFC watchdog",
        ],
        [
            "SONiC pauses 4 on a port",
            { ...clean, sonic: edit(clean.sonic, '"pfc_enable": "3"', '"pfc_enable": "4"') },
            "leaf-u1-r1 Ethernet0: lossless priorities",
        ],
        [
            "SONiC puts another DSCP into the lossless class",
            { ...clean, sonic: edit(clean.sonic, '"24": "0"', '"24": "3"') },
            "leaf-u1-r1 Ethernet0: other DSCPs in the lossless class",
        ],
        [
            "SONiC runs a port at 200G",
            { ...clean, sonic: edit(clean.sonic, '"speed": "400000"', '"speed": "200000"') },
            "leaf-u1-r1 Ethernet0: speed",
        ],
        [
            "EOS drops the lossless priority",
            { ...clean, eos: edit(clean.eos, "priority 3 no-drop", "priority 4 no-drop") },
            "leaf-u1-r1 Ethernet1/1: lossless priorities",
        ],
        [
            "EOS forgets a port's profile",
            { ...clean, eos: edit(clean.eos, "   service-profile KILOGPU-ROCE\n", "") },
            "leaf-u1-r1 Ethernet1/1: trust",
        ],
        [
            "EOS marks without limit",
            { ...clean, eos: edit(clean.eos, "max-mark-probability 20", "max-mark-probability 100") },
            "leaf-u1-r1 Ethernet1/1: marking probability",
        ],
        [
            "EOS maps the notifications elsewhere",
            { ...clean, eos: edit(clean.eos, "dscp 48 to traffic-class 6", "dscp 48 to traffic-class 0") },
            "leaf-u1-r1: class of the notifications' DSCP",
        ],
    ];

    it.each(planted)("%s", (_, texts, expected) => {
        const sentences = fabricDisagreements(qos, observed(qos, texts)).map(disagreementSentence);
        expect(sentences.length).toBeGreaterThan(0);
        expect(sentences[0]?.startsWith(expected)).toBe(true);
        // Nothing else is blamed than the device that was changed.
        expect(new Set(sentences.map((sentence) => sentence.split(/[ :]/)[0])).size).toBe(1);
    });

    it("names a cabled port that a switch doesn't mention at all", () => {
        const without = edit(clean.eos, /interface Ethernet1\/5\n(?: .*\n)+!\n/, "");
        const found = fabricDisagreements(qos, observed(qos, { ...clean, eos: without }));
        expect(found.map((entry) => entry.port)).toContain("Ethernet1/5");
        expect(found[0]).toMatchObject({ setting: "MTU", found: "nothing" });
    });
});

describe("ECN thresholds", () => {
    it("follow the link rate: 100 and 400 KB for each 25 Gbit/s", () => {
        expect(ecnThresholds(100, 163840)).toEqual({ minBytes: 400_000, maxBytes: 1_600_000 });
        expect(ecnThresholds(400, 163840)).toEqual({ minBytes: 1_600_000, maxBytes: 6_400_000 });
    });

    it("never mark later than PFC pauses, and start before they are full", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 1600 }), fc.integer({ min: 1024, max: 500_000 }), (gbps, kib) => {
                const { minBytes, maxBytes } = ecnThresholds(gbps, kib);
                expect(minBytes).toBeLessThan(maxBytes);
                expect(maxBytes).toBeLessThanOrEqual(Math.max(2000, (kib * 1024) / 9));
            }),
        );
    });

    it("refuse notifications in the data's own class", () => {
        const paths = checkRoceQos({ linkGbps: 400, bufferKib: 65536, dscp: 48, priority: 6 }).map(
            (problem) => problem.path,
        );
        expect(paths).toEqual(["cnpDscp", "cnpPriority"]);
    });
});

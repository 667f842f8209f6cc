/** OpenSM's files: what isolates tenants, and which mistakes are refused. */
import { describe, expect, it } from "vitest";
import { checkSubnetManager, opensmConf, partitionsConf, portName, SwitchDialect } from "../../../components/switches";

const guid = "0x0002c903000e0b72";

describe("partitions", () => {
    it("leave nodes limited members of the default partition and full members of their own", () => {
        const text = partitionsConf({ partitions: [{ name: "train", pkey: 0x11, guids: [guid] }], rootGuids: [] });
        expect(text.split("\n").slice(0, 2)).toEqual([
            "Default=0x7fff, ipoib : ALL=limited, ALL_SWITCHES=full, SELF=full;",
            `train=0x0011, ipoib, defmember=full : ${guid};`,
        ]);
    });

    it("leave everybody a full member where there are none", () => {
        expect(partitionsConf({ partitions: [], rootGuids: [] })).toContain("ALL=full");
    });

    it("are refused with a key twice, the default key, a GUID that is none or twice", () => {
        const problems = checkSubnetManager({
            partitions: [
                { name: "a", pkey: 5, guids: [guid, guid] },
                { name: "b", pkey: 5, guids: ["0x12"] },
                { name: "c", pkey: 0x7fff, guids: [] },
            ],
            rootGuids: [],
        });
        expect(problems.map((problem) => problem.path)).toEqual([
            "partitions[0].guids[1]",
            "partitions[1].pkey",
            "partitions[1].guids[0]",
            "partitions[2].pkey",
        ]);
    });

    it("come with adaptive routing on the tree, and SHARP only when asked for", () => {
        expect(opensmConf({ partitions: [], rootGuids: [] })).toMatch(/^routing_engine ar_ftree,ar_updn$/m);
        expect(opensmConf({ partitions: [], rootGuids: [] })).toMatch(/^sharp_enabled 0$/m);
        expect(opensmConf({ partitions: [], rootGuids: [], sharp: true })).toMatch(/^sharp_enabled 2$/m);
    });
});

it.each([
    [SwitchDialect.Nvue, 1, 1, "swp1"],
    [SwitchDialect.Nvue, 4, 2, "swp2s1"],
    [SwitchDialect.Sonic, 2, 1, "Ethernet8"],
    [SwitchDialect.Sonic, 4, 2, "Ethernet12"],
    [SwitchDialect.Eos, 3, 1, "Ethernet3/1"],
    [SwitchDialect.Eos, 4, 2, "Ethernet2/5"],
])("%s names port %i with %i links a cage %s", (dialect, port, perCage, name) => {
    expect(portName(dialect, port, perCage)).toBe(name);
});

/** The instance catalogue and the network interfaces derived from it. */
import { describe, expect, it } from "vitest";
import { findInstance, instance, instanceTypes, networkInterfaces, supportsEfa } from "../../catalog";

const every = instanceTypes().map((type) => instance(type));

/** EFA interfaces as AWS publishes them, written here a second time so that a slip in the data shows. */
const publishedEfa: { [type: string]: number } = {
    "p4d.24xlarge": 4,
    "p4de.24xlarge": 4,
    "p5.4xlarge": 1,
    "p5.48xlarge": 32,
    "p5e.48xlarge": 32,
    "p5en.48xlarge": 16,
    "p6-b200.48xlarge": 8,
    "p6-b300.48xlarge": 16,
    "p6e-gb200.36xlarge": 4,
    "g5.xlarge": 0,
    "g5.8xlarge": 1,
    "g5.48xlarge": 1,
    "g6.4xlarge": 0,
    "g6.48xlarge": 1,
    "g6e.12xlarge": 1,
    "g6e.24xlarge": 2,
    "g6e.48xlarge": 4,
    "g7e.4xlarge": 0,
    "g7e.24xlarge": 2,
    "g7e.48xlarge": 4,
};

describe("instance catalogue", () => {
    it("holds every size of the families that the library supports", () => {
        const sizes = new Map<string, number>();
        for (const { family } of every) {
            sizes.set(family, (sizes.get(family) ?? 0) + 1);
        }
        expect(Object.fromEntries(sizes)).toEqual({
            p4d: 1,
            p4de: 1,
            p5: 2,
            p5e: 1,
            p5en: 1,
            "p6-b200": 1,
            "p6-b300": 1,
            "p6e-gb200": 1,
            g5: 8,
            g6: 8,
            g6e: 8,
            g7e: 6,
        });
    });

    it("names each type once", () => {
        expect(new Set(instanceTypes()).size).toBe(instanceTypes().length);
    });

    it.each(every)("$type has a source with a date for each group of facts", (entry) => {
        const topics = Object.keys(entry.sources);
        expect(topics).toEqual(
            expect.arrayContaining(["shape", "cards", "efa", "gpu", "mig", "topology", "capacity", "ami"]),
        );
        for (const [topic, source] of Object.entries(entry.sources)) {
            expect(source.where, topic).toMatch(/https:\/\/|:|@/);
            expect(source.read ?? "", topic).toMatch(source.verified === false ? /^$/ : /^\d{4}-\d{2}-\d{2}$/);
        }
        // A figure that cannot be derived needs a source of its own.
        expect("nccl" in entry.sources).toBe(entry.ncclBusBandwidthGBs !== undefined);
        expect("pcie" in entry.sources).toBe(entry.pcieGeneration !== undefined);
    });

    it.each(every)("$type is consistent in itself", (entry) => {
        const [family, size] = entry.type.split(".");
        expect(family).toBe(entry.family);
        expect(size).toBeDefined();
        expect(entry.gpus.count).toBeGreaterThan(0);
        expect(entry.vcpus).toBeGreaterThan(0);
        expect(entry.memoryGib / entry.vcpus).toBeGreaterThanOrEqual(4);
        expect(entry.amiType).toBe(entry.cpuArchitecture === "arm64" ? "AL2023_ARM_64_NVIDIA" : "AL2023_x86_64_NVIDIA");
        expect(entry.nvme.disks > 0).toBe(entry.nvme.sizeGb > 0);
        expect([1, 8, 72]).toContain(entry.nvlinkDomainGpus);
        expect([0, 3, 4]).toContain(entry.topologyLayers);
        expect(entry.capacityKinds.length).toBeGreaterThan(0);
        expect(entry.hugepages2Mi > 0).toBe(supportsEfa(entry) && entry.cpuArchitecture === "x86_64");
    });

    it.each(every)("$type has cards that carry what it claims", ({ network }) => {
        const indices = network.cards.map((card) => card.index);
        expect(new Set(indices).size).toBe(indices.length);
        expect(indices).toContain(0);
        expect(network.cards.find((card) => card.index === 0)?.carries).not.toBe("efa");
        expect(Math.max(...indices)).toBeLessThan(network.maximumCards);
        const efaCards = network.cards.filter((card) => card.carries !== "ena");
        expect(efaCards).toHaveLength(network.efaInterfaces);
        expect(efaCards.reduce((sum, card) => sum + card.gbps, 0)).toBe(network.efaGbps);
    });

    it("agrees with the published number of EFA interfaces", () => {
        for (const [type, efa] of Object.entries(publishedEfa)) {
            expect(instance(type).network.efaInterfaces, type).toBe(efa);
        }
    });

    it("has four topology layers on p6-b200 and p6-b300 alone, and none where EC2 reports no topology", () => {
        const layers = (count: number) => every.filter((e) => e.topologyLayers === count).map((e) => e.type);
        expect(layers(4)).toEqual(["p6-b200.48xlarge", "p6-b300.48xlarge"]);
        expect(layers(0).every((type) => /^(g5|g6)\.|^p5\.4xlarge$/.test(type))).toBe(true);
    });

    it("offers MIG on the GPUs that have it and on no other", () => {
        const withMig = new Set(every.filter((e) => e.gpus.migProfiles.length > 0).map((e) => e.family));
        expect([...withMig].sort()).toEqual([
            "g7e",
            "p4d",
            "p4de",
            "p5",
            "p5e",
            "p5en",
            "p6-b200",
            "p6-b300",
            "p6e-gb200",
        ]);
    });
});

describe("MIG profiles", () => {
    it.each(every)("of $type have a number of instances, and those fit on the GPU", ({ gpus }) => {
        expect(Object.keys(gpus.migInstances)).toEqual(gpus.migProfiles);
        for (const [profile, instances] of Object.entries(gpus.migInstances)) {
            const [slices = 0, gigabytes = 0] = (/^(\d)g\.(\d+)gb/.exec(profile) ?? []).slice(1).map(Number);
            expect(instances * slices, profile).toBeLessThanOrEqual(7);
            // Profiles are named by rounded-up memory: a share of the slices that NVIDIA rounds by one gigabyte at most.
            expect(instances * (gigabytes - 1), profile).toBeLessThanOrEqual(gpus.memoryGib * 1.05);
        }
    });

    it("of 1g.10gb are four on an A100 of 40 GB and seven on one of 80 GB", () => {
        expect(instance("p4d.24xlarge").gpus.migInstances["1g.10gb"]).toBe(4);
        expect(instance("p4de.24xlarge").gpus.migInstances["1g.10gb"]).toBe(7);
    });
});

describe("network interfaces", () => {
    it.each(every.filter(supportsEfa))("of $type with EFA are what a launch template accepts", (entry) => {
        const layout = networkInterfaces(entry, { efa: true });
        const slots = layout.map((i) => `${i.networkCardIndex.toString()}/${i.deviceIndex.toString()}`);
        expect(new Set(slots).size).toBe(slots.length);
        expect(layout.filter((i) => i.interfaceType === "efa-only")).toHaveLength(entry.network.efaInterfaces);
        expect(layout.filter((i) => i.interfaceType === "interface")).toEqual([
            { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
        ]);
        expect(layout[0]?.interfaceType).toBe("interface");
        expect(layout.every((i) => i.networkCardIndex < entry.network.maximumCards)).toBe(true);
        if (entry.network.maximumInterfaces !== undefined) {
            expect(layout.length).toBeLessThanOrEqual(entry.network.maximumInterfaces);
        }
    });

    it("put EFA on device 1 of card 0 where card 0 carries EFA", () => {
        const layout = networkInterfaces(instance("p5en.48xlarge"), { efa: true });
        expect(layout).toHaveLength(17);
        expect(layout[1]).toEqual({ networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" });
        expect(layout.slice(2).every((i) => i.deviceIndex === 0)).toBe(true);
    });

    it("leave card 0 of p6-b300 to ENA and use cards 1 to 16", () => {
        const layout = networkInterfaces(instance("p6-b300.48xlarge"), { efa: true });
        expect(layout.filter((i) => i.networkCardIndex === 0)).toHaveLength(1);
        expect(layout.slice(1).map((i) => [i.networkCardIndex, i.deviceIndex])).toEqual(
            Array.from({ length: 16 }, (_, index) => [index + 1, 0]),
        );
    });

    it("use cards 1, 5, 9 and 13 of p6e-gb200, all at device 0", () => {
        const layout = networkInterfaces(instance("p6e-gb200.36xlarge"), { efa: true });
        expect(layout.map((i) => i.networkCardIndex)).toEqual([0, 1, 5, 9, 13]);
        expect(layout.every((i) => i.deviceIndex === 0)).toBe(true);
    });

    it("without EFA are the primary interface alone", () => {
        for (const entry of every) {
            expect(networkInterfaces(entry, { efa: false })).toEqual([
                { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
            ]);
        }
    });

    it("refuse EFA where there is none and name the sizes that have it", () => {
        expect(() => networkInterfaces(instance("g6.xlarge"), { efa: true })).toThrow(
            "g6.xlarge has no EFA interface. In its family, EFA is on g6.8xlarge, g6.12xlarge, g6.16xlarge, g6.24xlarge, g6.48xlarge.",
        );
    });
});

describe("looking an instance type up", () => {
    it("tells what was meant", () => {
        expect(() => instance("p5.48xlrge")).toThrow("unknown instance type p5.48xlrge, did you mean p5.48xlarge?");
        expect(() => instance("P5EN.48XLARGE")).toThrow("did you mean p5en.48xlarge?");
    });

    it("suggests nothing where nothing is near", () => {
        expect(() => instance("quantum")).toThrow(/^unknown instance type quantum$/);
    });

    it("is undefined with findInstance", () => {
        expect(findInstance("p5.48xlrge")).toBeUndefined();
        expect(findInstance("p5.48xlarge")?.gpus.count).toBe(8);
    });
});

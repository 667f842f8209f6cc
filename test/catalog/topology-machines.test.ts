/** Label names, regions and zones; bare-metal machines. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
    computeNics,
    computePorts,
    findMachine,
    instance,
    instanceTopologyLevels,
    instanceTypes,
    machine,
    machineTypes,
    networkLayerLabel,
    region,
    regionNames,
    regionOfZone,
    topologyLevels,
    zoneNames,
} from "../../catalog";
import type { InstanceType } from "../../catalog";

describe("topology levels", () => {
    it("go from the widest layer to the node", () => {
        expect(topologyLevels(3)).toEqual([
            "topology.k8s.aws/network-node-layer-1",
            "topology.k8s.aws/network-node-layer-2",
            "topology.k8s.aws/network-node-layer-3",
            "kubernetes.io/hostname",
        ]);
        expect(topologyLevels(0)).toEqual(["kubernetes.io/hostname"]);
    });

    it("are as many as the type has layers, and the node itself", () => {
        for (const type of instanceTypes()) {
            expect(instanceTopologyLevels(type)).toHaveLength(instance(type).topologyLayers + 1);
        }
        expect(instanceTopologyLevels("p6-b300.48xlarge")).toContain(networkLayerLabel(4));
    });
});

describe("regions and zones", () => {
    it("have distinct names, two zones at least and a source", () => {
        expect(new Set(regionNames()).size).toBe(regionNames().length);
        for (const name of regionNames()) {
            expect(region(name).zones.length).toBeGreaterThanOrEqual(2);
            expect(region(name).source.where).toMatch(/^https:/);
        }
    });

    it("find the region of any of their zones", () => {
        fc.assert(
            fc.property(fc.constantFrom(...regionNames()), fc.nat(), (name, pick) => {
                const zones = zoneNames(name);
                expect(regionOfZone(zones[pick % zones.length] ?? "")).toBe(name);
            }),
        );
    });

    it("know the Local Zone that sells p6e-gb200", () => {
        expect(regionOfZone("us-east-1-dfw-2a")).toBe("us-east-1");
    });

    it("do not take a zone's name for another region's", () => {
        expect(regionOfZone("us-east-2z")).toBeUndefined();
        expect(regionOfZone("us-east-2")).toBeUndefined();
        expect(regionOfZone("")).toBeUndefined();
    });

    it("tell what was meant", () => {
        expect(() => region("us-est-1")).toThrow("unknown AWS region us-est-1, did you mean us-east-1?");
        expect(() => zoneNames("us-est-1")).toThrow("did you mean us-east-1?");
    });
});

describe("bare-metal machines", () => {
    it.each(machineTypes().map((type) => machine(type)))(
        "$type has one compute port for each GPU and a source",
        (entry) => {
            expect(computePorts(entry)).toBe(entry.gpus.count);
            for (const nic of entry.nics) {
                expect(nic.pciVendor).toBe("15b3");
                expect(nic.pciDevice).toMatch(/^[0-9a-f]{4}$/);
                expect(nic.linkTypes.length).toBeGreaterThan(0);
            }
            expect(Object.keys(entry.sources)).toEqual(expect.arrayContaining(["shape", "gpu", "pci"]));
        },
    );

    it("give one PCI id to one NIC model", () => {
        const ids = new Map<string, string>();
        for (const nic of machineTypes().flatMap((type) => machine(type).nics)) {
            expect(ids.get(nic.model) ?? nic.pciDevice).toBe(nic.pciDevice);
            ids.set(nic.model, nic.pciDevice);
        }
        expect(ids.get("ConnectX-7")).toBe("1021");
    });

    it("have the GPU facts of the instance types with the same GPU", () => {
        const perGpu = ({ model, memoryGib, architecture, migInstances, bf16Tflops }: InstanceType["gpus"]) => ({
            model,
            memoryGib,
            architecture,
            migInstances,
            bf16Tflops,
        });
        const cloud = new Map(instanceTypes().map((type) => [instance(type).gpus.model, perGpu(instance(type).gpus)]));
        for (const type of machineTypes()) {
            const gpus = perGpu(machine(type).gpus);
            expect(gpus, type).toEqual(cloud.get(gpus.model));
        }
    });

    it("keep storage NICs out of the training fabric", () => {
        const dgx = machine("dgx-h100");
        expect(computeNics(dgx).every((nic) => nic.role === "compute")).toBe(true);
        expect(computePorts(dgx)).toBe(8);
        expect(dgx.nics.reduce((sum, nic) => sum + nic.count, 0)).toBeGreaterThan(8);
    });

    it("tell what was meant", () => {
        expect(() => machine("hgx-h10")).toThrow("unknown machine type hgx-h10, did you mean hgx-h100?");
        expect(findMachine("hgx-h10")).toBeUndefined();
    });
});

/**
 * Objects of every mode of a rack's fabric. NetworkAttachmentDefinition has its CRD in a Go module. Those of NVIDIA's network operator and the SR-IOV
 * operator are in no registry: `KILOGPU_CRDS` names a folder with them (`helm show crds`, and the two that the operator brings itself), and
 * then every object is judged.
 */
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { SchemaSet } from "../../cli/doctor/strict-schema";
import { bareMetalFacts } from "../../components/bare-metal";
import {
    FabricKind,
    FabricMode,
    NetworkDriver,
    SecondaryNetwork,
    fabricObjects,
    nicClusterPolicy,
    rackFabric,
} from "../../components/fabric";
import type { FabricObject, RackFabricArgs } from "../../components/fabric";
import { poolArgs } from "../components/bare-metal/rack";
import { pinnedModule } from "../support/go-modules";

const interfaces = Array.from({ length: 8 }, (_, rail) => `ens${String(rail)}np0`);
const folder = process.env["KILOGPU_CRDS"] ?? "";

function objectsOf(kind: FabricKind, machineType: string, rack: RackFabricArgs): FabricObject[] {
    const pool = { ...bareMetalFacts("pool", { ...poolArgs(8), fabric: kind, machineType }), nodeGroupName: "pool" };
    const fabric = rackFabric(kind, [pool], { interfaces, ...rack });
    return [nicClusterPolicy(fabric), ...fabricObjects(fabric)];
}

const all = [FabricKind.Infiniband, FabricKind.Roce].flatMap((kind) =>
    ["hgx-h100", "hgx-b200"].flatMap((machineType) =>
        Object.values(FabricMode).flatMap((mode) =>
            Object.values(NetworkDriver).flatMap((driver) => [
                ...objectsOf(kind, machineType, { mode, driver }),
                ...(kind === FabricKind.Roce
                    ? objectsOf(kind, machineType, { mode, driver, switchBufferKib: 163840 })
                    : objectsOf(kind, machineType, { mode, driver, pkey: 5, ufmSecret: "ufm" })),
                ...(mode === FabricMode.SharedDevice
                    ? objectsOf(kind, machineType, {
                          mode,
                          driver,
                          secondaryNetwork:
                              kind === FabricKind.Roce ? SecondaryNetwork.Macvlan : SecondaryNetwork.Ipoib,
                      })
                    : []),
            ]),
        ),
    ),
);

const judged = (set: SchemaSet, objects: FabricObject[]): string[] => [
    ...new Set(objects.flatMap((object) => set.violations({ ...object }, `${object.kind} ${object.metadata.name}`))),
];

describe("objects of a rack's fabric", () => {
    it("are of every kind that the modes need", () => {
        expect([...new Set(all.map(({ kind }) => kind))].sort()).toEqual([
            "HostDeviceNetwork",
            "IPPool",
            "IPoIBNetwork",
            "MacvlanNetwork",
            "NetworkAttachmentDefinition",
            "NicClusterPolicy",
            "NicConfigurationTemplate",
            "SriovIBNetwork",
            "SriovNetwork",
            "SriovNetworkNodePolicy",
        ]);
    });

    it("attach pods as the CRD of network attachments takes it, strictly", () => {
        const set = new SchemaSet("").addCrds(
            path.join(pinnedModule("network-attachment-module"), "artifacts", "networks-crd.yaml"),
        );
        const attachments = all.filter(({ kind }) => kind === "NetworkAttachmentDefinition");
        expect(attachments.length).toBeGreaterThan(0);
        expect(judged(set, attachments)).toEqual([]);
        expect(judged(set, [{ ...(attachments[0] as FabricObject), spec: { conf: "" } }])[0]).toMatch(/unknown field/);
    });

    it.skipIf(folder === "")("are what the CRDs in KILOGPU_CRDS take, strictly", () => {
        const set = new SchemaSet("").addCrds(folder);
        expect(judged(set, all)).toEqual([]);
    });
});

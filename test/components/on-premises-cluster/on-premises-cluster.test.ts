import { describe, expect, it } from "vitest";
import { FabricKind } from "../../../components/fabric";
import { OnPremisesCluster, checkOnPremisesCluster } from "../../../components/on-premises-cluster";
import type { OnPremisesClusterArgs, SiteArgs } from "../../../components/on-premises-cluster";
import { evaluate } from "../../support/mocks";
import { clusterArgs, hosts } from "../bare-metal/rack";

const site: SiteArgs = {
    name: "dc1",
    machineType: "hgx-h100",
    hosts: hosts(8),
    servers: clusterArgs.servers,
    kubernetesVersion: "1.35",
    rke2: clusterArgs.rke2,
    fabric: FabricKind.Infiniband,
};
const args = (changes: Partial<SiteArgs> = {}): OnPremisesClusterArgs => ({
    environment: "rack",
    site: { ...site, ...changes },
    teams: [{ name: "research", gpus: 64 }],
});
const paths = (changes: Partial<SiteArgs>): string[] => checkOnPremisesCluster(args(changes)).map(({ path }) => path);

describe("OnPremisesCluster", () => {
    it("takes a rack through the whole library", async () => {
        const run = await evaluate(() => new OnPremisesCluster("train", args()), {
            computed: () => ({ stdout: "answer" }),
        });
        const types = run.inventory().map((line) => line.split(" ")[0]);
        expect(types.filter((type) => type === "command:remote:Command").length).toBeGreaterThan(8 * 5);
        expect(types).toContain("kubernetes:mellanox.com/v1alpha1:NicClusterPolicy");
        expect(types.some((type) => type?.endsWith(":ClusterQueue"))).toBe(true);
        expect(types.some((type) => type?.endsWith(":ClusterTrainingRuntime"))).toBe(true);
    });

    it("names each mistake where the user wrote it", () => {
        expect(paths({})).toEqual([]);
        expect(paths({ servers: clusterArgs.servers.slice(1) })).toEqual(["site.servers"]);
        expect(paths({ fabric: FabricKind.Roce })).toEqual(["site.rack.interfaces"]);
        expect(paths({ rke2: { ...site.rke2, sha256: "" } })).toEqual(["site.rke2.sha256"]);
        expect(paths({ costs: { hostUsd: -1, hostWatts: 1, usdPerKwh: 1 } })).toEqual(["site.costs.hostUsd"]);
    });

    it("names mistakes in what runs on the rack as TrainingCluster does", () => {
        const told = (changes: Partial<OnPremisesClusterArgs>): string[] =>
            checkOnPremisesCluster({ ...args(), ...changes }).map(({ path }) => path);
        const job = { name: "gpt2", team: "research", nodes: 2, script: "pass" };
        expect(told({ environment: "Rack 1" })).toEqual(["environment"]);
        expect(told({ jobs: [job, { ...job, nodes: 1 }] })).toEqual(["jobs[1].name"]);
        expect(told({ jobs: [{ ...job, nodes: 9 }] })).toEqual(["jobs[0].nodes"]);
        expect(told({ chartValues: { "network-operater": {} } })).toEqual(['chartValues["network-operater"]']);
        expect(told({ chartValues: { kueue: { controllerManger: {} } } })).toEqual([
            'chartValues["kueue"].controllerManger',
        ]);
        expect(told({ training: { maxRestarts: -1 } })).toEqual(["training.maxRestarts"]);
        expect(told({ monitoring: { retentionDays: 0, storageClass: "site" } })).toEqual(["monitoring.retentionDays"]);
        expect(told({ monitoring: {} })).toEqual(["monitoring.storageClass"]);
        expect(told({ monitoring: { storageClass: "site", managedPrometheus: true } })).toEqual([
            "monitoring.managedPrometheus",
        ]);
        expect(told({ budget: { hourlyUsd: 0 } })).toEqual(["budget.hourlyUsd"]);
    });
});

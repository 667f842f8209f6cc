/** What a change to a site does to its hosts: reboots, restarts of RKE2, and how many hosts in how many stages. */
import { describe, expect, it } from "vitest";
import { comparePlans, type PlanDifference } from "../../cli/plan/compare";
import type { Plan, PlannedPool, PlannedResource } from "../../cli/plan/contract";
import { renderDifference, renderMarkdown } from "../../cli/plan/render-difference";
import type { Json } from "../../cli/plan/values";
import { launcher, type ScriptName } from "../../components/bare-metal/scripts";

const POOL = "urn:pool";
const CLUSTER = "urn:cluster";

interface Site {
    hosts?: number;
    tuning?: { [name: string]: string };
    join?: { [name: string]: string };
    /** Hash of the tuning script. */
    script?: string;
    rollout?: { [key: string]: number };
}

function command(parent: string, name: string, script: ScriptName, settings: object, sha256 = "0"): PlannedResource {
    return {
        urn: `urn:${name}`,
        type: "command:remote:Command",
        name,
        parent,
        custom: true,
        inputs: {
            create: launcher({ name: script, text: "", sha256 }, "apply", { ...settings }, "ops"),
            triggers: [sha256, ""],
        },
        dependencies: [],
        propertyDependencies: {},
        protect: false,
    };
}

function component(urn: string, type: string, name: string, inputs: { [key: string]: Json }): PlannedResource {
    return {
        urn,
        type: `kilogpu:index:${type}`,
        name,
        parent: null,
        custom: false,
        inputs,
        dependencies: [],
        propertyDependencies: {},
        protect: false,
    };
}

/** A rack of eight hosts, four to a rack, and three servers. */
function site({ hosts: count = 8, tuning = {}, join = {}, script = "0", rollout = {} }: Site = {}): Plan {
    const hosts = Array.from({ length: count }, (_, index) => ({
        name: `gpu-${String(index + 1)}`,
        rack: `r${String(Math.floor(index / 4))}`,
    }));
    const pool = { name: "h200", urn: POOL, nodes: count, gpus: count * 8 } as PlannedPool;
    return {
        resources: [
            component(CLUSTER, "BareMetalCluster", "dc", {}),
            ...[1, 2, 3].map((server) =>
                command(CLUSTER, `dc-cp-${String(server)}-join`, "join", { RKE2_VERSION: "v1", ...join }),
            ),
            component(POOL, "BareMetalNodePool", "h200", { hosts, rollout }),
            ...hosts.flatMap(({ name }) => [
                command(
                    POOL,
                    `h200-${name}-tuning`,
                    "tuning",
                    { HUGEPAGES: "1", KERNEL_ARGUMENTS: "iommu=pt", ALLOW_REBOOT: "1", ...tuning },
                    script,
                ),
                command(POOL, `h200-${name}-join`, "join", { RKE2_VERSION: "v1", ...join }),
            ]),
        ],
        pools: [pool],
        totals: { gpus: count * 8 },
        cost: { hourlyUsd: 0, items: [] },
    } as unknown as Plan;
}

const change = (after: Site): PlanDifference => comparePlans(site(), site(after), { before: "main", after: "here" });

describe("a change to the hosts of a site", () => {
    it("says that hosts reboot, how many, and in how many stages", () => {
        const { pools } = change({ tuning: { KERNEL_ARGUMENTS: "iommu=pt pci=noacs" } });
        expect(pools).toMatchObject([
            {
                pool: "h200",
                disruption: "restart",
                effects: [
                    "8 hosts, in 3 stages: reboots for KERNEL_ARGUMENTS; the update stops at a host whose GPUs are in use",
                ],
            },
        ]);
        const wide = { maxUnavailable: 8, racks: 2 };
        const before = site({ rollout: wide });
        const after = site({ rollout: wide, tuning: { RDMA_NETNS: "exclusive" } });
        expect(comparePlans(before, after, { before: "a", after: "b" }).pools[0]?.effects[0]).toMatch(
            /^8 hosts, in 2 stages: reboots for RDMA_NETNS/,
        );
    });

    it("says that a reboot is needed and not allowed", () => {
        const { pools } = change({ tuning: { KERNEL_ARGUMENTS: "", ALLOW_REBOOT: "0" } });
        expect(pools[0]?.effects).toEqual([
            "8 hosts, in 3 stages: needs a reboot for KERNEL_ARGUMENTS, which tuning.allowReboot forbids: the update stops at the first host",
        ]);
    });

    it("says that RKE2 restarts on hosts and servers", () => {
        const { pools, elsewhere } = change({ join: { RKE2_VERSION: "v2" } });
        expect(pools[0]).toMatchObject({
            disruption: "restart",
            effects: ["8 hosts, in 3 stages: RKE2 restarts for RKE2_VERSION; what runs in pods goes on"],
        });
        expect(elsewhere.map(({ name, disruption }) => [name, disruption])).toEqual([
            ["dc-cp-1-join", "restart"],
            ["dc-cp-2-join", "restart"],
            ["dc-cp-3-join", "restart"],
        ]);
    });

    it("disturbs nobody with what takes effect at once", () => {
        const { pools, resources } = change({ tuning: { HUGEPAGES: "2" } });
        expect(pools).toEqual([]);
        expect(resources).toHaveLength(8);
        expect(resources[0]).toMatchObject({
            host: "gpu-1",
            change: "update",
            disruption: "in place",
            effect: "tuning runs again for HUGEPAGES",
        });
    });

    it("runs a script of another release again, which the engine shows as a replacement and which takes nothing away", () => {
        const { pools, resources } = change({ script: "1" });
        expect(pools).toEqual([]);
        expect(resources[0]).toMatchObject({
            change: "replace",
            disruption: "in place",
            effect: "its script runs again",
        });
    });

    it("is one line for many hosts, in the terminal and in Markdown", () => {
        const difference = change({ tuning: { HUGEPAGES: "2" } });
        const line = /command:remote:Command.*h200-\*-tuning/;
        expect(renderDifference(difference).filter((each) => line.test(each))).toEqual([
            expect.stringContaining("h200-*-tuning: create (8 hosts)"),
        ]);
        const markdown = renderMarkdown("dc", difference).split("\n");
        expect(markdown.filter((each) => line.test(each))).toEqual([expect.stringContaining("(8 hosts)")]);
    });

    it("names each host where they are two, and the drain of one that leaves", () => {
        const difference = change({ hosts: 6 });
        expect(difference.pools).toMatchObject([{ disruption: "drain", effects: ["2 of 8 nodes drain"] }]);
        expect(renderDifference(difference).filter((line) => line.includes("gpu-7-"))).toHaveLength(2);
    });
});

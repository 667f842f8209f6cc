import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { release } from "../../../catalog/releases";
import { FabricKind, RdmaFabric } from "../../../components/fabric";
import type { RdmaFabricArgs } from "../../../components/fabric";
import { CapacityKind, planPool } from "../../../components/gpu-node-pool";
import type { NodePoolArgs } from "../../../components/gpu-node-pool";
import { cluster } from "../../support/cluster";
import { UNKNOWN, evaluate, messageOf, valueOf } from "../../support/mocks";

const pool = (
    name: string,
    instanceType: string,
    fabric: FabricKind,
    nodeGroup: pulumi.Input<string>,
): NodePoolArgs => ({
    ...planPool(name, {
        cluster,
        instanceType,
        nodes: 2,
        fabric,
        capacity: { kind: CapacityKind.OnDemand },
        taints: name === "b" ? [{ key: "example.com/reserved", value: "yes", effect: "NoExecute" }] : [],
    }).facts,
    nodeGroupName: nodeGroup,
});
const h200 = pool("a", "p5en.48xlarge", FabricKind.Efa, "a-1");
const h100 = pool("b", "p5.48xlarge", FabricKind.Efa, "b-1");
const args: RdmaFabricArgs = { kind: FabricKind.Efa, pools: [h200, h100] };

interface PluginValues {
    tolerations: { key: string; operator: string; effect?: string }[];
    supportedInstanceLabels: { values: string[] };
    nodeSelector: { [key: string]: string };
    additionalPodAnnotations: { [key: string]: string };
}

describe("RdmaFabric for EFA", () => {
    it("installs the pinned device plugin on exactly the pools' nodes", async () => {
        const run = await evaluate(() => new RdmaFabric("fabric", args));
        expect(run.inventory()).toEqual(["kubernetes:helm.sh/v3:Release fabric-efa"]);
        const plugin = run.named("fabric-efa");
        const pin = release("aws-efa-k8s-device-plugin");
        expect(plugin.parentName).toBe("fabric");
        expect(plugin.inputs).toMatchObject({
            chart: "aws-efa-k8s-device-plugin",
            version: pin.version,
            namespace: "kube-system",
            repositoryOpts: { repo: pin.location },
        });
        const values = plugin.inputs["values"] as PluginValues;
        expect(values.supportedInstanceLabels.values).toEqual(["p5.48xlarge", "p5en.48xlarge"]);
        expect(values.nodeSelector).toEqual({ "kilogpu.dev/fabric": "efa" });
        expect(values.additionalPodAnnotations).toEqual({ "kilogpu.dev/node-groups": "a-1,b-1" });
    });

    it("tolerates every taint of the pools", async () => {
        const run = await evaluate(() => new RdmaFabric("fabric", args));
        const { tolerations } = run.named("fabric-efa").inputs["values"] as PluginValues;
        for (const taint of [...h200.taints, ...h100.taints]) {
            expect(
                tolerations.some(
                    ({ key, operator, effect }) =>
                        key === taint.key && operator === "Exists" && (effect ?? taint.effect) === taint.effect,
                ),
            ).toBe(true);
        }
        expect(tolerations[0]).toEqual({ key: "CriticalAddonsOnly", operator: "Exists" });
    });

    it("gives one profile for each capacity group, ready once the plugin is there", async () => {
        const run = await evaluate(async () => {
            const fabric = new RdmaFabric("fabric", args);
            const { ConfigMap } = await import("@pulumi/kubernetes/core/v1/index.js");
            new ConfigMap("consumer", { data: { ready: fabric.profile.ready } });
            return fabric;
        });
        expect(Object.keys(run.result.profile.groups)).toEqual([
            "p5en-48xlarge-us-east-2b-efa",
            "p5-48xlarge-us-east-2b-efa",
        ]);
        expect(run.result.profile.groups["p5-48xlarge-us-east-2b-efa"]?.portsPerNode).toBe(32);
        expect(await valueOf(run.result.profile.ready)).toBe("efa");
        expect(run.named("consumer").dependencies).toContain("fabric-efa");
    });

    it("merges the user's values over its own, and takes charts from a mirror", async () => {
        const run = await evaluate(
            () =>
                new RdmaFabric("fabric", {
                    ...args,
                    chartMirror: "oci://registry.example.com/charts",
                    values: { resources: { limits: { cpu: "100m" } } },
                }),
        );
        expect(run.named("fabric-efa").inputs).toMatchObject({
            chart: "oci://registry.example.com/charts/aws-efa-k8s-device-plugin",
            values: { resources: { limits: { cpu: "100m" } }, nodeSelector: { "kilogpu.dev/fabric": "efa" } },
        });
    });

    it("waits for node groups whose names are not known yet", async () => {
        const run = await evaluate(
            async () => {
                const { ConfigMap } = await import("@pulumi/kubernetes/core/v1/index.js");
                const nodeGroup = new ConfigMap("node-group", {});
                return new RdmaFabric("fabric", { ...args, pools: [{ ...h200, nodeGroupName: nodeGroup.id }] });
            },
            { preview: true },
        );
        const values = run.named("fabric-efa").inputs["values"] as PluginValues;
        expect(run.named("fabric-efa").dependencies).toEqual(["node-group"]);
        expect(JSON.stringify(values)).toContain(UNKNOWN);
        expect(run.result.profile.groups["p5en-48xlarge-us-east-2b-efa"]?.portsPerNode).toBe(16);
    });
});

describe("RdmaFabric for tcp", () => {
    it("creates nothing, and still gives the record", async () => {
        const g6 = pool("dev", "g6.xlarge", FabricKind.Tcp, "dev-1");
        const run = await evaluate(() => new RdmaFabric("fabric", { kind: FabricKind.Tcp, pools: [g6] }));
        expect(run.custom).toEqual([]);
        expect(run.result.profile.groups["g6-xlarge-us-east-2b-tcp"]?.expectedNetwork).toBe("Socket");
        expect(await valueOf(run.result.profile.ready)).toBe("tcp");
    });
});

describe("mistakes in a fabric", () => {
    it.each<[string, Partial<RdmaFabricArgs>, string]>([
        [
            "a pool of another fabric",
            { kind: FabricKind.Tcp },
            'pools[0].fabric: got "efa" of pool "a"; this fabric is tcp',
        ],
        ["no pool", { pools: [] }, "pools: got none"],
        ["an unknown kind", { kind: "rocee" as FabricKind }, "Did you mean roce?"],
        ["a pool that lost EFA interfaces", { pools: [{ ...h200, efaPerNode: 15 }] }, "p5en.48xlarge on efa offers 16"],
        ["a chart value that the chart does not read", { values: { toleration: [] } }, "Did you mean tolerations?"],
        ["a mirror that is no place", { chartMirror: "charts" }, "chartMirror"],
    ])("%s", async (_title, change, words) => {
        const run = await evaluate(() => messageOf(() => new RdmaFabric("fabric", { ...args, ...change })));
        expect(run.result).toContain(words);
        expect(run.resources).toEqual([]);
    });
});

/** What the network operator's policies make a node offer, for the objects that the library writes. */
import { describe, expect, it } from "vitest";
import { bareMetalFacts } from "../../../components/bare-metal";
import { FabricKind, FabricMode, fabricObjects, nicClusterPolicy, rackFabric } from "../../../components/fabric";
import type { KubernetesObject } from "../../../twin/control-plane/api-client";
import { fabricPluginOf } from "../../../twin/providers/kubernetes/network-operator";
import { poolArgs } from "../../components/bare-metal/rack";

const fabric = (kind: FabricKind, mode: FabricMode): ReturnType<typeof rackFabric> =>
    rackFabric(kind, [{ ...bareMetalFacts("h100", { ...poolArgs(4), fabric: kind }), nodeGroupName: "h100" }], {
        mode,
        interfaces: Array.from({ length: 8 }, (_, rail) => `ens${String(rail)}np0`),
        virtualFunctions: 2,
    });

const pluginOf = (object: object) => fabricPluginOf("urn", object as KubernetesObject);

describe("the plugin that a policy brings", () => {
    it("shares all devices of a node under one resource that many pods may hold", () => {
        expect(pluginOf(nicClusterPolicy(fabric(FabricKind.Infiniband, FabricMode.SharedDevice)))).toMatchObject({
            resource: "rdma/ib",
            units: 63,
            nodeSelector: { "kilogpu.dev/fabric": "infiniband" },
        });
    });

    it("counts whole functions one by one", () => {
        const plugin = pluginOf(nicClusterPolicy(fabric(FabricKind.Infiniband, FabricMode.HostDevice)));
        expect(plugin).toMatchObject({ resource: "nvidia.com/hostdev", replicas: 1 });
        expect(plugin?.units).toBeUndefined();
    });

    it("counts virtual functions as many times as a port has them", () => {
        const objects = fabricObjects(fabric(FabricKind.Roce, FabricMode.Sriov));
        const policy = objects.find(({ kind }) => kind === "SriovNetworkNodePolicy");
        expect(pluginOf(policy ?? {})).toMatchObject({
            resource: "nvidia.com/roce_vf",
            replicas: 2,
            nodeSelector: { "kilogpu.dev/fabric": "roce" },
        });
        // The policy of the whole cluster brings no plugin then.
        expect(pluginOf(nicClusterPolicy(fabric(FabricKind.Roce, FabricMode.Sriov)))).toBeUndefined();
    });

    it("is refused where the twin cannot tell which nodes it reaches", () => {
        const policy = nicClusterPolicy(fabric(FabricKind.Infiniband, FabricMode.SharedDevice));
        const spec = structuredClone(policy["spec"]) as {
            nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerms: { matchExpressions: { operator: string }[] }[];
                };
            };
        };
        const [term] = spec.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
        term?.matchExpressions.forEach((expression) => (expression.operator = "NotIn"));
        expect(() => pluginOf({ ...policy, spec })).toThrow(/nodeAffinity of one term/);
    });
});

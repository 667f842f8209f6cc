/** Which changes of an object replace it, what is sent, and what a chart does to nodes. Pure. */
import { describe, expect, it } from "vitest";
import { devicePluginOf, reaches, slices, tolerated } from "../../../twin/providers/device-plugins";
import { idOf, kindOf, objectChanges, objectOf, withIdentity } from "../../../twin/providers/kubernetes/objects";
import { actual } from "../../../twin/providers/kubernetes/provider";
import { chartName, fidelityOf } from "../../../twin/providers/kubernetes/releases";

const resource = {
    urn: "urn:pulumi:d::p::kubernetes:core/v1:ConfigMap::cm",
    type: "kubernetes:core/v1:ConfigMap",
    name: "cm",
};
const deployment = (app: string, replicas: number, name = "d"): { [key: string]: never } =>
    ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: { replicas, selector: { matchLabels: { app } } },
    }) as never;

describe("objects", () => {
    it("reads group, version and kind from the type", () => {
        expect(kindOf("kubernetes:core/v1:Pod")).toEqual({ apiVersion: "v1", kind: "Pod" });
        expect(kindOf("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue")).toEqual({
            apiVersion: "kueue.x-k8s.io/v1beta1",
            kind: "ClusterQueue",
        });
    });

    it("names the same object the same in every run", () => {
        const first = withIdentity(resource, undefined, {}, "team");
        expect(first).toEqual(withIdentity(resource, undefined, {}, "team"));
        expect(first["metadata"]).toMatchObject({ namespace: "team" });
        expect(withIdentity(resource, { metadata: { name: "kept" } }, {}, undefined)["metadata"]).toEqual({
            name: "kept",
        });
    });

    it("replaces for a name or an immutable field, and for nothing else", () => {
        const replaced = (before: never, after: never): boolean =>
            objectChanges(before, after).some(({ replace }) => replace);
        expect(replaced(deployment("a", 1) as never, deployment("a", 2) as never)).toBe(false);
        expect(replaced(deployment("a", 1) as never, deployment("b", 1) as never)).toBe(true);
        expect(replaced(deployment("a", 1) as never, deployment("a", 1, "e") as never)).toBe(true);
    });

    it("sends no nulls, no status and none of Pulumi's own annotations", () => {
        const sent = objectOf({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "a", annotations: { "pulumi.com/skipAwait": "true", other: "1" } },
            data: { a: "1", b: null },
            status: {},
        });
        expect(sent).toEqual({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "a", annotations: { other: "1" } },
            data: { a: "1" },
        });
        expect(idOf({ apiVersion: "v1", kind: "ConfigMap", name: "a", namespace: "n" })).toBe("n/a");
    });

    it("sees what somebody else changed and not what the server added", () => {
        expect(actual({ spec: { a: 1 } }, { spec: { a: 2, added: true }, status: {} })).toEqual({ spec: { a: 2 } });
    });
});

describe("charts", () => {
    const node = (taints: unknown[], labels: { [key: string]: string } = {}): never =>
        ({ apiVersion: "v1", kind: "Node", metadata: { name: "n", labels }, spec: { taints } }) as never;

    it("says which are real, which have an effect and which are only written down", () => {
        expect(chartName("oci://registry.example/charts/kueue")).toBe("kueue");
        expect(fidelityOf("u", "oci://registry.example/charts/kueue", {})).toBe("real");
        expect(fidelityOf("u", "gpu-operator", {})).toBe("simulated");
        expect(fidelityOf("u", "gpu-operator", { devicePlugin: { enabled: false } })).toBe("recorded");
        expect(fidelityOf("u", "loki", {})).toBe("recorded");
    });

    it("reaches a tainted node only if its values tolerate the taint", () => {
        const taint = { key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" };
        const efa = (values: { [key: string]: unknown }) => devicePluginOf("u", "aws-efa-k8s-device-plugin", values);
        const bare = efa({});
        const tolerant = efa({ tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }] });
        expect(bare !== undefined && reaches(bare, node([taint]))).toBe(false);
        expect(tolerant !== undefined && reaches(tolerant, node([taint]))).toBe(true);
        expect(tolerated(taint, [{ key: "nvidia.com/gpu", value: "false" }])).toBe(false);
        expect(tolerated(taint, [{ operator: "Exists" }])).toBe(true);
    });

    it("reads how many slices a GPU is cut into", () => {
        const config = {
            devicePlugin: {
                config: {
                    data: {
                        any: "sharing:\n  timeSlicing:\n    resources:\n    - name: nvidia.com/gpu\n      replicas: 4\n",
                    },
                },
            },
        };
        expect(slices(config)).toBe(4);
        expect(slices({})).toBe(1);
    });
});

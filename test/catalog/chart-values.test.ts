/** Helm values against the keys that the pinned charts really read. */
import { describe, expect, it } from "vitest";
import { chartValues, release, releasesOf, unknownChartValues } from "../../catalog";

const known = releasesOf("chart").filter((entry) => chartValues(entry.name) !== undefined);

describe("values keys", () => {
    it("are known for what the library configures", () => {
        expect(known.map((entry) => entry.name)).toEqual(
            expect.arrayContaining([
                "gpu-operator",
                "network-operator",
                "node-feature-discovery",
                "aws-efa-k8s-device-plugin",
                "kueue",
                "jobset",
                "kubeflow-trainer",
                "kube-prometheus-stack",
                "loki",
                "alloy",
            ]),
        );
    });

    it.each(known)("of $name are those of the version that is pinned", (entry) => {
        const values = chartValues(entry.name);
        expect(values?.version).toBe(entry.version);
        expect(values?.source.where).toMatch(/:/);
        expect(release(entry.name).inside?.valueKeys).toEqual(values?.keys);
    });

    it.each(known)("of $name list every level above a nested key, each once", (entry) => {
        const keys = chartValues(entry.name)?.keys ?? [];
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys.filter((k) => k.includes("."))) {
            expect(keys).toContain(key.slice(0, key.lastIndexOf(".")));
        }
    });
});

describe("unknown values", () => {
    it("are none in the values that the field agrees on", () => {
        expect(
            unknownChartValues("gpu-operator", {
                nfd: { enabled: false },
                driver: { enabled: false, rdma: { enabled: false, useHostMofed: false } },
                toolkit: { enabled: false },
                ccManager: { enabled: false },
                kataSandboxDevicePlugin: { enabled: false },
                mig: { strategy: "mixed" },
                devicePlugin: { env: [{ name: "MOFED_ENABLED", value: "false" }], config: { create: true, name: "x" } },
                daemonsets: { tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }] },
            }),
        ).toEqual([]);
        expect(unknownChartValues("kubeflow-trainer", { jobset: { install: false } })).toEqual([]);
    });

    it("find the keys that other projects still set and the charts ignore", () => {
        expect(unknownChartValues("kubeflow-trainer", { jobset: { enabled: false }, crds: { install: true } })).toEqual(
            [{ path: "jobset.enabled" }, { path: "crds" }],
        );
        expect(unknownChartValues("network-operator", { deployCR: true, nvIpam: { enabled: true } })).toEqual([
            { path: "deployCR" },
            { path: "nvIpam" },
        ]);
    });

    it("name the key that was meant", () => {
        expect(unknownChartValues("gpu-operator", { driver: { enabeld: false } })).toEqual([
            { path: "driver.enabeld", suggestion: "driver.enabled" },
        ]);
        expect(unknownChartValues("gpu-operator", { dcgmExportr: {} })).toEqual([
            { path: "dcgmExportr", suggestion: "dcgmExporter" },
        ]);
    });

    it("let anything be below a free map, a list or a subchart", () => {
        expect(unknownChartValues("aws-efa-k8s-device-plugin", { nodeSelector: { any: "thing" } })).toEqual([]);
        expect(unknownChartValues("kube-prometheus-stack", { grafana: { adminPassword: "x", plugins: [] } })).toEqual(
            [],
        );
        expect(unknownChartValues("gpu-operator", { "node-feature-discovery": { worker: { any: 1 } } })).toEqual([]);
    });

    it("cannot be told of a chart whose keys are not held", () => {
        expect(chartValues("nvsentinel")).toBeUndefined();
        expect(unknownChartValues("nvsentinel", { anything: true })).toEqual([]);
    });
});

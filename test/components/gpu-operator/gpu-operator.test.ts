import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { release } from "../../../catalog/releases";
import { GpuOperator, checkGpuOperator } from "../../../components/gpu-operator";
import { gpuDirectOf, operatorValues } from "../../../components/gpu-operator/values";
import { checkChartValues } from "../../../components/helm-chart";
import { evaluate, messageOf } from "../../support/mocks";
import { blocks, pool } from "../cluster-fixtures";

const options = {
    networkDriver: "host" as const,
    gpuDirect: "peermem" as const,
    serviceMonitor: false,
    metricsIntervalSeconds: 15,
};
const rack = [{ ...(blocks[0] ?? pool("x", { instanceType: "p5.48xlarge", nodes: 1 })), capacityKind: "owned" }];

describe("GpuOperator", () => {
    it("leaves driver and toolkit to the image, and everything that hangs on them", () => {
        expect(operatorValues(blocks, { ...options, driver: "ami" })).toMatchObject({
            driver: { enabled: false },
            toolkit: { enabled: false },
            gdrcopy: { enabled: false },
            nfd: { enabled: false },
            ccManager: { enabled: false },
            kataSandboxDevicePlugin: { enabled: false },
            validator: { plugin: { env: [{ name: "WITH_WORKLOAD", value: "false" }] } },
            devicePlugin: {
                env: [
                    { name: "MOFED_ENABLED", value: "false" },
                    { name: "GDRCOPY_ENABLED", value: "true" },
                ],
            },
        });
    });

    it("owns the driver on a rack with EFA-less peer memory off, and upgrades it only between training runs", () => {
        expect(operatorValues(rack, { ...options, driver: "operator" })).toMatchObject({
            driver: {
                enabled: true,
                rdma: { enabled: false, useHostMofed: false },
                upgradePolicy: {
                    waitForCompletion: { podSelector: "kilogpu.dev/training=true", timeoutSeconds: 0 },
                    drain: { enable: false },
                },
            },
            toolkit: { enabled: true },
        });
    });

    it("loads peer memory where Mellanox NICs carry the traffic", () => {
        const infiniband = rack.map((each) => ({ ...each, fabric: "infiniband" as const }));
        const values = operatorValues(infiniband, { ...options, driver: "operator" });
        expect(values).toMatchObject({ driver: { rdma: { enabled: true } }, gdrcopy: { enabled: true } });
        expect(JSON.stringify(values["devicePlugin"])).not.toContain("MOFED_ENABLED");
    });

    it("loads no peer memory where DMA-BUF does it, with NVIDIA's open modules", () => {
        const infiniband = rack.map((each) => ({ ...each, fabric: "infiniband" as const }));
        const values = operatorValues(infiniband, { ...options, driver: "operator", gpuDirect: "dma-buf" });
        expect(values).toMatchObject({
            driver: { kernelModuleType: "open", rdma: { enabled: false, useHostMofed: false } },
            gdrcopy: { enabled: true },
            devicePlugin: { env: [{ name: "MOFED_ENABLED", value: "false" }, { name: "GDRCOPY_ENABLED" }] },
        });
        expect(checkChartValues("values", release("gpu-operator"), values)).toEqual([]);
    });

    it("takes DMA-BUF on Arm and peer memory on x86 where nobody says", () => {
        const of = (instanceType: string) => rack.map((each) => ({ ...each, instanceType }));
        expect(gpuDirectOf(of("hgx-h100"))).toBe("peermem");
        expect(gpuDirectOf(of("gb200-nvl72-tray"))).toBe("dma-buf");
        expect(checkGpuOperator({ pools: blocks, gpuDirect: "dmabuf" as never })).toMatchObject([
            { path: "gpuDirect", got: '"dmabuf"' },
        ]);
    });

    it("waits for the network operator's driver only where that one brings it", () => {
        const roce = rack.map((each) => ({ ...each, fabric: "roce" as const }));
        const rdma = (networkDriver: "host" | "operator"): unknown =>
            operatorValues(roce, { ...options, driver: "operator", networkDriver })["driver"];
        expect(rdma("host")).toMatchObject({ rdma: { enabled: true, useHostMofed: true } });
        expect(rdma("operator")).toMatchObject({ rdma: { enabled: true, useHostMofed: false } });
    });

    it("renders only keys that the pinned chart reads", () => {
        const mixed = [
            ...blocks,
            pool("slices", { instanceType: "g6.xlarge", nodes: 1, timeSlicing: 4 }),
            pool("mig", { instanceType: "p5.48xlarge", nodes: 1, migProfile: "1g.10gb" }),
        ];
        const values = operatorValues(mixed, { ...options, driver: "ami" });
        expect(checkChartValues("values", release("gpu-operator"), values)).toEqual([]);
    });

    it("slices GPUs by the label of the pool, and leaves others whole", () => {
        const mixed = [...blocks, pool("slices", { instanceType: "g6.xlarge", nodes: 1, timeSlicing: 4 })];
        const { config } = operatorValues(mixed, { ...options, driver: "ami" })["devicePlugin"] as {
            config: { default: string; data: { [name: string]: string } };
        };
        expect(config.default).toBe("whole-gpus");
        expect(parse(config.data["time-slicing-4"] ?? "")).toMatchObject({
            sharing: {
                timeSlicing: { failRequestsGreaterThanOne: true, resources: [{ name: "nvidia.com/gpu", replicas: 4 }] },
            },
        });
        expect(parse(config.data["whole-gpus"] ?? "")).toEqual({ version: "v1" });
    });

    it("cuts each GPU into as many MIG instances as fit", () => {
        const mig = [pool("mig", { instanceType: "p5.48xlarge", nodes: 1, migProfile: "1g.10gb" })];
        const { config } = operatorValues(mig, { ...options, driver: "ami" })["migManager"] as {
            config: { data: { [name: string]: string } };
        };
        expect(parse(config.data["config.yaml"] ?? "")).toMatchObject({
            "mig-configs": {
                "all-1g.10gb": [{ devices: "all", "mig-enabled": true, "mig-devices": { "1g.10gb": 7 } }],
            },
        });
        expect(mig[0]?.schedulableGpusPerNode).toBe(56);
    });

    it("tolerates every taint of the pools on every DaemonSet, its own and node-feature-discovery's", async () => {
        const tainted = blocks.map((each) => ({
            ...each,
            taints: [...each.taints, { key: "dedicated", value: "x", effect: "NoExecute" }],
        }));
        const run = await evaluate(() => new GpuOperator("gpu", { pools: tainted }));
        const expected = [
            { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
            { key: "dedicated", operator: "Exists", effect: "NoExecute" },
        ];
        expect(run.named("gpu-operator").inputs["values"]).toMatchObject({ daemonsets: { tolerations: expected } });
        expect(run.named("gpu-feature-discovery").inputs["values"]).toMatchObject({
            worker: { tolerations: expected },
        });
        expect(run.named("gpu-operator").dependencies).toContain("gpu-feature-discovery");
    });

    it.each([
        [{ driver: "operator" as const }, "driver", /boot AL2023_x86_64_NVIDIA, which has a driver already/],
        [{ driver: "host" as never }, "driver", /legal values are ami, operator/],
        [{ values: { nfd: { enabled: true } } }, "values.nfd.enabled", /one owner/],
        [{ values: { driver: { enabled: true } } }, "values.driver.enabled", /by the argument driver/],
        [{ values: { ccManger: {} } }, "values.ccManger", /reads .*ccManager/],
        [{ metricsIntervalSeconds: 0 }, "metricsIntervalSeconds", /from 1 to 300/],
        [{ pools: [] }, "pools", /at least one pool/],
    ])("refuses %j", async (wrong, path, legal) => {
        expect(checkGpuOperator({ pools: blocks, ...wrong })).toMatchObject([
            { path, legal: expect.stringMatching(legal) as string },
        ]);
        const run = await evaluate(() => messageOf(() => new GpuOperator("gpu", { pools: blocks, ...wrong })));
        expect(run.result).toContain(`GpuOperator "gpu": ${path}`);
        expect(run.resources).toEqual([]);
    });
});

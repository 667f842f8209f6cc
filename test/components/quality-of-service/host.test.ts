/** The host's side: fields that the NIC operator and NCCL need to land in the lossless class. */
import { describe, expect, it } from "vitest";
import { hostScript, ncclEnvironment, nicConfigurationTemplate, roceQos } from "../../../components/quality-of-service";

const qos = roceQos({ linkGbps: 400, bufferKib: 65536, dscp: 34, priority: 4 });

describe("host", () => {
    it("gets a template whose ToS, PFC bitmap and CNP settings name the same class", () => {
        const template = nicConfigurationTemplate("roce", qos, {
            nicType: "1021",
            numVfs: 8,
            nodeSelector: { "feature.node.kubernetes.io/pci-15b3.present": "true" },
            namespace: "nvidia-network-operator",
        });
        expect(template.spec.template.roceOptimized.qos).toEqual({ trust: "dscp", pfc: "0,0,0,0,1,0,0,0", tos: 138 });
        expect(template.spec.template.rawNvConfig).toContainEqual({ name: "CNP_DSCP_P1", value: "48" });
    });

    it("gets a script that sets every port", () => {
        const script = hostScript(qos, [
            { device: "mlx5_0", netdev: "ens1np0" },
            { device: "mlx5_1", netdev: "ens2np0" },
        ]);
        expect(script.startsWith("#!/bin/sh\n")).toBe(true);
        expect(script.match(/--pfc 0,0,0,0,1,0,0,0/g)).toHaveLength(2);
        expect(script).toContain("cma_roce_tos -d mlx5_1 -t 138");
    });

    it("tells NCCL the ToS byte, not the DSCP", () => {
        expect(ncclEnvironment(qos)).toEqual({ NCCL_IB_TC: "138", NCCL_IB_GID_INDEX: "3", NCCL_IB_SL: "4" });
    });
});

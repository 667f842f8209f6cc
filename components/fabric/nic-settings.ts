/** Hosts' RoCE settings by NVIDIA's NIC configuration operator. Pure. */
import { computeNics, machine } from "../../catalog/machines";
import { kilogpuLabels } from "../../catalog/topology";
import { nicConfigurationTemplate } from "../quality-of-service/host";
import { roceQos } from "../quality-of-service/roce-qos";
import { FabricMode } from "./derive";
import type { FabricObject, RackFabric } from "./network-operator";

/** A NicConfigurationTemplate for each kind of NIC. */
export function nicSettings(fabric: RackFabric, deviceIds: string[], namespace: string): FabricObject[] {
    const gbps = Math.min(...fabric.pools.map((pool) => computeNics(machine(pool.instanceType))[0]?.gbps ?? 0));
    const qos = roceQos({
        linkGbps: gbps,
        bufferKib: fabric.switchBufferKib ?? 0,
        dscp: fabric.dscp,
        priority: fabric.losslessPriority,
        gidIndex: fabric.gidIndex,
        mtu: fabric.mtu,
    });
    return deviceIds.map(
        (nicType) =>
            nicConfigurationTemplate(`roce-${nicType}`, qos, {
                nicType,
                numVfs: fabric.mode === FabricMode.Sriov ? (fabric.virtualFunctions ?? 1) : 0,
                nodeSelector: { [kilogpuLabels.fabric]: fabric.kind },
                namespace,
            }) as unknown as FabricObject,
    );
}

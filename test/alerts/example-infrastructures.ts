/** Four declared clusters, one for each network, that rules are rendered and tested for. Nodes of a case are called as their group. */
import type { GroupFacts, Infrastructure } from "../../components/monitoring/infrastructure";
import { groupFacts } from "../../components/monitoring/infrastructure";
import { FabricKind, fabricProfile, instanceMachine } from "../../components/fabric";
import type { FabricProfile } from "../../components/fabric";
import { instance } from "../../catalog/instances";
import { machine } from "../../catalog/machines";
import { kilogpuLabels } from "../../catalog/topology";
import type { NodePoolArgs } from "../../components/gpu-node-pool/pool";

export function pool(name: string, instanceType: string, fabric: FabricKind, nodes: number): NodePoolArgs {
    const cloud = instanceType.includes(".");
    const gpus = cloud ? instance(instanceType).gpus.count : machine(instanceType).gpus.count;
    return {
        name,
        instanceType,
        nodes,
        gpusPerNode: gpus,
        schedulableGpusPerNode: gpus,
        fabric,
        efaPerNode: cloud && fabric === FabricKind.Efa ? instance(instanceType).network.efaInterfaces : 0,
        zone: cloud ? "us-east-2b" : "hall-1",
        capacityGroup: name,
        capacityKind: cloud ? "capacity-block" : "owned",
        labels: { [kilogpuLabels.capacityGroup]: name },
        taints: [],
        topologyLevels: ["kubernetes.io/hostname"],
        nodeGroupName: name,
    };
}

function rackProfile(kind: FabricKind, ports: number, gbps: number): FabricProfile {
    return {
        kind,
        mode: "host-device",
        networkInterfaces: [],
        podResources: {},
        coveredResources: [],
        ncclEnvironment: {},
        portsPerNode: ports,
        portGbps: gbps,
        expectedNetwork: "IB",
        busBandwidthFloorGBs: 350,
        ipcLock: true,
        notes: [],
    };
}

function infrastructure(groups: GroupFacts[]): Infrastructure {
    return {
        groups,
        losslessPriority: 3,
        queues: ["research", "pretrain"],
        runbookBase: "https://github.com/example/kilogpu/blob/main/docs/runbooks/",
        plannedSeries: 200_000,
        checkpointSeconds: 60,
    };
}

const efa = fabricProfile(instanceMachine(instance("p5en.48xlarge")), FabricKind.Efa, { busBandwidthFloorGBs: 300 });

/** By name. */
export const exampleInfrastructures: { [name: string]: Infrastructure } = {
    efa: {
        ...infrastructure(groupFacts([pool("h200", "p5en.48xlarge", FabricKind.Efa, 64)], { h200: efa })),
        trainJobStatus: true,
    },
    infiniband: infrastructure(
        groupFacts([pool("ib", "dgx-h100", FabricKind.Infiniband, 16)], {
            ib: rackProfile(FabricKind.Infiniband, 8, 400),
        }),
    ),
    roce: infrastructure(
        groupFacts([pool("roce", "dgx-h100", FabricKind.Roce, 16)], { roce: rackProfile(FabricKind.Roce, 8, 400) }),
    ),
    tcp: infrastructure(groupFacts([pool("l40s", "g6e.48xlarge", FabricKind.Tcp, 4)], {})),
};

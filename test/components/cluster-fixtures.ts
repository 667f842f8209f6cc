/** Pools, fabrics, queues and runtimes as the components pass them on, for tests of what runs inside the cluster. */
import { findInstance } from "../../catalog/instances";
import type { FabricFactsArgs, FabricKind } from "../../components/fabric";
import { profilesOf } from "../../components/fabric";
import { planPool } from "../../components/gpu-node-pool/plan";
import type { GpuNodePoolArgs } from "../../components/gpu-node-pool/gpu-node-pool-args";
import type { NodePoolArgs } from "../../components/gpu-node-pool/pool";

/** A network and a cluster that exist already. */
export const access: GpuNodePoolArgs["cluster"] = {
    clusterName: "train",
    kubernetesVersion: "1.35",
    endpoint: "https://example.invalid",
    certificateAuthority: "Y2E=",
    serviceCidr: "172.20.0.0/16",
    securityGroupId: "sg-1",
    kmsKeyArn: "arn:aws:kms:us-east-2:111122223333:key/1",
    tags: {},
    network: {
        vpcId: "vpc-1",
        region: "us-east-2",
        vpcCidr: "10.0.0.0/16",
        zones: ["us-east-2a", "us-east-2b"],
        gpuZone: "us-east-2b",
        privateSubnets: [{ zone: "us-east-2b", cidr: "10.0.0.0/17", id: "subnet-1" }],
        publicSubnets: [],
    },
};

/** The record of a pool, as GpuNodePool gives it. */
export function pool(
    name: string,
    args: Partial<GpuNodePoolArgs> & { instanceType: string; nodes: number },
): NodePoolArgs {
    const efa = (findInstance(args.instanceType)?.network.efaInterfaces ?? 0) > 0;
    const plan = planPool(name, {
        cluster: access,
        fabric: efa ? "efa" : "tcp",
        capacity: { kind: "on-demand" },
        ...args,
    });
    return { ...plan.facts, nodeGroupName: `${name}-nodes` };
}

/** The record of the fabric that joins `pools`. */
export function fabricOf(pools: NodePoolArgs[], kind: FabricKind = pools[0]?.fabric ?? "efa"): FabricFactsArgs {
    return { kind, groups: profilesOf(kind, pools), ready: kind };
}

/** 128 p5en in two blocks of one capacity group. */
export const blocks: NodePoolArgs[] = [
    pool("block-a", { instanceType: "p5en.48xlarge", nodes: 64 }),
    pool("block-b", { instanceType: "p5en.48xlarge", nodes: 64 }),
];

/** The network between the GPU nodes, as pods see it. */
import * as pulumi from "@pulumi/pulumi";
import { instance } from "../../catalog/instances";
import { gpuTaintKey, kilogpuLabels } from "../../catalog/topology";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { installChart } from "../helm-chart";
import type { ChartValues } from "../helm-chart";
import { refuse } from "../input";
import { EFA_PLUGIN, checkRdmaFabric } from "./check";
import { fabricProfile } from "./derive";
import type { FabricFacts } from "./facts";
import { instanceMachine } from "./machine";
import { FabricKind } from "./profile";
import type { FabricProfile } from "./profile";
import type { RdmaFabricArgs } from "./rdma-fabric-args";

/**
 * Serves a fabric's devices to pods, and tells everything that follows from it.
 *
 * For `efa`: the EFA device plugin on the nodes of the given pools, tolerating their taints. For `tcp`: nothing but the record.
 * One fabric of a kind in a cluster.
 */
export class RdmaFabric extends pulumi.ComponentResource {
    /** @internal */
    static readonly __pulumiType = "kilogpu:index:RdmaFabric";

    /** What queues, runtimes, jobs and alerts take from the fabric. */
    readonly profile: FabricFacts;

    constructor(name: string, args: RdmaFabricArgs, opts?: pulumi.ComponentResourceOptions) {
        refuse(`RdmaFabric "${name}"`, checkRdmaFabric(args));
        super(RdmaFabric.__pulumiType, name, args, opts);

        const nodeGroups = pulumi.all(args.pools.map((pool) => pulumi.output(pool.nodeGroupName)));
        const served: pulumi.Output<unknown> =
            args.kind === FabricKind.Efa
                ? installChart(
                      `${name}-efa`,
                      {
                          release: EFA_PLUGIN,
                          values: efaPluginValues(args.pools, nodeGroups),
                          userValues: args.values,
                          chartMirror: args.chartMirror,
                          imageMirror: args.imageMirror,
                      },
                      { parent: this },
                  ).name
                : nodeGroups;

        this.profile = {
            kind: args.kind,
            groups: profilesOf(args.kind, args.pools),
            ready: served.apply(() => args.kind as string),
        };
        this.registerOutputs({ profile: this.profile });
    }
}

/** The profile of each capacity group. Pure. */
export function profilesOf(kind: FabricKind, pools: NodePoolArgs[]): { [capacityGroup: string]: FabricProfile } {
    return Object.fromEntries(
        pools.map((pool) => [pool.capacityGroup, fabricProfile(instanceMachine(instance(pool.instanceType)), kind)]),
    );
}

/** Values of the device plugin's chart for the given pools. */
export function efaPluginValues(pools: NodePoolArgs[], nodeGroups: pulumi.Output<string[]>): ChartValues {
    const labelled = pools.every((pool) => pool.labels[kilogpuLabels.fabric] === FabricKind.Efa);
    const otherTaints = new Map(
        pools
            .flatMap((pool) => pool.taints)
            .filter((taint) => taint.key !== gpuTaintKey)
            .map((taint) => [`${taint.key}:${taint.effect}`, taint]),
    );
    return {
        // The chart's own list ends at the types of its release date; ours are exactly those that exist in this cluster.
        supportedInstanceLabels: {
            keys: ["node.kubernetes.io/instance-type"],
            values: [...new Set(pools.map((pool) => pool.instanceType))].sort(),
        },
        // A pool of the same type on tcp has no EFA interface, and the plugin would restart there for ever.
        ...(labelled ? { nodeSelector: { [kilogpuLabels.fabric]: FabricKind.Efa } } : {}),
        // As shipped it tolerates CriticalAddonsOnly alone: on tainted GPU nodes no EFA would be offered, and NCCL would fall back to TCP in silence.
        tolerations: [
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: gpuTaintKey, operator: "Exists" },
            ...[...otherTaints.values()].map((taint) => ({ key: taint.key, operator: "Exists", effect: taint.effect })),
        ],
        // Orders the plugin after the node groups, and on destroy before them.
        additionalPodAnnotations: {
            "kilogpu.dev/node-groups": nodeGroups.apply((names) => names.toSorted().join(",")),
        },
    };
}

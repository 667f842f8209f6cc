/** The network between the GPU nodes, as pods see it. */
import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import { instance } from "../../catalog/instances";
import { machine } from "../../catalog/machines";
import { gpuTaintKey, kilogpuLabels } from "../../catalog/topology";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { release } from "../../catalog/releases";
import { installChart, securedNamespace } from "../helm-chart";
import type { ChartInstall, ChartValues } from "../helm-chart";
import { refuse } from "../input";
import { EFA_PLUGIN, checkRdmaFabric } from "./check";
import { fabricProfile } from "./derive";
import type { FabricFacts } from "./facts";
import { instanceMachine, serverMachine } from "./machine";
import type { FabricObject } from "./network-operator";
import {
    NETWORK_OPERATOR,
    fabricObjects,
    networkOperatorValues,
    nicClusterPolicy,
    podNetworks,
    rackFabric,
} from "./network-operator";
import { FabricKind } from "./profile";
import type { FabricProfile } from "./profile";
import type { RackFabricArgs } from "./rack-args";
import type { RdmaFabricArgs } from "./rdma-fabric-args";

/**
 * Serves a fabric's devices to pods, and tells everything that follows from it.
 *
 * For `efa`: the EFA device plugin on the nodes of the given pools, tolerating their taints. For
 * `infiniband` and `roce`: the NVIDIA network operator, its NicClusterPolicy (a resource of its own, never a hook of the chart), and
 * networks, address pools, virtual functions and NIC settings as the mode needs them. For `tcp`: nothing but the record.
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
        this.profile = {
            kind: args.kind,
            groups: profilesOf(args.kind, args.pools, args.rack),
            ready: serve(name, args, nodeGroups, this).apply(() => args.kind as string),
        };
        this.registerOutputs({ profile: this.profile });
    }
}

/** Installs what serves the devices; resolves once it does. */
function serve(
    name: string,
    args: RdmaFabricArgs,
    nodeGroups: pulumi.Output<string[]>,
    parent: pulumi.Resource,
): pulumi.Output<unknown> {
    const mirrors = { userValues: args.values, chartMirror: args.chartMirror, imageMirror: args.imageMirror };
    switch (args.kind) {
        case FabricKind.Efa:
            return installChart(
                `${name}-efa`,
                { release: EFA_PLUGIN, values: efaPluginValues(args.pools, nodeGroups), ...mirrors },
                { parent },
            ).name;
        case FabricKind.Infiniband:
        case FabricKind.Roce:
            return serveRack(name, args, nodeGroups, mirrors, parent);
        default:
            return nodeGroups;
    }
}

function serveRack(
    name: string,
    args: RdmaFabricArgs,
    nodeGroups: pulumi.Output<string[]>,
    mirrors: Pick<ChartInstall, "userValues" | "chartMirror" | "imageMirror">,
    parent: pulumi.Resource,
): pulumi.Output<unknown> {
    const fabric = rackFabric(args.kind, args.pools, args.rack, args.imageMirror);
    const namespace = securedNamespace(
        `${name}-namespace`,
        release(NETWORK_OPERATOR).namespace ?? "nvidia-network-operator",
        // Drivers and device plugins work on the host.
        "privileged",
        {},
        { parent },
    ).metadata.name;
    const operator = installChart(
        `${name}-network-operator`,
        { release: NETWORK_OPERATOR, namespace, values: networkOperatorValues(fabric), ...mirrors },
        { parent },
    );
    const create = (
        suffix: string,
        object: FabricObject,
        dependsOn: pulumi.Resource[],
    ): k8s.apiextensions.CustomResource =>
        new k8s.apiextensions.CustomResource(
            `${name}-${suffix}`,
            {
                ...object,
                // Orders everything after the nodes, and on destroy before them.
                metadata: {
                    ...object.metadata,
                    annotations: {
                        ...object.metadata.annotations,
                        "kilogpu.dev/node-groups": nodeGroups.apply((names) => names.toSorted().join(",")),
                    },
                },
            },
            { parent, dependsOn },
        );
    const policy = create("policy", nicClusterPolicy(fabric), [operator]);
    const objects = fabricObjects(fabric).map((object) =>
        create(`${object.kind.toLowerCase()}-${object.metadata.name}`, object, [policy]),
    );
    return pulumi.all([policy, ...objects].map((resource) => resource.id));
}

/** The profile of each capacity group. Pure. */
export function profilesOf(
    kind: FabricKind,
    pools: NodePoolArgs[],
    rack?: RackFabricArgs,
): { [capacityGroup: string]: FabricProfile } {
    return Object.fromEntries(
        pools.map((pool) => [
            pool.capacityGroup,
            pool.capacityKind === "owned"
                ? rackProfile(kind, pool, pools, rack)
                : fabricProfile(instanceMachine(instance(pool.instanceType)), kind),
        ]),
    );
}

function rackProfile(
    kind: FabricKind,
    pool: NodePoolArgs,
    pools: NodePoolArgs[],
    rack?: RackFabricArgs,
): FabricProfile {
    const linkLayer = kind === FabricKind.Infiniband ? "infiniband" : "ethernet";
    const profile = fabricProfile(serverMachine(machine(pool.instanceType), linkLayer, rack?.devices), kind, rack);
    const rdma = kind === FabricKind.Infiniband || kind === FabricKind.Roce;
    const podAnnotations = rdma ? podNetworks(rackFabric(kind, pools, rack)) : undefined;
    return podAnnotations === undefined ? profile : { ...profile, podAnnotations };
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

/** Which fabric is possible on which machine, and what an RdmaFabric refuses. Pure. */
import { findInstance, instance, instanceTypes, supportsEfa } from "../../catalog/instances";
import { release } from "../../catalog/releases";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { DEFAULT_DSCP, DEFAULT_LOSSLESS_PRIORITY } from "./derive";
import type { FabricOptions } from "./derive";
import type { FabricMachine } from "./machine";
import { FabricKind } from "./profile";
import type { RdmaFabricArgs } from "./rdma-fabric-args";

/** Name of the EFA device plugin in the release catalogue. */
export const EFA_PLUGIN = "aws-efa-k8s-device-plugin";

/** Whether the machine has what the fabric needs. */
export function checkFabricKind(path: string, machine: FabricMachine, kind: FabricKind): InputProblem[] {
    const legalKinds = oneOf(path, kind, Object.values(FabricKind));
    if (legalKinds.length > 0 || kind === FabricKind.Tcp) {
        return legalKinds;
    }
    if (kind === FabricKind.Efa) {
        return machine.efaInterfaces > 0 ? [] : [withoutEfa(path, machine)];
    }
    if (machine.cloud) {
        return [
            {
                path,
                got: show(kind),
                legal: `EC2 instances have EFA or plain networking; ${kind} is a rack's fabric`,
                remedy: machine.efaInterfaces > 0 ? "Use efa." : "Use tcp.",
            },
        ];
    }
    const linkLayer = kind === FabricKind.Infiniband ? "infiniband" : "ethernet";
    const fitting = machine.rdmaPorts.filter((port) => port.linkLayer === linkLayer);
    return fitting.length > 0 && fitting.length === machine.rdmaPorts.length
        ? []
        : [
              {
                  path,
                  got: show(kind),
                  legal: `${machine.type} has ${String(fitting.length)} of ${String(machine.rdmaPorts.length)} RDMA ports with link layer ${linkLayer}`,
                  remedy: "List the ports of one link layer only, the one that the fabric runs on.",
              },
          ];
}

/** Whether the site's own settings agree with one another. */
export function checkFabricOptions(path: string, options: FabricOptions): InputProblem[] {
    const dscp = options.dscp ?? DEFAULT_DSCP;
    const priority = options.losslessPriority ?? DEFAULT_LOSSLESS_PRIORITY;
    const ranges = [
        ...wholeNumber(`${path}.dscp`, dscp, { min: 0, max: 63 }),
        ...wholeNumber(`${path}.losslessPriority`, priority, { min: 0, max: 7 }),
        ...wholeNumber(`${path}.gidIndex`, options.gidIndex ?? 3, { min: 0, max: 15 }),
    ];
    if (ranges.length > 0 || Math.floor(dscp / 8) === priority) {
        return ranges;
    }
    return [
        {
            path: `${path}.dscp`,
            got: String(dscp),
            legal: `NICs and switches map DSCP ${String(priority * 8)} to ${String(priority * 8 + 7)} to lossless priority ${String(priority)} by default`,
            remedy: `Give a DSCP in that range, or losslessPriority ${String(Math.floor(dscp / 8))}.`,
        },
    ];
}

/** All mistakes of an RdmaFabric's arguments. */
export function checkRdmaFabric(args: RdmaFabricArgs): InputProblem[] {
    const unknown = requirePlain({
        kind: args.kind,
        pools: args.pools,
        chartMirror: args.chartMirror,
        imageMirror: args.imageMirror,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    const kind = oneOf("kind", args.kind, Object.values(FabricKind));
    if (kind.length > 0) {
        return kind;
    }
    return [
        ...checkBuildable(args.kind),
        ...(args.pools.length > 0
            ? []
            : [
                  {
                      path: "pools",
                      got: "none",
                      legal: "a fabric joins the nodes of at least one pool",
                      remedy: "Give the `pool` of a GpuNodePool.",
                  },
              ]),
        ...args.pools.flatMap((pool, index) => checkPool(`pools[${String(index)}]`, pool, args.kind)),
        ...checkChartMirror(args.chartMirror),
        ...checkImageMirror(args.imageMirror),
        ...checkChartValues("values", release(EFA_PLUGIN), args.values),
    ];
}

function checkBuildable(kind: FabricKind): InputProblem[] {
    return kind === FabricKind.Efa || kind === FabricKind.Tcp
        ? []
        : [
              {
                  path: "kind",
                  got: show(kind),
                  legal: "this version installs efa and tcp in a cluster; profiles of infiniband and roce can be computed, not installed",
                  remedy: "Use efa on EC2; for a rack, install the NVIDIA network operator beside this library.",
              },
          ];
}

function checkPool(path: string, pool: NodePoolArgs, kind: FabricKind): InputProblem[] {
    const plain = requirePlain({ [`${path}.fabric`]: pool.fabric, [`${path}.instanceType`]: pool.instanceType });
    if (plain.length > 0) {
        return plain;
    }
    if (pool.fabric !== kind) {
        return [
            {
                path: `${path}.fabric`,
                got: `${show(pool.fabric)} of pool ${show(pool.name)}`,
                legal: `this fabric is ${kind}, and takes pools of that kind only`,
                remedy: `Give pool ${show(pool.name)} fabric ${kind}, or an RdmaFabric of its own.`,
            },
        ];
    }
    const entry = findInstance(pool.instanceType);
    if (entry === undefined) {
        return oneOf(`${path}.instanceType`, pool.instanceType, instanceTypes());
    }
    const expected = kind === FabricKind.Efa ? entry.network.efaInterfaces : 0;
    if (pool.efaPerNode === expected) {
        return [];
    }
    return [
        {
            path: `${path}.efaPerNode`,
            got: String(pool.efaPerNode),
            legal: `${entry.type} on ${kind} offers ${String(expected)}`,
            remedy: "Pass the pool's record on as GpuNodePool gave it.",
        },
    ];
}

function withoutEfa(path: string, machine: FabricMachine): InputProblem {
    const family = machine.type.split(".")[0] ?? "";
    const siblings = instanceTypes().filter((type) => type.startsWith(`${family}.`) && supportsEfa(instance(type)));
    return {
        path,
        got: show(FabricKind.Efa),
        legal: `${machine.type} has no EFA interface`,
        remedy: siblings.length > 0 ? `Use ${siblings.join(" or ")}, or fabric tcp.` : "Use fabric tcp.",
    };
}

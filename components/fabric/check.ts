/** Which fabric is possible on which machine, and what an RdmaFabric refuses. Pure. */
import { computeNics, findMachine, machineTypes } from "../../catalog/machines";
import { findInstance, instance, instanceTypes, supportsEfa } from "../../catalog/instances";
import { release } from "../../catalog/releases";
import type { NodePoolArgs } from "../gpu-node-pool/pool";
import { checkChartMirror, checkImageMirror, checkChartValues } from "../helm-chart";
import { oneOf, requirePlain, show } from "../input";
import type { InputProblem } from "../input";
import { checkRack } from "./check-rack";
import { serverMachine } from "./machine";
import type { FabricMachine } from "./machine";
import { NETWORK_OPERATOR } from "./network-operator";
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
        ...checkChartValues("values", release(isRack(args.kind) ? NETWORK_OPERATOR : EFA_PLUGIN), args.values),
        ...checkRack(args),
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
    if (pool.capacityKind === "owned") {
        return checkServers(path, pool, kind);
    }
    if (isRack(kind)) {
        return [
            {
                path: `${path}.fabric`,
                got: show(kind),
                legal: `EC2 instances have EFA or plain networking; ${kind} is a rack's fabric`,
                remedy: "Give the `pool` of a BareMetalNodePool, or use efa.",
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

function checkServers(path: string, pool: NodePoolArgs, kind: FabricKind): InputProblem[] {
    const entry = findMachine(pool.instanceType);
    if (entry === undefined) {
        return oneOf(`${path}.instanceType`, pool.instanceType, machineTypes());
    }
    const linkLayer = kind === FabricKind.Infiniband ? "infiniband" : "ethernet";
    const unfit = computeNics(entry).filter((nic) => isRack(kind) && !nic.linkTypes.includes(linkLayer));
    return unfit.length > 0
        ? [
              {
                  path: `${path}.fabric`,
                  got: show(kind),
                  legal: `${unfit.map((nic) => nic.model).join(", ")} of ${entry.type} can't join it`,
                  remedy: "Choose the fabric that the NICs are made for.",
              },
          ]
        : checkFabricKind(`${path}.fabric`, serverMachine(entry, linkLayer), kind);
}

/** Whether the network operator serves this kind. */
function isRack(kind: FabricKind): boolean {
    return kind === FabricKind.Infiniband || kind === FabricKind.Roce;
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

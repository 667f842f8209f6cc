/** What the settings of a rack's fabric refuse. Pure. */
import { computePorts, findMachine } from "../../catalog/machines";
import { at, oneOf, show, wholeNumber } from "../input";
import type { InputProblem } from "../input";
import { checkRoceQos } from "../quality-of-service/roce-qos";
import { DEFAULT_DSCP, DEFAULT_LOSSLESS_PRIORITY, FabricMode } from "./derive";
import type { FabricOptions } from "./derive";
import { DEFAULT_ADDRESS_RANGE, hasRailNetworks, networkSubnets, rackFabric } from "./network-operator";
import type { RackFabric } from "./network-operator";
import { FabricKind } from "./profile";
import { GpuDirect, NetworkDriver, SecondaryNetwork } from "./rack-args";
import type { RdmaFabricArgs } from "./rdma-fabric-args";

/** Highest partition key; 0x7fff is the default partition. */
const MOST_PKEY = 0x7ffe;

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

/** Mistakes of `rack`. Call it on kinds and pools that have been judged themselves. */
export function checkRack(args: RdmaFabricArgs): InputProblem[] {
    const { kind, pools, rack = {} } = args;
    if (kind !== FabricKind.Infiniband && kind !== FabricKind.Roce) {
        return args.rack === undefined
            ? []
            : [
                  {
                      path: "rack",
                      got: "settings",
                      legal: `a fabric of kind ${kind} has none`,
                      remedy: "Remove rack, or give kind infiniband or roce.",
                  },
              ];
    }
    const values = [
        ...oneOf("mode", rack.mode ?? FabricMode.SharedDevice, Object.values(FabricMode)),
        ...oneOf("secondaryNetwork", rack.secondaryNetwork ?? SecondaryNetwork.None, Object.values(SecondaryNetwork)),
        ...oneOf("driver", rack.driver ?? NetworkDriver.Host, Object.values(NetworkDriver)),
        ...(rack.gpuDirect === undefined ? [] : oneOf("gpuDirect", rack.gpuDirect, Object.values(GpuDirect))),
        ...wholeNumber("pkey", rack.pkey ?? 1, { min: 1, max: MOST_PKEY }),
        ...wholeNumber("virtualFunctions", rack.virtualFunctions ?? 1, { min: 1, max: 127 }),
        ...wholeNumber("addressesPerNode", rack.addressesPerNode ?? 4, { min: 1, max: 256 }),
        ...wholeNumber("mtu", rack.mtu ?? 9000, { min: 1500, max: 9216 }),
        ...(kind === FabricKind.Roce ? checkFabricOptions("", rack) : []),
    ].map((problem) => ({ ...problem, path: problem.path.replace(/^\./, "") }));
    const judged = pools.length > 0 && pools.every((pool) => findMachine(pool.instanceType) !== undefined);
    return at("rack", values.length > 0 || !judged ? values : checkRelations(rackFabric(kind, pools, rack)));
}

function checkRelations(fabric: RackFabric): InputProblem[] {
    return [
        ...checkPorts(fabric),
        ...checkSecondary(fabric),
        ...checkInfiniband(fabric),
        ...checkGpuDirect(fabric),
        ...(hasRailNetworks(fabric) && networkSubnets(fabric).length === 0
            ? [
                  {
                      path: "addressRange",
                      got: show(fabric.addressRange ?? DEFAULT_ADDRESS_RANGE),
                      legal: "an IPv4 range a.b.c.d/n with room for every node's addresses on every rail is legal",
                      remedy: "Give a wider range, such as 172.16.0.0/12, or fewer addressesPerNode.",
                  },
              ]
            : []),
        ...(fabric.kind === FabricKind.Roce && fabric.switchBufferKib !== undefined
            ? checkRoceQos({
                  linkGbps: 400,
                  bufferKib: fabric.switchBufferKib,
                  dscp: fabric.dscp,
                  priority: fabric.losslessPriority,
                  gidIndex: fabric.gidIndex,
              }).map((problem) => ({ ...problem, path: problem.path.replace("bufferKib", "switchBufferKib") }))
            : []),
    ];
}

/** Names of a host's ports: one for each rail, none twice, and given where something stands on them. */
function checkPorts(fabric: RackFabric): InputProblem[] {
    const ports = fabric.pools.map((pool) => {
        const entry = findMachine(pool.instanceType);
        return entry === undefined ? 0 : computePorts(entry);
    });
    const named = (path: "devices" | "interfaces"): InputProblem[] => {
        const names = fabric[path];
        return names === undefined ||
            (new Set(names).size === names.length && ports.every((count) => count === names.length))
            ? []
            : [
                  {
                      path,
                      got: names.join(", "),
                      legal: `one name for each of the ${[...new Set(ports)].join(" or ")} rails of a node, each once`,
                      remedy: "List them in rail order; hosts that differ need a fabric of their own.",
                  },
              ];
    };
    const standing =
        fabric.mode === FabricMode.Sriov ||
        (fabric.secondaryNetwork ?? SecondaryNetwork.None) !== SecondaryNetwork.None;
    return [
        ...named("devices"),
        ...named("interfaces"),
        ...(standing && fabric.interfaces === undefined
            ? [
                  {
                      path: "interfaces",
                      got: "nothing",
                      legal: `${fabric.mode === FabricMode.Sriov ? "virtual functions" : "secondary networks"} stand on the hosts' network interfaces`,
                      remedy: "List them in rail order, for example ens1f0np0.",
                  },
              ]
            : []),
    ];
}

/** Partitions and SHARP are InfiniBand's, and virtual functions get their partition from UFM. */
function checkInfiniband(fabric: RackFabric): InputProblem[] {
    if (fabric.kind !== FabricKind.Infiniband) {
        return (["pkey", "ufmSecret", "sharp"] as const)
            .filter((path) => fabric[path] !== undefined && fabric[path] !== false)
            .map((path) => ({
                path,
                got: show(fabric[path]),
                legal: `${fabric.kind} has no subnet manager: partitions and SHARP are InfiniBand's`,
                remedy: "Remove it.",
            }));
    }
    const virtual = fabric.mode === FabricMode.Sriov;
    return [
        ...(virtual && fabric.pkey !== undefined && fabric.ufmSecret === undefined
            ? [
                  {
                      path: "ufmSecret",
                      got: "nothing",
                      legal: "a virtual function gets a GUID of its own, which UFM must put into the partition",
                      remedy: "Name the Secret with UFM's login in the network operator's namespace, or use mode shared-device.",
                  },
              ]
            : []),
        ...(virtual && fabric.sharp === true
            ? [
                  {
                      path: "sharp",
                      got: "true",
                      legal: "switches reduce for ports, not for virtual functions",
                      remedy: "Use mode shared-device or host-device, or remove sharp.",
                  },
              ]
            : []),
    ];
}

function checkGpuDirect(fabric: RackFabric): InputProblem[] {
    const arm = fabric.pools.find((pool) => findMachine(pool.instanceType)?.cpuArchitecture === "arm64");
    return fabric.gpuDirect !== GpuDirect.Peermem || arm === undefined
        ? []
        : [
              {
                  path: "gpuDirect",
                  got: show(fabric.gpuDirect),
                  legal: `nodes of pool "${arm.name}" are Arm, whose pages of 64 KiB nvidia_peermem does not serve`,
                  remedy: `Use ${GpuDirect.DmaBuf}.`,
              },
          ];
}

function checkSecondary(fabric: RackFabric): InputProblem[] {
    const secondary = fabric.secondaryNetwork ?? SecondaryNetwork.None;
    if (secondary === SecondaryNetwork.None) {
        return [];
    }
    const fitting = fabric.kind === FabricKind.Infiniband ? SecondaryNetwork.Ipoib : SecondaryNetwork.Macvlan;
    if (fabric.mode !== FabricMode.SharedDevice) {
        return [
            {
                path: "secondaryNetwork",
                got: show(secondary),
                legal: `mode ${fabric.mode} moves devices into the pod, with a network of their own`,
                remedy: "Remove it, or use mode shared-device.",
            },
        ];
    }
    return secondary === fitting
        ? []
        : [
              {
                  path: "secondaryNetwork",
                  got: show(secondary),
                  legal: `${fabric.kind} carries ${fitting}: MACVLAN needs Ethernet frames, IPoIB an InfiniBand port`,
                  remedy: `Use ${fitting}.`,
              },
          ];
}

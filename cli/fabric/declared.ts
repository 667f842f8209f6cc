/** What a fabric was declared to be: from an environment in racks, or from an inventory and a few flags. */
import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import { computeNics, findMachine } from "../../catalog/machines";
import { findSwitch, switchModels } from "../../catalog/switches";
import type { SshArgs } from "../../components/bare-metal/bare-metal-args";
import { FabricMode, fabricProfile } from "../../components/fabric/derive";
import { serverMachine } from "../../components/fabric/machine";
import { fullMember } from "../../components/fabric/partition";
import { FabricKind } from "../../components/fabric/profile";
import type { RackFabricArgs } from "../../components/fabric/rack-args";
import { InputError, oneOf, refuse } from "../../components/input";
import type { Inventory } from "../../components/inventory";
import { checkRoceQos, roceQos } from "../../components/quality-of-service";
import type { RoceQos } from "../../components/quality-of-service";
import { readProject, readStack } from "../plan/project";
import { readInventoryFile } from "./inventory-file";

/** A fabric as it should be. */
export interface DeclaredFabric {
    name: string;
    kind: FabricKind;
    inventory: Inventory;
    /** Quality of service; on InfiniBand only the link rate counts. */
    qos: RoceQos;
    /** NCCL's variables in the training containers of this fabric. */
    nccl: { [name: string]: string };
    /** Partition key that every rail has at index 1, `0x8005`; absent for the default partition. */
    partition?: string;
    /** Model of the leaves, which names their ports by number. */
    switchModel?: string;
    /** How hosts are reached. */
    ssh: SshArgs;
}

/** What the command line adds to an inventory, or replaces of an environment. */
export interface DeclaredFlags {
    cwd: string;
    kind?: string;
    switch?: string;
    dscp?: string;
    priority?: string;
    mtu?: string;
    gidIndex?: string;
    bufferKib?: string;
    machineType?: string;
}

interface SiteSettings {
    inventory?: string;
    fabric?: string;
    rack?: RackFabricArgs;
    ssh?: SshArgs;
}

/**
 * The declared fabric of an environment's name or an inventory's path.
 *
 * @throws InputError with every mistake.
 */
export function declaredFabric(subject: string, flags: DeclaredFlags): DeclaredFabric {
    const isFile = [".yaml", ".yml", ".json", ".csv"].includes(extname(subject)) || existsSync(resolve(subject));
    return isFile
        ? declared(subject, readInventoryFile(subject, flags.machineType), flags.kind ?? FabricKind.Roce, {}, flags)
        : ofEnvironment(subject, flags);
}

function ofEnvironment(environment: string, flags: DeclaredFlags): DeclaredFabric {
    const project = readProject(flags.cwd);
    const stack = readStack(project, environment);
    const text = stack.values[`${project.name}:site`];
    const site = (text === undefined ? {} : JSON.parse(text)) as SiteSettings;
    if (site.inventory === undefined) {
        throw new InputError(stack.file, [
            {
                path: `${project.name}:site`,
                got: text === undefined ? "nothing" : "no inventory",
                legal: "an environment in racks has a site with an inventory; AWS looks after its own switches",
                remedy: "Name an environment in racks, or the path of an inventory.",
            },
        ]);
    }
    const inventory = readInventoryFile(resolve(project.directory, site.inventory));
    return {
        ...declared(environment, inventory, flags.kind ?? site.fabric ?? "", site.rack ?? {}, flags),
        ssh: site.ssh ?? {},
    };
}

function declared(
    name: string,
    inventory: Inventory,
    kind: string,
    rack: RackFabricArgs,
    flags: DeclaredFlags,
): DeclaredFabric {
    refuse("kilogpu", [
        ...oneOf("--kind", kind, [FabricKind.Infiniband, FabricKind.Roce]),
        ...(flags.switch === undefined ? [] : oneOf("--switch", flags.switch, switchModels())),
    ]);
    const entry = findMachine(inventory.hosts[0]?.machineType ?? inventory.machineType ?? "");
    const bufferKib = given(flags.bufferKib) ?? rack.switchBufferKib ?? findSwitch(flags.switch ?? "")?.bufferKib;
    const roce = kind === FabricKind.Roce;
    if (entry === undefined || (roce && bufferKib === undefined)) {
        throw new InputError("kilogpu", [
            {
                path: "--buffer-kib",
                got: "nothing",
                legal: "ECN thresholds follow from the packet buffer of the shallowest switch",
                remedy: "Give --switch or --buffer-kib, or switchBufferKib in the environment.",
            },
        ]);
    }
    const options: RackFabricArgs = {
        ...rack,
        ...(flags.dscp === undefined ? {} : { dscp: Number(flags.dscp) }),
        ...(flags.priority === undefined ? {} : { losslessPriority: Number(flags.priority) }),
        ...(flags.gidIndex === undefined ? {} : { gidIndex: Number(flags.gidIndex) }),
    };
    const qos = {
        linkGbps: Math.min(...computeNics(entry).map((nic) => nic.gbps)),
        // An InfiniBand switch has no thresholds: any legal buffer will do.
        bufferKib: roce ? (bufferKib ?? 0) : 1024,
        dscp: options.dscp,
        priority: options.losslessPriority,
        gidIndex: options.gidIndex,
        mtu: given(flags.mtu) ?? rack.mtu,
    };
    refuse("kilogpu", checkRoceQos(qos));
    const machine = serverMachine(entry, roce ? "ethernet" : "infiniband", rack.devices);
    return {
        name,
        kind: kind as FabricKind,
        inventory,
        qos: roceQos(qos),
        // Virtual functions carry the partition themselves.
        ...(roce || rack.pkey === undefined || rack.mode === FabricMode.Sriov
            ? {}
            : { partition: fullMember(rack.pkey) }),
        nccl: fabricProfile(machine, kind as FabricKind, options).ncclEnvironment,
        ...(flags.switch === undefined ? {} : { switchModel: flags.switch }),
        ssh: {},
    };
}

function given(flag: string | undefined): number | undefined {
    return flag === undefined ? undefined : Number(flag);
}

/** Reader of the bare-metal machine catalogue: GPU servers that a site owns, with their NICs. */
import data from "./data/machines.json";
import type { MachineNic, MachineType } from "./types";
import { unknownName } from "./unknown-name";

const machines = new Map((data as unknown as MachineType[]).map((entry) => [entry.type, entry]));

/** Every machine type of the catalogue, in the order of the file. */
export function machineTypes(): string[] {
    return [...machines.keys()];
}

/** The machine type, or undefined when the catalogue does not hold it. */
export function findMachine(type: string): MachineType | undefined {
    return machines.get(type);
}

/**
 * The machine type.
 *
 * @throws UnknownNameError `unknown machine type hgx-h10, did you mean hgx-h100?`
 */
export function machine(type: string): MachineType {
    const entry = machines.get(type);
    if (entry === undefined) {
        throw unknownName("machine type", type, machineTypes());
    }
    return entry;
}

/** NICs that carry training traffic. */
export function computeNics(entry: MachineType): MachineNic[] {
    return entry.nics.filter((nic) => nic.role === "compute");
}

/** RDMA ports that carry training traffic. */
export function computePorts(entry: MachineType): number {
    return computeNics(entry).reduce((sum, nic) => sum + nic.count, 0);
}

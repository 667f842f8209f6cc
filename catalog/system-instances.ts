/** Reader of the instance types for nodes without GPU: the system node group, build and login nodes. */
import { findInstance } from "./instances";
import data from "./data/system-instances.json";
import type { NodeShape, SystemInstanceType } from "./types";
import { unknownName } from "./unknown-name";

const systemInstances = new Map((data as SystemInstanceType[]).map((entry) => [entry.type, entry]));

/** Every instance type without GPU in the catalogue, in the order of the file. */
export function systemInstanceTypes(): string[] {
    return [...systemInstances.keys()];
}

/** The instance type, or undefined when the catalogue does not hold it. */
export function findSystemInstance(type: string): SystemInstanceType | undefined {
    return systemInstances.get(type);
}

/**
 * The instance type.
 *
 * @throws UnknownNameError `unknown system instance type m7i.2xlrge, did you mean m7i.2xlarge?`
 */
export function systemInstance(type: string): SystemInstanceType {
    const entry = systemInstances.get(type);
    if (entry === undefined) {
        throw unknownName("system instance type", type, systemInstanceTypes());
    }
    return entry;
}

/** What any node offers, with GPUs or without; undefined when neither catalogue holds the type. */
export function findNodeShape(type: string): NodeShape | undefined {
    const system = systemInstances.get(type);
    if (system !== undefined) {
        const { vcpus, memoryGib, cpuArchitecture } = system;
        return { type, vcpus, memoryGib, cpuArchitecture, gpus: 0, efaInterfaces: 0 };
    }
    const gpu = findInstance(type);
    if (gpu === undefined) {
        return undefined;
    }
    const { vcpus, memoryGib, cpuArchitecture, gpus, network } = gpu;
    return { type, vcpus, memoryGib, cpuArchitecture, gpus: gpus.count, efaInterfaces: network.efaInterfaces };
}

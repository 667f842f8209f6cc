/** Reader of the switch catalogue: radix, port rate and packet buffer of the switches that a GPU fabric is built of. */
import data from "./data/switches.json";
import type { Source } from "./types";
import { unknownName } from "./unknown-name";

/** One switch model, at the port rate that a design counts in. */
export interface SwitchModel {
    model: string;
    vendor: string;
    network: "infiniband" | "ethernet";
    /** Rate of one logical port, Gbit/s. */
    portGbps: number;
    /** Logical ports at that rate: the radix. */
    ports: number;
    /** Logical ports that share one transceiver cage: 2 for a twin-port OSFP. */
    portsPerCage: number;
    /** Packet buffer of the whole switch, KiB; 0 for InfiniBand, whose credits need no thresholds. */
    bufferKib: number;
    sources: { [topic: string]: Source };
}

const switches = new Map((data as SwitchModel[]).map((entry) => [entry.model, entry]));

/** Every switch model of the catalogue, in the order of the file. */
export function switchModels(): string[] {
    return [...switches.keys()];
}

/** The switch model, or undefined when the catalogue does not hold it. */
export function findSwitch(model: string): SwitchModel | undefined {
    return switches.get(model);
}

/**
 * The switch model.
 *
 * @throws UnknownNameError `unknown switch model QM970, did you mean QM9700?`
 */
export function switchModel(model: string): SwitchModel {
    const entry = switches.get(model);
    if (entry === undefined) {
        throw unknownName("switch model", model, switchModels());
    }
    return entry;
}

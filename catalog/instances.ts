/** Reader of the instance catalogue, and the network interfaces that follow from an instance's cards. */
import data from "./data/instances.json";
import type { InstanceType, NetworkInterfaceLayout } from "./types";
import { unknownName } from "./unknown-name";

const instances = new Map((data as unknown as InstanceType[]).map((entry) => [entry.type, entry]));

/** Every instance type of the catalogue, in the order of the file. */
export function instanceTypes(): string[] {
    return [...instances.keys()];
}

/** The instance type, or undefined when the catalogue does not hold it. */
export function findInstance(type: string): InstanceType | undefined {
    return instances.get(type);
}

/**
 * The instance type.
 *
 * @throws UnknownNameError `unknown instance type p5.48xlrge, did you mean p5.48xlarge?`
 */
export function instance(type: string): InstanceType {
    const entry = instances.get(type);
    if (entry === undefined) {
        throw unknownName("instance type", type, instanceTypes());
    }
    return entry;
}

/** Whether the instance type has at least one EFA interface. */
export function supportsEfa(entry: InstanceType): boolean {
    return entry.network.efaInterfaces > 0;
}

/** What the layout of a node's network interfaces depends on. */
export interface NetworkInterfaceOptions {
    /** Attach every EFA interface that the type has. Without, the node gets its primary interface alone. */
    efa: boolean;
}

/**
 * Network interfaces of a node, primary first, as AWS documents them today (efa-acc-inst-types): card 0 device 0 is an ENA
 * `interface`, because an `efa-only` one can't be primary; card 0 device 1 is `efa-only` where card 0 carries EFA; every other
 * card that carries EFA has one `efa-only` at device 0. So exactly `efaInterfaces` EFA devices and one IP-bearing interface
 * come out, also on p6-b300 (card 0 is ENA only) and p6e-gb200 (cards 1, 5, 9 and 13).
 *
 * @throws Error when EFA is asked of a type that has none.
 */
export function networkInterfaces(entry: InstanceType, options: NetworkInterfaceOptions): NetworkInterfaceLayout[] {
    const primary: NetworkInterfaceLayout = { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" };
    if (!options.efa) {
        return [primary];
    }
    if (!supportsEfa(entry)) {
        const sibling = instanceTypes().filter((type) => {
            const other = instance(type);
            return other.family === entry.family && supportsEfa(other);
        });
        const remedy = sibling.length > 0 ? ` In its family, EFA is on ${sibling.join(", ")}.` : "";
        throw new Error(`${entry.type} has no EFA interface.${remedy}`);
    }
    const efa = entry.network.cards
        .filter((card) => card.carries !== "ena")
        .map((card): NetworkInterfaceLayout => ({
            networkCardIndex: card.index,
            deviceIndex: card.index === 0 ? 1 : 0,
            interfaceType: "efa-only",
        }));
    return [primary, ...efa];
}

/** Stages of a rollout: canaries, then rack by rack, never more hosts at a time than may be away. Pure. */
import type { InventoryHost } from "../inventory/inventory";
import type { RolloutArgs } from "./bare-metal-args";

/**
 * The stages in order. Racks and hosts keep the order of the inventory; every host is in exactly one stage. Racks stay whole where a stage has
 * room for them; one that is larger than a stage has stages of its own.
 */
export function rolloutStages(hosts: readonly InventoryHost[], rollout: RolloutArgs = {}): InventoryHost[][] {
    const canaries = hosts.slice(0, rollout.canaries ?? 1);
    const racks = new Map<string, InventoryHost[]>();
    for (const host of hosts.slice(canaries.length)) {
        racks.set(host.rack, [...(racks.get(host.rack) ?? []), host]);
    }
    const size = rollout.maxUnavailable ?? 4;
    const stages: InventoryHost[][] = canaries.length > 0 ? [canaries] : [];
    let open: InventoryHost[][] = [];
    const close = (): void => {
        if (open.length > 0) {
            stages.push(open.flat());
        }
        open = [];
    };
    for (const rack of racks.values()) {
        if (open.length === (rollout.racks ?? 1) || open.flat().length + rack.length > size) {
            close();
        }
        if (rack.length <= size) {
            open.push(rack);
        } else {
            for (let from = 0; from < rack.length; from += size) {
                stages.push(rack.slice(from, from + size));
            }
        }
    }
    close();
    return stages;
}

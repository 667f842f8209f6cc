/** Stages of a rollout: canaries, then rack by rack, never more hosts at a time than may be away. Pure. */
import type { InventoryHost } from "../inventory/inventory";
import type { RolloutArgs } from "./bare-metal-args";

/** The stages in order. Racks and hosts keep the order of the inventory; every host is in exactly one stage. */
export function rolloutStages(hosts: readonly InventoryHost[], rollout: RolloutArgs = {}): InventoryHost[][] {
    const canaries = hosts.slice(0, rollout.canaries ?? 1);
    const racks = new Map<string, InventoryHost[]>();
    for (const host of hosts.slice(canaries.length)) {
        racks.set(host.rack, [...(racks.get(host.rack) ?? []), host]);
    }
    const size = rollout.maxUnavailable ?? 4;
    const stages = [...racks.values()].flatMap((rack) =>
        Array.from({ length: Math.ceil(rack.length / size) }, (_, index) =>
            rack.slice(index * size, (index + 1) * size),
        ),
    );
    return canaries.length > 0 ? [canaries, ...stages] : stages;
}

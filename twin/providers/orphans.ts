/** What an interrupted run created and the finished program no longer has. */
import { CloudStore, type CloudRecord } from "./cloud-store";
import { SimulatedAws } from "./aws/provider";
import { TwinKubernetes } from "./kubernetes/provider";
import type { Provider } from "./runtime/provider";
import { identityOf } from "./runtime/serve";

/** Rounds in which what another orphan still uses is tried again. */
const rounds = 5;

/**
 * Removes every record whose URN and id the state does not hold, youngest first; marks the others as settled. To be called after an `up`
 * or `destroy` that finished, when the state is the whole truth. Returns the URNs removed.
 */
export async function removeOrphans(environment: string, resources: { urn: string; id?: string }[]): Promise<string[]> {
    // By type and id: an alias gives a resource a new URN without a word to its provider.
    const state = new Set(resources.map(({ urn, id }) => `${identityOf(urn).type}|${id ?? ""}`));
    const removed: string[] = [];
    const clouds: [string, () => Provider][] = [
        ["kubernetes", () => new TwinKubernetes(environment)],
        ["aws", () => new SimulatedAws(environment)],
    ];
    for (const [name, provider] of clouds) {
        const store = new CloudStore(environment, name);
        const orphans: CloudRecord[] = [];
        for (const record of store.all()) {
            if (!state.has(`${record.type}|${record.id}`)) {
                orphans.push(record);
            } else if (!record.settled) {
                store.put({ ...record, settled: true });
            }
        }
        if (orphans.length > 0) {
            removed.push(...(await removeAll(provider(), orphans.reverse())));
        }
    }
    return removed;
}

async function removeAll(provider: Provider, orphans: CloudRecord[]): Promise<string[]> {
    const removed: string[] = [];
    let left = orphans;
    let failure: unknown;
    for (let round = 0; round < rounds && left.length > 0; round++) {
        const again: CloudRecord[] = [];
        for (const record of left) {
            try {
                const resource = { ...identityOf(record.urn), type: record.type };
                await provider.delete(resource, record.id, record.inputs, record.outputs);
                removed.push(record.urn);
            } catch (error) {
                failure = error;
                again.push(record);
            }
        }
        left = again;
    }
    provider.close();
    if (left.length > 0) {
        throw new Error(
            `${left.length} leftovers of an interrupted run could not be removed: ${left.map(({ urn }) => urn).join(", ")}`,
            { cause: failure },
        );
    }
    return removed;
}

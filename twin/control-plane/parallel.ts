/** Work on many objects with a bound on what runs at once. */

/** Calls `work` for each item, at most `limit` at a time; the first error ends the work and is thrown. Results keep the items' order. */
export async function inParallel<Item, Result>(
    items: readonly Item[],
    limit: number,
    work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
    const results = new Array<Result>(items.length);
    let next = 0;
    let failed = false;
    const worker = async (): Promise<void> => {
        while (next < items.length && !failed) {
            const index = next++;
            try {
                results[index] = await work(items[index] as Item, index);
            } catch (error) {
                failed = true;
                throw error;
            }
        }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    return results;
}

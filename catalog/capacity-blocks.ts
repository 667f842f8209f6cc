/** Rules of EC2 capacity blocks: how large, how long, when they end. */
import data from "./data/capacity-blocks.json";
import type { CapacityBlockRules } from "./types";

/** What AWS lets one buy as a capacity block, and when its instances end. */
export const capacityBlockRules: CapacityBlockRules = data;

/** Whether a block can be bought for this many days: 1 to 14, then 21, 28 and so on to 182. */
export function isCapacityBlockLength(days: number): boolean {
    const { maximumDaysByDay, maximumDays } = capacityBlockRules;
    if (!Number.isInteger(days) || days < 1 || days > maximumDays) {
        return false;
    }
    return days <= maximumDaysByDay || days % 7 === 0;
}

// https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3588
// A placement group was asked for together with a capacity block.
// Caught by: pools[0].capacity.placementGroup
import { settings, train } from "./environment";
const [block] = settings.pools;
if (block !== undefined) {
    train({ pools: [{ ...block, capacity: { ...block.capacity, placementGroup: true } }] });
}

// https://github.com/eksctl-io/eksctl/issues/8207
// The same request: here the pool does not name the block that it should use.
// Caught by: pools[0].capacity.reservationId
import { settings, train } from "./environment";
const [block] = settings.pools;
if (block !== undefined) {
    train({ pools: [{ ...block, capacity: { ...block.capacity, reservationId: undefined } }] });
}

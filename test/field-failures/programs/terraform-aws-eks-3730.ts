// https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3730
// The module's placement group gave InsufficientInstanceCapacity beside an on-demand capacity reservation.
// Caught by: reservations-carry-no-placement-group
import { patch, settings, train } from "./environment";
const [block] = settings.pools;
if (block !== undefined) {
    const capacity = { kind: "reservation", reservationId: "cr-0a1b2c3d4e5f60718", reservedNodes: 64 } as const;
    train({ pools: [{ ...block, capacity }] }, [
        patch("LaunchTemplate#block-template", ["placement"], { groupName: "forced" }),
    ]);
}

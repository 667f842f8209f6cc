// https://github.com/kubernetes-sigs/karpenter/issues/2833
// Nodes with failures that DCGM saw were never repaired: here repair is off.
// Caught by: gpu-nodes-repair-themselves
import { settings, train } from "./environment";
const [block] = settings.pools;
if (block !== undefined) {
    train({ pools: [{ ...block, repair: false }] });
}

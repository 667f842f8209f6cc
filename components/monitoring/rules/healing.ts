/**
 * What happens by itself after a fault, in the words of the runbooks. Only what is there: node repair of EKS (docs.aws.amazon.com/eks,
 * node-repair and node-health-nma: AcceleratedHardwareReady after 10 minutes, Ready after 30), Kueue's replacement of nodes, JobSet's
 * restarts, the training loop's rollback. Nothing of the library cordons a node.
 */
const kueue =
    "Once the node is not Ready or has a NoExecute taint, Kueue replaces it in running jobs, and they go on from their last checkpoint.";
const byHand =
    "nothing cordons the node but you, or whatever takes this alert at `receivers.remediationUrl`: `kubectl taint node <node> <key>:NoExecute` is enough";

/** After a fault of a GPU. */
export const gpuRepaired = `On EKS the node monitoring agent sees most of these faults too, and node repair, which is on by default, reboots or replaces the node after ten minutes. Elsewhere ${byHand}. ${kueue}`;

/** After a fault that no agent of EKS acts on: PCIe, clocks, a slow rank. */
export const notRepaired = `No agent acts on it: ${byHand}. ${kueue}`;

/** After a fault of the network between nodes. */
export const cordoned = `NCCL's time-out ends a job whose collective cannot go on, and JobSet starts it again from its last checkpoint. Its nodes are the same unless somebody takes this one out: ${byHand}. ${kueue}`;

/** After a node is lost. */
export const nodeReplaced =
    "Kueue replaces the node in running jobs, or evicts and queues them again where none is spare; they go on from their last checkpoint. On EKS node repair replaces a node that is not Ready for half an hour. This alert inhibits every other one of the node.";

// https://github.com/kubernetes-sigs/kueue/issues/4329
// Kueue admits by quota what has no nodes: here the quota is above the nodes.
// Caught by: quotas-fit-the-gpus
import { patch, train } from "./environment";
const quota = ["spec", "resourceGroups", 0, "flavors", 0, "resources", 3, "nominalQuota"];
train({}, [patch("ClusterQueue#train-queues-cluster-queue-pretrain", quota, "2048")]);

// https://github.com/pulumi/pulumi-kubernetes/issues/3247
// Custom resources were created before their CRDs and outlived their operator.
// Caught by: custom-resources-leave-before-their-operator
import { independent, train } from "./environment";
train({}, [independent("ClusterQueue#train-queues-cluster-queue-pretrain")]);

// https://github.com/pulumi/pulumi-kubernetes/issues/3247
// Custom resources were created before their CRDs and outlived their operator: here a queue whose flavors stand in it as text.
// Caught by: custom-resources-leave-before-their-operator
import { independent, train } from "./environment";

const spec = { namespaceSelector: {}, resourceGroups: [] };
train({}, [independent("ClusterQueue#train-queues-cluster-queue-pretrain", { spec })]);

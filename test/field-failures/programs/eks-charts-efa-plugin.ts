// https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin
// The EFA plugin's chart does not tolerate the GPU taint: no node offered EFA.
// Caught by: daemonsets-tolerate-pool-taints
import { patch, train } from "./environment";
train({}, [patch("Release#train-efa-efa", ["values", "tolerations"], undefined)]);

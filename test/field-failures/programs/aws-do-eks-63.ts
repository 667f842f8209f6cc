// https://github.com/aws-samples/aws-do-eks/pull/63
// A hostPath over /dev/infiniband killed EFA on B200.
// Caught by: no-infiniband-host-path
import { appended, patch, pod, train } from "./environment";
const devices = { name: "ib", hostPath: { path: "/dev/infiniband" } };
train({}, [patch("ClusterTrainingRuntime#", [...pod, "volumes"], appended(devices))]);

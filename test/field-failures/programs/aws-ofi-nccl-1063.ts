// https://github.com/aws/aws-ofi-nccl/issues/1063
// aws-ofi-nccl gave up and training went on over TCP in silence; a job that is told to use no plugin does the same.
// Caught by: nccl-uses-the-fabric
import { appended, container, patch, train } from "./environment";
const plugin = { name: "NCCL_NET_PLUGIN", value: "none" };
train({}, [patch("ClusterTrainingRuntime#", [...container, "env"], appended(plugin))]);

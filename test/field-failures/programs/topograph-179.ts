// https://github.com/NVIDIA/topograph/issues/179
// Topology labels of one source mistaken for those of another: here a level that no node carries.
// Caught by: topology-levels-exist-on-nodes
import { patch, train } from "./environment";
train({}, [patch("Topology#", ["spec", "levels", 0, "nodeLabel"], "network.topology.nvidia.com/spine")]);

// https://github.com/NVIDIA/gpu-operator/issues/2868
// peermem again, switched on by text instead of a boolean.
// Caught by: no-peermem-on-efa
import { patch, train } from "./environment";
train({}, [patch("Release#train-gpu-operator", ["values", "driver", "rdma"], { enabled: "true" })]);

// https://github.com/NVIDIA/gpu-operator/issues/2619
// nvidia-peermem crash-looped where no InfiniBand is.
// Caught by: no-peermem-on-efa
import { patch, train } from "./environment";
train({}, [patch("Release#train-gpu-operator", ["values", "driver", "rdma"], { enabled: true })]);

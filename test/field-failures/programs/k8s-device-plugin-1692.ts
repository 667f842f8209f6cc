// https://github.com/NVIDIA/k8s-device-plugin/issues/1692
// The device plugin's MOFED default broke every EFA pod.
// Caught by: no-mellanox-mounts-on-efa
import { patch, train } from "./environment";
train({}, [patch("Release#train-gpu-operator", ["values", "devicePlugin", "env"], undefined)]);

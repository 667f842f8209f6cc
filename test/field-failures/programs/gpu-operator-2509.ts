// https://github.com/NVIDIA/gpu-operator/issues/2509
// Driver upgrades met running jobs and nodes stayed upgrade-required for weeks.
// Caught by: driver-upgrades-wait-for-training
import { patch, train } from "./environment";
train({}, [patch("Release#train-gpu-operator", ["values", "driver"], { enabled: true })]);

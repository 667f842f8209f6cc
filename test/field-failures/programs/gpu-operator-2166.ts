// https://github.com/NVIDIA/gpu-operator/issues/2166
// The driver pod crash-looped under running workloads: here it is installed over the image's own driver.
// Caught by: driver-has-one-owner
import { patch, train } from "./environment";
const driver = { enabled: true, upgradePolicy: { waitForCompletion: { podSelector: "a=b" } } };
train({}, [patch("Release#train-gpu-operator", ["values", "driver"], driver)]);

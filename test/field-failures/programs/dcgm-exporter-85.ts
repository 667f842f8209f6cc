// https://github.com/NVIDIA/dcgm-exporter/issues/85
// GPU metrics named the exporter's pod instead of the job's.
// Caught by: gpu-metrics-keep-pod-labels
import { patch, train } from "./environment";
train({}, [patch("Release#train-gpu-operator", ["values", "dcgmExporter", "serviceMonitor"], { enabled: true })]);

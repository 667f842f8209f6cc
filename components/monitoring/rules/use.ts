/** What the GPUs are used for: paid and idle, busy and without result, full for long. */
import type { RuleSource } from "./rule";

export const gpuUse: RuleSource = {
    name: "gpu-use",
    title: "Use of the GPUs",
    alerts: () => [
        {
            name: "GpuAllocatedIdle",
            severity: "warning",
            for: "10m",
            expr: `avg by (namespace, pod, node) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""}[30m])) < 0.05
  and on (namespace, pod) (time() - max by (namespace, pod) (kube_pod_start_time) > 3600)`,
            summary:
                "{{ $labels.namespace }}/{{ $labels.pod }} holds GPUs of {{ $labels.node }} and does not use them.",
            description: "{{ $value | humanizePercentage }} of half an hour, an hour after the start.",
            runbook: {
                meaning:
                    "Somebody pays for GPUs that wait: a notebook left open, a job that hangs before its first step.",
                look: ["Dashboard kilogpu / queues", "`kubectl logs -n <namespace> <pod>`"],
                act: ["Ask the owner; delete the job.", "Give notebooks a time limit."],
                healing: "None: an idle pod may be somebody's debugger.",
            },
        },
        {
            name: "GpuTensorCoresIdle",
            severity: "info",
            for: "30m",
            expr: `avg by (namespace, pod) (avg_over_time(DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{pod!=""}[30m])) < 0.05
  and on (namespace, pod) avg by (namespace, pod) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""}[30m])) > 0.5`,
            summary: "{{ $labels.namespace }}/{{ $labels.pod }} keeps GPUs busy without tensor cores.",
            description:
                "Tensor cores work {{ $value | humanizePercentage }} of the time while the GPU is busy: fp32, small matrices, or waiting in collectives.",
            runbook: {
                meaning: "Usually a factor of five or more in speed is left.",
                look: ["Dashboard kilogpu / job, root cause panel"],
                act: ["bf16 autocast on? Matrix sizes multiples of 64?", "Profile ten steps."],
                healing: "None.",
            },
        },
        {
            name: "GpuScaleOut",
            severity: "info",
            for: "30m",
            expr: `avg_over_time(cluster:kilogpu_engine_active[30m]) > 0.9
  and on () (cluster:kilogpu_gpus_requested > cluster:kilogpu_gpus_allocatable)`,
            summary: "GPUs are full and work waits: a signal to scale out.",
            description:
                "Allocated GPUs were busy {{ $value | humanizePercentage }} of half an hour, and more are asked for than there are.",
            runbook: {
                meaning: "More GPUs would be used at once.",
                look: ["Dashboard kilogpu / capacity"],
                act: ["Raise a pool's nodes, or book the next capacity block."],
                healing: "Autoscaled pools grow by themselves; capacity blocks cannot.",
            },
        },
        {
            name: "FleetUnderused",
            severity: "info",
            for: "6h",
            expr: `cluster:kilogpu_gpus_requested < 0.5 * cluster:kilogpu_gpus_allocatable and on () cluster:kilogpu_gpus_allocatable > 0`,
            summary: "Less than half of the GPUs are allocated for six hours.",
            description: "{{ $value }} GPUs are asked for.",
            runbook: {
                meaning: "Capacity is paid and nobody wants it.",
                look: ["Dashboard kilogpu / fleet, dollars idle"],
                act: ["Lend quota, lower the pool, end the reservation."],
                healing: "Autoscaled pools shrink by themselves.",
            },
        },
        {
            name: "GpuPodImageStuck",
            severity: "warning",
            for: "15m",
            expr: `max by (namespace, pod, reason) (kube_pod_container_status_waiting_reason{reason=~"ImagePullBackOff|ErrImagePull|CreateContainerConfigError|CreateContainerError"}) == 1
  and on (namespace, pod) sum by (namespace, pod) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 0`,
            summary: "{{ $labels.namespace }}/{{ $labels.pod }} holds GPUs and cannot start: {{ $labels.reason }}.",
            description: "For 15 minutes (flag {{ $value }}). The whole gang waits for this pod.",
            runbook: {
                meaning: "All GPUs of the job idle while one image does not come.",
                look: ["`kubectl describe pod -n <namespace> <pod>`: events"],
                act: [
                    "Name and tag of the image, pull secret, registry's rate limit.",
                    "Mirror large images near the cluster.",
                ],
                healing: "Kueue evicts a gang that is not ready in time and queues it again.",
            },
        },
    ],
};

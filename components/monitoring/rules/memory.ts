/** GPU memory before it runs out, and the node's own. */
import type { RuleSource } from "./rule";

const jobPanel = "Dashboard kilogpu / job, row memory";

export const gpuMemory: RuleSource = {
    name: "gpu-memory",
    title: "Memory before it runs out",
    alerts: () => [
        {
            name: "GpuMemoryNearFull",
            severity: "warning",
            for: "10m",
            // There is no FB_TOTAL in the exporter: used and free are all there is.
            expr: `max by (node, gpu, UUID, namespace, pod) (DCGM_FI_DEV_FB_USED{pod!=""} / (DCGM_FI_DEV_FB_USED{pod!=""} + DCGM_FI_DEV_FB_FREE{pod!=""})) > 0.97`,
            summary:
                "GPU {{ $labels.gpu }} of {{ $labels.node }} is almost out of memory ({{ $labels.namespace }}/{{ $labels.pod }}).",
            description:
                "{{ $value | humanizePercentage }} of GPU memory is used for ten minutes. PyTorch keeps what it once had; the allocator's own numbers tell whether tensors need it.",
            runbook: {
                meaning: "The next larger batch or a fragmented allocator ends the job with an out-of-memory error.",
                look: [jobPanel, "`train_gpu_memory_allocated_bytes` against `train_gpu_memory_reserved_bytes`"],
                act: [
                    "Allocated near reserved: smaller micro-batch, activation checkpointing or more shards.",
                    "Reserved far above allocated: `PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True`.",
                ],
                healing:
                    "An out-of-memory error fails the pod; the job starts again from its last checkpoint, as often as maxRestarts says.",
            },
        },
        {
            name: "GpuMemoryLeak",
            severity: "warning",
            for: "15m",
            expr: `predict_linear(DCGM_FI_DEV_FB_USED{pod!=""}[1h], 7200) > (DCGM_FI_DEV_FB_USED{pod!=""} + DCGM_FI_DEV_FB_FREE{pod!=""})
  and DCGM_FI_DEV_FB_USED{pod!=""} > 1.05 * (DCGM_FI_DEV_FB_USED{pod!=""} offset 30m)
  and on (namespace, pod) (time() - max by (namespace, pod) (kube_pod_start_time) > 5400)`,
            summary: "GPU memory of {{ $labels.namespace }}/{{ $labels.pod }} grows and will be full within two hours.",
            description:
                "The trend of the last hour reaches {{ $value }} MiB on GPU {{ $labels.gpu }} of {{ $labels.node }} in two hours. The first 90 minutes of a pod are left out: allocators fill up then.",
            runbook: {
                meaning:
                    "Something keeps tensors alive: a list of losses with their graphs, a growing cache, ever longer sequences.",
                look: [jobPanel, "`torch.cuda.memory_snapshot()` in the job"],
                act: ["Checkpoint now.", "Look for tensors kept without `.detach()` or `.item()`."],
                healing: "None before the error; afterwards the job goes on from its last checkpoint and leaks again.",
            },
        },
        {
            name: "GpuAllocatorFragmented",
            severity: "warning",
            for: "15m",
            expr: `max by (namespace, job_name, rank) (
  (train_gpu_memory_reserved_bytes - train_gpu_memory_allocated_bytes) / train_gpu_memory_total_bytes
) > 0.3
  and max by (namespace, job_name, rank) (train_gpu_memory_reserved_bytes / train_gpu_memory_total_bytes) > 0.9`,
            summary:
                "PyTorch's allocator of {{ $labels.namespace }}/{{ $labels.job_name }} rank {{ $labels.rank }} is fragmented.",
            description:
                "{{ $value | humanizePercentage }} of GPU memory is reserved and not in use, while almost everything is reserved.",
            runbook: {
                meaning: "An out-of-memory error although a third of the memory is free.",
                look: [jobPanel],
                act: ["`PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True`", "Fixed sequence lengths or buckets."],
                healing: "None.",
            },
        },
        {
            name: "HostMemoryExhausting",
            severity: "warning",
            for: "10m",
            expr: `predict_linear(node_memory_MemAvailable_bytes[30m], 3600) < 0
  and node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.2
  and on (node) sum by (node) (node:kilogpu_expected_gpus)`,
            summary: "{{ $labels.node }} will be out of memory within an hour.",
            description:
                "The trend of available memory reaches {{ $value | humanize1024 }}B in an hour, and less than a fifth is left.",
            runbook: {
                meaning: "The kernel will kill the largest process: a training rank, and with it the job.",
                look: ["`kubectl top pod --sort-by=memory` on the node", "`train_process_resident_bytes` by rank"],
                act: ["Fewer data loader workers, smaller prefetch.", "Pinned memory and /dev/shm count too."],
                healing: "The pod's memory limit ends the pod before the node suffers, where one is set.",
            },
        },
        {
            name: "TrainingRankMemoryLeak",
            severity: "warning",
            for: "30m",
            expr: `deriv(train_process_resident_bytes[2h]) * 3600 > 0.02 * train_process_resident_bytes
  and train_process_resident_bytes > 1.05 * (train_process_resident_bytes offset 2h)`,
            summary:
                "Host memory of {{ $labels.namespace }}/{{ $labels.job_name }} rank {{ $labels.rank }} grows steadily.",
            description: "It grows by {{ $value | humanize1024 }}B an hour.",
            runbook: {
                meaning: "A data loader or a log keeps what it should drop.",
                look: [jobPanel],
                act: [
                    "`PYTHONMALLOC`-level tools or `tracemalloc` on one rank.",
                    "Copy-on-write of large Python lists in workers: keep data in arrays.",
                ],
                healing: "None before the limit.",
            },
        },
        {
            name: "TrainingOomKilled",
            severity: "critical",
            // A rank's pod never restarts in place: it has ended, and is gone once JobSet has made the next one. Other pods restart.
            expr: `(max by (namespace, pod, container) (kube_pod_container_status_terminated_reason{reason="OOMKilled"}) == 1
  unless on (namespace, pod, container) max by (namespace, pod, container) (kube_pod_container_status_terminated_reason{reason="OOMKilled"} offset 15m) == 1
  or max by (namespace, pod, container) (kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}) == 1
  and on (namespace, pod, container) increase(kube_pod_container_status_restarts_total[15m]) > 0)
  and on (namespace, pod) sum by (namespace, pod) (kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 0`,
            summary: "{{ $labels.namespace }}/{{ $labels.pod }} was killed for host memory.",
            description:
                "Container {{ $labels.container }} went over its memory limit (flag {{ $value }}). Where JobSet was faster than the scrape, LogRootCause says host-oom from the kernel's own line.",
            runbook: {
                meaning: "Not GPU memory: the container's limit on host memory.",
                look: ["`kubectl describe pod -n <namespace> <pod>`", jobPanel],
                act: ["Raise the limit or lower data loader workers; remember /dev/shm."],
                healing: "The job starts again and goes on from its last checkpoint, as often as maxRestarts says.",
            },
        },
    ],
};

/** Labelled lines: what each class must take, what only looks like it, and whole failures with their root. */

/** A line and its class; `none` for ordinary output, `unclassified` for an error that no class knows. */
export interface Sample {
    label: string;
    text: string;
}

/** A failure of a job: lines with seconds since its beginning, and the pod whose line began it. */
export interface Failure {
    name: string;
    root: { pod: string; logClass: string };
    lines: { at: number; pod: string; text: string }[];
}

export const samples: Sample[] = [
    {
        label: "xid",
        text: "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
    },
    { label: "xid", text: "[12345.678] NVRM: Xid (PCI:0000:9a:00): 95, pid=8812, Uncontained ECC error" },
    { label: "xid", text: "NVRM: Xid (PCI:0000:1b:00): 145, NVLink: fatal link error on link 4" },
    { label: "none", text: "loaded 79 shards in 3.2 s" },
    { label: "unclassified", text: "NVRM: Xid (PCI:0000:3b:00): 43, pid=911, name=python, Ch 00000008" },
    { label: "ecc", text: "RuntimeError: CUDA error: uncorrectable ECC error encountered" },
    { label: "ecc", text: "cudaErrorECCUncorrectable: an uncorrectable ECC error was detected" },
    {
        label: "gpu-lost",
        text: "Unable to determine the device handle for GPU0000:3B:00.0: GPU is lost.  Reboot the system to recover this GPU",
    },
    { label: "gpu-lost", text: "RuntimeError: CUDA error: unspecified launch failure" },
    { label: "link-down", text: "gpt2-4:301:377 [2] NCCL WARN NET/IB : Got async event : port error" },
    { label: "link-down", text: "mlx5_core 0000:18:00.0 ens3f0np0: Link down" },
    { label: "none", text: "mlx5_core 0000:18:00.0 ens3f0np0: Link up" },
    {
        label: "cuda-oom",
        text: "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB",
    },
    { label: "cuda-oom", text: "RuntimeError: CUDA out of memory. Tried to allocate 1.95 GiB" },
    { label: "cuda-oom", text: "CUDA_ERROR_OUT_OF_MEMORY: out of memory" },
    { label: "host-oom", text: "RuntimeError: DataLoader worker (pid 2044) is killed by signal: Killed." },
    { label: "host-oom", text: "Memory cgroup out of memory: oom-kill:constraint=CONSTRAINT_MEMCG,task=python" },
    {
        label: "host-oom",
        text: "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
    },
    {
        label: "checkpoint-corrupt",
        text: "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory",
    },
    { label: "checkpoint-corrupt", text: "checkpoint step-9000 is incomplete: shard 3 has a wrong checksum" },
    {
        label: "checkpoint-corrupt",
        text: "RuntimeError: Error(s) in loading state_dict for GPT2: size mismatch for wte.weight",
    },
    { label: "none", text: "checkpoint step-9000 written in 8.1 s" },
    { label: "non-finite", text: "step 4200: loss is nan, grad_norm 3.1" },
    { label: "non-finite", text: '{"kind": "anomaly", "rule": "non_finite", "severity": "critical"}' },
    { label: "non-finite", text: "non-finite gradient in layer 14" },
    { label: "none", text: "step 4200 loss 2.41 grad_norm 0.83 tokens/s 812345" },
    { label: "none", text: "infinite data loader, financial corpus: 12 shards" },
    { label: "data-loader", text: "RuntimeError: Caught UnicodeDecodeError in DataLoader worker process 3." },
    { label: "data-loader", text: "RuntimeError: DataLoader worker (pid(s) 412) exited unexpectedly" },
    {
        label: "data-loader",
        text: "botocore.exceptions.ClientError: An error occurred (SlowDown) when calling S3: SlowDown",
    },
    { label: "storage", text: "OSError: [Errno 28] No space left on device: '/checkpoints/step-9000/rank-0.pt'" },
    { label: "storage", text: "OSError: [Errno 116] Stale file handle: '/data'" },
    { label: "storage", text: "LustreError: 11-0: fsx-OST0003: operation ost_write failed" },
    { label: "image-pull", text: 'Failed to pull image "example/train:2": manifest unknown' },
    { label: "image-pull", text: "Back-off pulling image: ImagePullBackOff" },
    {
        label: "preemption",
        text: "Preempted to accommodate a workload (UID: 9f3c) due to prioritization in the ClusterQueue",
    },
    { label: "preemption", text: "Received SIGTERM, writing a last checkpoint" },
    { label: "transport-fallback", text: "gpt2-0:71:71 [0] NCCL INFO Using network Socket" },
    { label: "none", text: "gpt2-0:71:71 [0] NCCL INFO Using network AWS Libfabric" },
    { label: "none", text: "gpt2-0:71:71 [0] NCCL INFO Using network IB" },
    { label: "code-error", text: "ModuleNotFoundError: No module named 'flash_attn'" },
    { label: "code-error", text: "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x768 and 1024x768)" },
    {
        label: "nccl-timeout",
        text: "[rank3]:[E] [Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=812, OpType=ALLREDUCE)",
    },
    {
        label: "nccl-timeout",
        text: "Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA kernels, subsequent operations might run on corrupted data.",
    },
    {
        label: "nccl-remote",
        text: "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1333, remote process exited or there was a network error, ncclRemoteError",
    },
    {
        label: "nccl-remote",
        text: "gpt2-2:88:301 [0] misc/socket.cc:50 NCCL WARN socketProgress: Connection closed by remote peer gpt2-1",
    },
    { label: "rank-ended", text: "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: gpt2.py FAILED" },
    {
        label: "rank-ended",
        text: "W torch/distributed/elastic/multiprocessing/api.py Sending process 412 closing signal SIGTERM",
    },
    { label: "unclassified", text: "RuntimeError: the flux capacitor has failed" },
    { label: "unclassified", text: "FATAL: license server lost" },
    { label: "none", text: "Epoch 3 finished in 812 s" },
];

const echo = (at: number, pod: string): Failure["lines"][number] => ({
    at,
    pod,
    text: `[rank] ${pod}: Watchdog caught collective operation timeout: WorkNCCL(SeqNum=812, OpType=ALLREDUCE)`,
});
const closed = (at: number, pod: string): Failure["lines"][number] => ({
    at,
    pod,
    text: `${pod} NCCL WARN socketProgress: Connection closed by remote peer`,
});

export const failures: Failure[] = [
    {
        name: "out of memory on one rank, ten minutes before the others time out",
        root: { pod: "gpt2-3", logClass: "cuda-oom" },
        lines: [
            { at: 0, pod: "gpt2-3", text: "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB." },
            closed(1, "gpt2-2"),
            echo(600, "gpt2-0"),
            echo(600, "gpt2-1"),
        ],
    },
    {
        name: "a GPU falls off the bus; the kernel's line comes after the first closed connection",
        root: { pod: "node-7", logClass: "xid" },
        lines: [
            closed(0, "gpt2-1"),
            closed(0.2, "gpt2-2"),
            { at: 2, pod: "node-7", text: "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus." },
            echo(600, "gpt2-0"),
        ],
    },
    {
        name: "a link goes down, then timeouts, then an application error of a rank that was ended",
        root: { pod: "gpt2-4", logClass: "link-down" },
        lines: [
            { at: 0, pod: "gpt2-4", text: "NCCL WARN NET/IB : Got async event : port error" },
            echo(590, "gpt2-5"),
            { at: 601, pod: "gpt2-0", text: "ValueError: cannot finish: process group is gone" },
        ],
    },
    {
        name: "timeouts only: the rank that is missing said nothing",
        root: { pod: "gpt2-1", logClass: "nccl-timeout" },
        lines: [echo(0.1, "gpt2-2"), echo(0, "gpt2-1"), closed(3, "gpt2-5")],
    },
    {
        name: "an error two hours after the failure has nothing to do with it",
        root: { pod: "gpt2-0", logClass: "nccl-timeout" },
        lines: [echo(0, "gpt2-0"), { at: 7200, pod: "gpt2-9", text: "OSError: [Errno 28] No space left on device" }],
    },
];

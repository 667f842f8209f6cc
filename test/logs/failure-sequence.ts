/** One node's GPU falls off the bus, and 127 other nodes time out ten minutes later: what the root is not to be mistaken for. */
import type { LogLine } from "../../components/monitoring/logs/classify";

export const brokenNode = "gpu-017";

/** Lines of 128 nodes, in the order in which a collector may hand them over: the cascades first. */
export function fallenOffTheBus(start: number): LogLine[] {
    const node = (index: number): string => `gpu-${index.toString().padStart(3, "0")}`;
    const others = Array.from({ length: 128 }, (_, index) => node(index)).filter((name) => name !== brokenNode);
    const waited = 600_000;
    return [
        ...others.map((pod, index) => ({
            at: start + waited + index,
            pod,
            text: `[rank${(index * 8).toString()}]:[E324 02:07:08.408271257 ProcessGroupNCCL.cpp:607] [Rank ${(index * 8).toString()}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1580, OpType=ALLREDUCE, NumelIn=466119168, NumelOut=466119168, Timeout(ms)=600000) ran for 600060 milliseconds before timing out.`,
        })),
        ...others.map((pod, index) => ({
            at: start + waited + 2000 + index,
            pod,
            text: "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: train.py FAILED",
        })),
        // A neighbour notices the closed connection before the kernel's line of the broken node is written.
        {
            at: start - 400,
            pod: "gpu-018",
            text: "gpu-018:201:498 [3] NCCL WARN NET/IB : Got completion from peer 10.0.0.17<41280> with status=12 opcode=0 len=0 vendor err 129 (Recv)",
        },
        {
            at: start,
            pod: brokenNode,
            text: "[86231.004411] NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
        },
        { at: start + 10, pod: brokenNode, text: "NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus." },
        ...others.map((pod, index) => ({ at: start - 5000 + index, pod, text: `step 4200 loss 2.41 grad_norm 0.83` })),
    ];
}

/** What the logs say: the earliest root of a job, whichever rank is loudest. Times of lines are seconds since the case's start. */
import type { RuleCase } from "../case";

function first(
    where: { pod: string; node: string; namespace?: string; job?: string },
    logClass: string,
    role: "root" | "cascade",
): string {
    const { pod, node, namespace = "research", job = "gpt2" } = where;
    return `kilogpu_log_first_seconds{namespace="${namespace}",job_name="${job}",pod="${pod}",node="${node}",log_class="${logClass}",role="${role}"}`;
}
const pod = (index: number): { pod: string; node: string } => ({
    pod: `gpt2-node-0-${index.toString()}-abcde`,
    node: `gpu-00${index.toString()}`,
});
const kernel = (node: string): { pod: string; node: string; namespace: string; job: string } => ({
    pod: node,
    node,
    namespace: "kernel",
    job: "",
});
const held = (index: number): string =>
    `kube_pod_container_resource_requests{namespace="research",pod="${pod(index).pod}",container="node",node="${pod(index).node}",resource="nvidia_com_gpu",unit="integer"}`;
/** The ruler sees a line written at `minute` for five minutes. */
const seen = (minute: number, at: number): string => `_x${minute.toString()} ${at.toString()}x5 _x60`;

export const logCases: RuleCase[] = [
    {
        alert: "LogRootCause",
        name: "CUDA out of memory on one rank",
        series: { [first(pod(3), "cuda-oom", "root")]: seen(10, 590) },
        fires: {
            at: "11m",
            notBefore: "9m",
            labels: [{ namespace: "research", job_name: "gpt2", pod: pod(3).pod, log_class: "cuda-oom" }],
        },
    },
    {
        alert: "LogRootCause",
        name: "a kernel's XID is its job's root: time-outs follow, a neighbour's echo and its broken link were written around it",
        series: {
            [held(1)]: "8x60",
            [held(2)]: "8x60",
            [first(kernel("gpu-001"), "xid", "root")]: seen(10, 590.2),
            [first(pod(2), "nccl-remote", "cascade")]: seen(10, 589.8),
            [first(pod(2), "link-down", "root")]: seen(10, 591),
            [first(pod(3), "nccl-timeout", "cascade")]: seen(20, 1190),
        },
        fires: {
            at: "21m",
            notBefore: "9m",
            labels: [
                {
                    namespace: "research",
                    job_name: "gpt2",
                    pod: "gpu-001",
                    node: "gpu-001",
                    log_class: "xid",
                },
            ],
        },
    },
    {
        alert: "LogRootCause",
        name: "two jobs on the node: the kernel's line stands for itself",
        series: {
            [held(1)]: "4x60",
            [held(1).replaceAll("gpt2", "bert")]: "4x60",
            [first(kernel("gpu-001"), "xid", "root")]: seen(10, 590),
        },
        fires: {
            at: "11m",
            notBefore: "9m",
            labels: [{ namespace: "kernel", pod: "gpu-001", log_class: "xid" }],
        },
    },
    {
        alert: "LogRootCause",
        name: "NCCL timeouts of the other ranks only echo it",
        series: { [first(pod(0), "nccl-timeout", "cascade")]: seen(10, 590) },
        silentAt: ["11m", "15m"],
    },
    {
        alert: "LogRootCause",
        name: "a job that makes way, and what its ranks write then",
        series: {
            [first(pod(0), "preemption", "root")]: seen(10, 590),
            [first(pod(1), "data-loader", "root")]: seen(10, 594),
        },
        silentAt: ["11m", "15m"],
    },
    {
        alert: "LogRootCause",
        name: "a quarter of an hour later",
        series: { [first(pod(3), "cuda-oom", "root")]: seen(10, 590) },
        silentAt: ["26m"],
    },
    {
        alert: "LogLinesUnclassified",
        name: "a hundred in each window",
        series: { [`kilogpu_log_unclassified_lines{namespace="research",job_name="gpt2"}`]: "100x60" },
        fires: { at: "31m", notBefore: "29m", labels: [{ namespace: "research" }] },
    },
    {
        alert: "LogLinesUnclassified",
        name: "a burst at a start",
        series: { [`kilogpu_log_unclassified_lines{namespace="research",job_name="gpt2"}`]: "500x9 2x60" },
        silentAt: ["20m", "50m"],
    },
];

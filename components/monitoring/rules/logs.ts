/**
 * What the logs say of a job: the line that began its failure, and errors that no class knows. Loki's ruler counts lines and notes the
 * first of each class; which of them was the earliest of a job is decided here, as in `earliestRoot`.
 */
import type { RuleSource, Runbook } from "./rule";
import { jobOfPod } from "./job-of-pod";

/** How far back a failure may have begun: NCCL's time-out of ten minutes, twice, and some. */
const patience = "30m";

const book = (meaning: string, look: string[], act: string[], healing: string): Runbook => ({
    meaning,
    look,
    act,
    healing,
});
const place = "namespace, job_name, pod, node, log_class, role";
const earliest = (role: string): string =>
    `job:kilogpu_log_first:seconds{role="${role}"} == on (namespace, job_name) group_left () min by (namespace, job_name) (job:kilogpu_log_first:seconds{role="${role}"})`;

export const logs: RuleSource = {
    name: "logs",
    title: "Logs",
    recordings: () => [
        {
            record: "node:kilogpu_job",
            // A node with pods of two jobs says nothing of which of them a kernel line concerns.
            expr: `max by (node, namespace, job_name) (${jobOfPod('max_over_time(kube_pod_container_resource_requests{resource="nvidia_com_gpu",node!=""}[10m])')}) > bool 0
  and on (node) (count by (node) (max by (node, namespace, job_name) (${jobOfPod('max_over_time(kube_pod_container_resource_requests{resource="nvidia_com_gpu",node!=""}[10m])')})) == 1)`,
            help: "1 for the job whose pods alone hold GPUs of the node, or did ten minutes ago.",
        },
        {
            record: "job:kilogpu_log_first:seconds",
            expr: `min by (${place}) (min_over_time(kilogpu_log_first_seconds{namespace!="kernel"}[${patience}]))
  or (min by (${place}) (min_over_time(kilogpu_log_first_seconds{namespace="kernel"}[${patience}])) * on (node) group_left (namespace, job_name) node:kilogpu_job)
  or (min by (${place}) (min_over_time(kilogpu_log_first_seconds{namespace="kernel"}[${patience}])) unless on (node) node:kilogpu_job)`,
            help: "Unix time of the first line of each class of a job within half an hour; a kernel line is its node's job's.",
        },
        {
            record: "job:kilogpu_log_root:seconds",
            expr: `(${earliest("root")})
  or ((${earliest("cascade")}) unless on (namespace, job_name) job:kilogpu_log_first:seconds{role="root"})`,
            help: "Unix time of the line that began a job's failure: the earliest of a root class, also where echoes were written before it; the earliest echo where there is no root.",
        },
    ],
    alerts: () => [
        {
            name: "LogRootCause",
            severity: "warning",
            // A job that makes way for another is told to stop, which is a root and no fault.
            expr: `job:kilogpu_log_root:seconds{role="root",log_class!="preemption"} > time() - 900`,
            summary:
                "{{ $labels.namespace }}/{{ $labels.job_name }}: {{ $labels.log_class }} on {{ $labels.pod }} came first.",
            description:
                "Written at {{ $value | humanizeTimestamp }} by {{ $labels.pod }} (node {{ $labels.node }}): the earliest line of a root class within half an hour. Time-outs and closed connections of other ranks follow from it, also where they were written before.",
            runbook: book(
                "The earliest root names the fault; NCCL timeouts of other ranks are its echo.",
                [
                    "Dashboard kilogpu / job, row logs",
                    'Logs of the pod around that time: in Grafana, Explore, Loki, `{namespace="<namespace>", pod="<pod>"}`',
                ],
                [
                    "The class says whether hardware, code, data or the cluster is to blame, and whether another start can help: docs/alerts.md.",
                    "Hardware: take the node out before the job starts again.",
                ],
                "Where the class says that another start cannot help, a TrainingJob ends for good (JobSet's failure policy, by exit code); else it starts again from its last checkpoint.",
            ),
        },
        {
            name: "LogLinesUnclassified",
            severity: "info",
            for: "30m",
            expr: `sum by (namespace) (kilogpu_log_unclassified_lines) > 50`,
            summary: "Error lines of {{ $labels.namespace }} belong to no class.",
            description: "{{ $value }} lines within five minutes: catalog/data/log-classes.json does not know them.",
            runbook: book(
                "A fault without a name is repaired by hand.",
                ["Dashboard kilogpu / job, error lines without a class"],
                ["Add a class with a sample line."],
                "Nothing.",
            ),
        },
    ],
};

/** Which job a pod belongs to, where the metric knows pods only. */
import { trainerNode } from "../../kubeflow/training-runtime";

/**
 * Series of pods with the label job_name: JobSet calls its pods `<job>-node-<index>-<index>-<random>` (pkg/util/placement), and a pod of
 * another kind is a job of its own.
 */
export function jobOfPod(series: string): string {
    return `label_replace(label_replace(${series}, "job_name", "$1", "pod", "(.+)"), "job_name", "$1", "pod", "(.+)-${trainerNode}-[0-9]+-[0-9]+-[a-z0-9]{5}")`;
}

/** Names that queues, jobs and runtimes must spell alike. */
import { createHash } from "node:crypto";

/** API group and version of Kueue's objects. */
export const kueueApi = "kueue.x-k8s.io/v1beta2";

/** Label of a job: the LocalQueue that it waits in. */
export const queueNameLabel = "kueue.x-k8s.io/queue-name";

/** Label of a job: its WorkloadPriorityClass. */
export const priorityClassLabel = "kueue.x-k8s.io/priority-class";

/** Label of a team's namespace. Kueue manages jobs in namespaces that have it. */
export const teamLabel = "kilogpu.dev/team";

/**
 * A name that changes with the content. Kueue's Topology and ResourceFlavor cannot be edited once they are in use: under a new
 * name the new one is created, the queues move over, and only then the old one goes.
 */
export function contentName(prefix: string, content: unknown): string {
    const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 8);
    return `${prefix}-${hash}`;
}

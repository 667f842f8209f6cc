/** GPUs that no flavor covers cannot be used by any job that waits in a queue. */
import { carries, nodeGroups, objectName } from "../../cluster";
import { kind, stackRule } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");

export const poolsHaveAQueue = stackRule(
    {
        name: "pools-have-a-queue",
        displayName: "Every GPU pool belongs to a queue",
        description: "A pool outside of every ResourceFlavor is paid and idle: Kueue never sends a job there.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Add the pool to TrainingQueues, or a ResourceFlavor with its labels to a ClusterQueue.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/resource_flavor/",
    },
    (subjects) => {
        const used = subjects
            .filter((subject) => subject.type === CLUSTER_QUEUE)
            .flatMap((queue) => queue.props.list("spec.resourceGroups").flatMap((group) => group.list("flavors")))
            .map((flavor) => flavor.text("name"));
        const flavors = subjects.filter((subject) => subject.type === FLAVOR && used.includes(objectName(subject)));
        // A stack without queues schedules in some other way.
        if (flavors.length === 0) {
            return [];
        }
        return nodeGroups(subjects)
            .filter(({ instance }) => instance !== undefined)
            .filter((group) => !flavors.some((flavor) => carries(group, flavor.props.entries("spec.nodeLabels"))))
            .map(({ group, instance }) => ({
                about: group,
                found: `nodes of ${instance?.type ?? ""} that no flavor of a ClusterQueue selects`,
                required: "a flavor with their labels",
                remedy: "Add the pool to a queue.",
            }));
    },
);

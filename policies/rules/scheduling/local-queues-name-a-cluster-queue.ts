/** A LocalQueue of a ClusterQueue that does not exist accepts jobs and admits none. */
import { objectName } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const LOCAL_QUEUE = kind("kueue.x-k8s.io/v1beta2", "LocalQueue");

export const localQueuesNameAClusterQueue = stackRule(
    {
        name: "local-queues-name-a-cluster-queue",
        displayName: "Every LocalQueue names a ClusterQueue",
        description:
            "Kueue accepts the object and marks it inactive. Jobs of the namespace wait with no error that their owners see.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Create the ClusterQueue, or correct spec.clusterQueue.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/local_queue/",
    },
    (subjects) => {
        const queues = subjects.filter((subject) => subject.type === CLUSTER_QUEUE).map(objectName);
        return subjects
            .filter((subject) => subject.type === LOCAL_QUEUE)
            .flatMap((about): StackFinding[] => {
                const wanted = about.props.text("spec.clusterQueue");
                return wanted === undefined || queues.includes(wanted) || queues.includes(undefined)
                    ? []
                    : [
                          {
                              about,
                              found: `spec.clusterQueue ${wanted}`,
                              required: `one of ${queues.join(", ") || "none in this stack"}`,
                              remedy: "Name a ClusterQueue of the stack.",
                          },
                      ];
            });
    },
);

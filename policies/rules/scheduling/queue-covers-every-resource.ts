/** A workload that requests a resource which its queue does not cover is inadmissible for ever. */
import { efaResource, gpuResource, hugepagesResource } from "../../../catalog";
import { attachesEfa, LAUNCH_TEMPLATE } from "../../resources";
import { objectName } from "../../cluster";
import { kind, stackRule, type Subject } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const LOCAL_QUEUE = kind("kueue.x-k8s.io/v1beta2", "LocalQueue");
const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");

/** Resources that the jobs of a queue ask for on each node, by their own word. */
function askedOf(queue: Subject, subjects: readonly Subject[]): string[] {
    const locals = subjects.filter(
        (subject) => subject.type === LOCAL_QUEUE && subject.props.text("spec.clusterQueue") === objectName(queue),
    );
    return subjects
        .filter((subject) => subject.type === TRAIN_JOB)
        .filter(({ props }) =>
            locals.some(
                (local) =>
                    objectName(local) === props.at("metadata.labels").key("kueue.x-k8s.io/queue-name").text() &&
                    local.props.text("metadata.namespace") === props.text("metadata.namespace"),
            ),
        )
        .flatMap(({ props }) => {
            const own = props.at("spec.trainer.resourcesPerNode");
            return [...own.entries("requests"), ...own.entries("limits")].map(([resource]) => resource);
        });
}

export const queueCoversEveryResource = stackRule(
    {
        name: "queue-covers-every-resource",
        displayName: "A GPU queue covers every resource that its pools offer",
        description:
            "Kueue admits only what coveredResources names. A queue that covers GPUs but not EFA interfaces or hugepages leaves every job that uses the fabric pending, with no error; jobs that leave them out to get through run over TCP.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps:
            "Add the resource to coveredResources with a quota, or use TrainingQueues, which derives them from the pools.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#resources",
    },
    (subjects) => {
        const hasEfa = subjects.some((subject) => subject.type === LAUNCH_TEMPLATE && attachesEfa(subject.props));
        const needed = hasEfa ? [efaResource, hugepagesResource] : [];
        return subjects
            .filter((subject) => subject.type === CLUSTER_QUEUE)
            .flatMap((about) => {
                const lists = about.props.list("spec.resourceGroups").map((group) => group.at("coveredResources"));
                if (lists.some((list) => list.unknown || list.list().some((item) => item.unknown))) {
                    return [];
                }
                const covered = lists.flatMap((list) => list.texts());
                const missing = [
                    ...new Set([
                        ...(covered.includes(gpuResource) ? needed : []),
                        ...(covered.length > 0 ? askedOf(about, subjects) : []),
                    ]),
                ].filter((resource) => !covered.includes(resource));
                return missing.map((resource) => ({
                    about,
                    found: `coveredResources ${covered.join(", ")}`,
                    required: `${resource}, which pods of the queue request`,
                    remedy: `Add ${resource} to coveredResources and give it a quota in every flavor.`,
                }));
            });
    },
);

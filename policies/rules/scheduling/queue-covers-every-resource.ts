/** A workload that requests a resource which its queue does not cover is inadmissible for ever. */
import { efaResource, gpuResource, hugepagesResource } from "../../../catalog";
import { attachesEfa, LAUNCH_TEMPLATE } from "../../resources";
import { kind, stackRule } from "../../rule";

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
            .filter((subject) => subject.type === kind("kueue.x-k8s.io/v1beta2", "ClusterQueue"))
            .flatMap((about) => {
                const covered = about.props
                    .list("spec.resourceGroups")
                    .flatMap((group) => group.texts("coveredResources"));
                const missing = covered.includes(gpuResource)
                    ? needed.filter((resource) => !covered.includes(resource))
                    : [];
                return missing.map((resource) => ({
                    about,
                    found: `coveredResources ${covered.join(", ")}`,
                    required: `${resource}, which the pools' pods request`,
                    remedy: `Add ${resource} to coveredResources and give it a quota in every flavor.`,
                }));
            });
    },
);

/** A ClusterQueue with an unknown flavor is inactive as a whole. */
import { objectName } from "../../cluster";
import { kind, stackRule } from "../../rule";

const CLUSTER_QUEUE = kind("kueue.x-k8s.io/v1beta2", "ClusterQueue");
const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");

export const clusterQueuesNameTheirFlavors = stackRule(
    {
        name: "cluster-queues-name-their-flavors",
        displayName: "Every flavor of a ClusterQueue exists",
        description:
            "One misspelt flavor makes the whole queue inactive: all jobs of the team wait, those of its other flavors too.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Create the ResourceFlavor, or correct the name.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/resource_flavor/",
    },
    (subjects) => {
        const flavors = subjects.filter((subject) => subject.type === FLAVOR).map(objectName);
        return subjects
            .filter((subject) => subject.type === CLUSTER_QUEUE)
            .flatMap((about) =>
                about.props
                    .list("spec.resourceGroups")
                    .flatMap((group) => group.list("flavors"))
                    .map((flavor) => flavor.text("name"))
                    .filter((name): name is string => name !== undefined)
                    .filter((name) => !flavors.includes(name) && !flavors.includes(undefined))
                    .map((name) => ({
                        about,
                        found: `flavor ${name}`,
                        required: `one of ${flavors.join(", ") || "none in this stack"}`,
                        remedy: "Name a ResourceFlavor of the stack.",
                    })),
            );
    },
);

/** A borrowing limit outside of a cohort is refused by Kueue's webhook, after everything below it exists. */
import { kind, resourceRule } from "../../rule";

export const borrowingNeedsACohort = resourceRule(
    {
        name: "borrowing-needs-a-cohort",
        displayName: "Borrowing and lending need a cohort",
        description:
            "A ClusterQueue can borrow from, and lend to, members of its cohort only. Kueue's webhook refuses limits without one, at the end of an update that has built the cluster already.",
        severity: "medium",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Set spec.cohortName, or remove borrowingLimit and lendingLimit.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#borrowinglimit",
        appliesTo: [kind("kueue.x-k8s.io/v1beta2", "ClusterQueue")],
    },
    ({ props }) => {
        const cohort = props.at("spec.cohortName");
        const limits = props
            .list("spec.resourceGroups")
            .flatMap((group) => group.list("flavors"))
            .flatMap((flavor) => flavor.list("resources"))
            .filter((resource) => resource.at("borrowingLimit").present || resource.at("lendingLimit").present)
            .map((resource) => resource.text("name") ?? "");
        return cohort.unknown || (cohort.text() ?? "") !== "" || limits.length === 0
            ? []
            : [
                  {
                      found: `borrowing or lending limits of ${limits.join(", ")} without spec.cohortName`,
                      required: "a cohort",
                      remedy: "Set cohortName or remove the limits.",
                  },
              ];
    },
);

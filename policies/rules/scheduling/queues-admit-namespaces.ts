/** A ClusterQueue without namespaceSelector admits nothing: null selects no namespace. */
import { kind, resourceRule } from "../../rule";

export const queuesAdmitNamespaces = resourceRule(
    {
        name: "queues-admit-namespaces",
        displayName: "Every ClusterQueue says which namespaces it admits",
        description:
            "The zero value of namespaceSelector matches no namespace. Every workload is inadmissible, which reads like a lack of quota.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Set namespaceSelector, {} for every namespace.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#namespace-selector",
        appliesTo: [kind("kueue.x-k8s.io/v1beta2", "ClusterQueue")],
    },
    ({ props }) =>
        !props.at("spec").unknown && !props.at("spec.namespaceSelector").present
            ? [
                  {
                      found: "spec.namespaceSelector not set, which admits no namespace",
                      required: "a selector",
                      remedy: "Set namespaceSelector to the labels of the team's namespaces.",
                  },
              ]
            : [],
);

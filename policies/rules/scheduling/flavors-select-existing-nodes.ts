/** A flavor whose labels no node group carries has quota and no nodes. */
import { carries, nodeGroups } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");

export const flavorsSelectExistingNodes = stackRule(
    {
        name: "flavors-select-existing-nodes",
        displayName: "Every flavor selects nodes of the stack",
        description:
            "Kueue adds nodeLabels to the pods it admits. Where no node carries them, jobs are admitted, hold their quota and never run.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Use labels that a node group carries; TrainingQueues takes them from the pools.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/resource_flavor/",
    },
    (subjects) => {
        const groups = nodeGroups(subjects);
        return groups.length === 0
            ? []
            : subjects
                  .filter((subject) => subject.type === FLAVOR)
                  .flatMap((about): StackFinding[] => {
                      const labels = about.props.entries("spec.nodeLabels");
                      return labels.length === 0 || groups.some((group) => carries(group, labels))
                          ? []
                          : [
                                {
                                    about,
                                    found: `nodeLabels ${labels.map(([key, value]) => `${key}=${value.text() ?? "?"}`).join(", ")}`,
                                    required: "labels that a node group of the stack carries",
                                    remedy: "Correct the labels.",
                                },
                            ];
                  });
    },
);

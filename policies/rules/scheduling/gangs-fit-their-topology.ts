/** A gang that must stand within a domain too small for it waits for ever. */
import { nodeLabels } from "../../../catalog";
import { kind, stackRule, type StackFinding } from "../../rule";

const TOPOLOGY = kind("kueue.x-k8s.io/v1beta2", "Topology");
const TRAIN_JOB = kind("trainer.kubeflow.org/v1alpha1", "TrainJob");

export const gangsFitTheirTopology = stackRule(
    {
        name: "gangs-fit-their-topology",
        displayName: "Every job fits the topology it requires",
        description:
            "podset-required-topology asks for one domain that holds all nodes. On kubernetes.io/hostname that is one node; on a label that the Topology has not, it is none.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "Require a wider level, or prefer instead of require.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/",
    },
    (subjects) => {
        const levels = subjects
            .filter((subject) => subject.type === TOPOLOGY)
            .flatMap((topology) => topology.props.list("spec.levels").map((level) => level.text("nodeLabel")));
        return subjects
            .filter((subject) => subject.type === TRAIN_JOB)
            .flatMap((about): StackFinding[] => {
                const nodes = about.props.number("spec.trainer.numNodes") ?? 1;
                const required = about.props
                    .allTexts()
                    .filter(([path]) => path.endsWith("kueue.x-k8s.io/podset-required-topology"))
                    .map(([, level]) => level);
                return required.flatMap((level): StackFinding[] => {
                    if (level === nodeLabels.hostname && nodes > 1) {
                        return [
                            {
                                about,
                                found: `${nodes} nodes within one ${level}`,
                                required: "a level that holds several nodes",
                                remedy: "Require a network layer, or use mode preferred.",
                            },
                        ];
                    }
                    return levels.length === 0 || levels.includes(level) || levels.includes(undefined)
                        ? []
                        : [
                              {
                                  about,
                                  found: `required topology ${level}`,
                                  required: `a level of the Topology: ${levels.join(", ")}`,
                                  remedy: "Name a level that the queue's Topology has.",
                              },
                          ];
                });
            });
    },
);

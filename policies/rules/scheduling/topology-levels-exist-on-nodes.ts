/** A node without one of the level labels is invisible to topology-aware scheduling. */
import { instanceTopologyLevels } from "../../../catalog";
import { carries, nodeGroups, objectName } from "../../cluster";
import { kind, stackRule, type StackFinding } from "../../rule";

const FLAVOR = kind("kueue.x-k8s.io/v1beta2", "ResourceFlavor");
const TOPOLOGY = kind("kueue.x-k8s.io/v1beta2", "Topology");

export const topologyLevelsExistOnNodes = stackRule(
    {
        name: "topology-levels-exist-on-nodes",
        displayName: "Nodes carry every level of the Topology",
        description:
            "Kueue ignores nodes that miss any label of spec.levels. A level that the instance type does not get from EKS (layer 4 on p5, any layer on g6) leaves the queue with no capacity at all.",
        severity: "critical",
        enforcementLevel: "mandatory",
        topic: "scheduling",
        remediationSteps: "List the levels that EKS puts on the instance type, kubernetes.io/hostname last.",
        url: "https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/",
    },
    (subjects) => {
        const groups = nodeGroups(subjects).filter(({ instance }) => instance !== undefined);
        return subjects
            .filter((subject) => subject.type === TOPOLOGY)
            .flatMap((about): StackFinding[] => {
                const levels = about.props.list("spec.levels").map((level) => level.text("nodeLabel"));
                const flavors = subjects.filter(
                    (subject) =>
                        subject.type === FLAVOR && subject.props.text("spec.topologyName") === objectName(about),
                );
                const types = new Set(
                    flavors
                        .flatMap((flavor) =>
                            groups.filter((group) => carries(group, flavor.props.entries("spec.nodeLabels"))),
                        )
                        .map(({ instance }) => instance?.type ?? ""),
                );
                return [...types].flatMap((type) => {
                    const known = instanceTopologyLevels(type);
                    const missing = levels.filter((level) => level !== undefined && !known.includes(level));
                    return missing.length === 0
                        ? []
                        : [
                              {
                                  about,
                                  found: `level ${missing.join(", ")}`,
                                  required: `labels of ${type}: ${known.join(", ")}`,
                                  remedy: "Remove the level, or label the nodes and their pool with it.",
                              },
                          ];
                });
            });
    },
);
